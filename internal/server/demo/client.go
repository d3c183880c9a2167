package demo

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rawws"
)

// Time limits of a connection of the client.
const (
	dialTimeout  = 30 * time.Second
	totalTimeout = 2 * time.Minute
)

// stepTime is the time between two frames of the client, so that a person can watch.
const stepTime = 60 * time.Millisecond

// Client plays the [Scenarios] against the demo of a server.
type Client struct {
	Addr string // host:port to connect to
	Host string // value of the Host field
	TLS  bool   // wss, without verification: the server is this program
}

// Run plays the scenarios one after the other, until ctx ends or a connection cannot be opened. A scenario that ends in
// another way than intended is visible in the capture.
func (c Client) Run(ctx context.Context) {
	for _, s := range Scenarios {
		if ctx.Err() != nil {
			return
		}
		session, err := c.connect(ctx, s)
		if err != nil {
			return
		}
		session.run(s.play)
	}
}

// session is one connection of the client.
type session struct {
	*rawws.Peer
	ctx context.Context
}

// connect opens the connection of a scenario.
func (c Client) connect(ctx context.Context, s Scenario) (*session, error) {
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	u := &url.URL{Scheme: "ws", Host: c.Host, Path: "/ws/demo", RawQuery: s.query}
	header := http.Header{"User-Agent": {"tetherscope-demo"}}
	if s.deflate != "" {
		header.Set("Sec-WebSocket-Extensions", s.deflate)
	}
	var config *tls.Config
	if c.TLS {
		u.Scheme = "wss"
		config = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // the server is this program
	}
	peer, err := rawws.Dial(dialing, rawws.Target{URL: u, Addr: c.Addr, Header: header, TLS: config})
	if err != nil {
		return nil, err
	}
	return &session{peer, ctx}, nil
}

// run plays a scenario while pings and the closing handshake are answered, until the server ends the connection.
func (s *session) run(play func(s *session)) {
	ended := context.AfterFunc(s.ctx, func() { _ = s.Close() })
	defer ended()
	_ = s.SetReadDeadline(time.Now().Add(totalTimeout)) // a connection that is gone already ends the reading
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		s.answer()
	}()
	play(s)
	<-reading
	_ = s.Close() // the server has ended it
}

// answer answers pings and close frames until the connection ends.
func (s *session) answer() {
	dec := frame.NewDecoder(frame.Config{Snap: -1})
	_ = s.ReadFrames(dec, func(f *frame.Frame) error {
		switch f.Opcode {
		case frame.Ping:
			s.send(pongFrame, f.Payload)
		case frame.Close:
			s.send(closeFrame, f.Payload)
		case frame.Continuation, frame.Text, frame.Binary, frame.Pong:
		}
		return nil
	}) // how it ended is visible in the capture
}

// send sends one frame. An error is visible in the capture, and ends the reading.
func (s *session) send(h frame.Header, payload []byte) { _ = s.WriteFrame(h, payload) }

// sendMessage sends a message in frames of at most size bytes, with a ping behind the first.
func (s *session) sendMessage(h frame.Header, payload []byte, size int) {
	for first := true; first || len(payload) > 0; first = false {
		n := min(size, len(payload))
		h.Fin = n == len(payload)
		s.send(h, payload[:n])
		if first && !h.Fin {
			s.send(pingFrame, []byte("between fragments"))
		}
		payload = payload[n:]
		h.Opcode, h.Rsv = frame.Continuation, 0
	}
	s.pause()
}

func (s *session) pause() {
	select {
	case <-time.After(stepTime):
	case <-s.ctx.Done():
	}
}

// abortMidFrame sends all but the last bytes of a frame and resets the TCP connection.
func (s *session) abortMidFrame() {
	s.pause()
	h := frame.Header{Fin: true, Masked: true, Key: rawws.MaskingKey(), Opcode: frame.Text}
	b := frame.AppendFrame(nil, h, []byte("this frame is cut"))
	_, _ = s.Write(b[:len(b)-6]) // see send
	_ = s.Reset()                // it may be gone already
}

// repeatedText is well compressible.
func repeatedText(n int) []byte { return []byte(strings.Repeat("the same words over and over, ", n)) }
