package demo

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rawws"
	"github.com/tetherscope/tetherscope/internal/wslimit"
)

// writeTimeout is how long the demo waits for a client that does not read.
const writeTimeout = 10 * time.Second

// closeTimeout is how long the demo waits for the client to end its half.
const closeTimeout = 2 * time.Second

// Serve answers a WebSocket handshake and plays the script of a plan. w bounds what the client may send (see package
// wslimit). opened is called once the connection is open, with a function that closes it with code 1001. An error says why
// the request was refused; the caller answers it.
func Serve(w http.ResponseWriter, r *http.Request, plan Plan, opened func(end func(ctx context.Context))) error {
	wslimit.DropBadOffers(r)
	ws, err := rawws.Accept(w, r, rawws.Choice{Deflate: true})
	if err != nil {
		return err
	}
	ws.WriteTimeout = writeTimeout
	p := &peer{ws}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	opened(func(context.Context) {
		p.closeWith(1001, "the server is shutting down")
		cancel()
	})
	var reading sync.WaitGroup
	reading.Go(func() {
		defer cancel()
		p.read()
	})
	p.play(ctx, plan)
	if p.SetReadDeadline(time.Now().Add(closeTimeout)) == nil {
		reading.Wait() // for the client's half of the closing handshake, or of TCP's
	}
	_ = p.Close() // the client has ended its half, or had the time to
	reading.Wait()
	return nil
}

// peer is the server's side of a demo connection.
type peer struct{ *rawws.Peer }

// closeWith sends a close frame, once. An error means that the connection is gone already.
func (p *peer) closeWith(code uint16, reason string) { _ = p.CloseWith(code, reason) }

// errClosed ends the reading after the client's last frame.
var errClosed = errors.New("the client sent its last frame")

// read answers what the client sends, until its close frame, a violation of the protocol or the end.
func (p *peer) read() {
	dec := frame.NewDecoder(frame.Config{FromClient: true, Deflate: p.Deflate})
	err := p.ReadFrames(dec, func(f *frame.Frame) error {
		if p.receive(f) {
			return errClosed
		}
		return nil
	})
	if v, broke := errors.AsType[*wslimit.Violation](err); broke {
		p.closeWith(v.Code, v.Reason)
	}
}

// receive answers one frame of the client and reports whether it is the last.
func (p *peer) receive(f *frame.Frame) bool {
	switch f.Opcode {
	case frame.Ping:
		return p.WriteFrame(pongFrame, f.Payload) != nil
	case frame.Close:
		code, _, _ := frame.ParseClose(f.Payload)
		p.closeWith(code, "")
		return true
	case frame.Text, frame.Binary, frame.Continuation:
		return p.receiveData(f)
	case frame.Pong:
	}
	return false
}

// receiveData answers the last frame of a message with the message's length.
func (p *peer) receiveData(f *frame.Frame) bool {
	const wrongData = frame.TextNotUTF8 | frame.DeflateData | frame.DeflateEnd | frame.InflateLost
	switch {
	case f.Violations&frame.InflateLimit != 0:
		p.closeWith(1009, "a message inflates to more than this server takes")
		return true
	case f.Violations&wrongData != 0:
		p.closeWith(1007, (f.Violations & wrongData).String())
		return true
	case f.Message == nil:
		return false
	}
	return p.WriteFrame(textFrame, received(f.Message)) != nil
}
