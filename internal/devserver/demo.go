package devserver

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/guard"
)

// extensionsField is the header field that offers and answers extensions (RFC 6455 §11.3.2).
const extensionsField = "Sec-WebSocket-Extensions"

// demoWriteTimeout is how long the demo waits for a client that does not read.
const demoWriteTimeout = 10 * time.Second

// closePatience is how long the demo waits for the client to end its half.
const closePatience = 2 * time.Second

// demo serves /ws/demo: traffic with everything in it that a browser's own tools do not show. No WebSocket library would
// send it, so it is written frame by frame.
func (s *Server) demo(w http.ResponseWriter, r *http.Request) {
	plan, err := parsePlan(r.URL.Query())
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	place := s.sockets.reserve()
	if place == nil {
		refuseFull(w)
		return
	}
	defer place.release()
	p, err := upgrade(guard.Wrap(w, guard.Limits{Message: s.cfg.MaxMessage}), r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	place.opened(func(context.Context) { p.finish(cancel, frame.Header{Fin: true, Opcode: frame.Close}, goingAway) })
	var reading sync.WaitGroup
	reading.Go(func() {
		defer cancel()
		p.read()
	})
	p.play(ctx, plan)
	if p.conn.SetReadDeadline(time.Now().Add(closePatience)) == nil {
		reading.Wait() // for the client's half of the closing handshake, or of TCP's
	}
	_ = p.conn.Close() // nothing is left to say
	reading.Wait()
}

// goingAway is the payload of a close frame for a server that ends.
var goingAway = frame.AppendClose(nil, 1001, "the server is shutting down")

// demoPeer is the server's side of a demo connection. Frames are written whole, by any goroutine.
type demoPeer struct {
	conn    net.Conn
	deflate *frame.DeflateParams // nil when compression was not agreed

	mu     sync.Mutex
	pack   *frame.Deflater
	buf    []byte
	closed bool // a close frame was sent: nothing may follow
}

// upgrade does the server's half of the opening handshake.
func upgrade(w http.ResponseWriter, r *http.Request) (*demoPeer, error) {
	key, err := handshakeKey(r)
	if err != nil {
		return nil, err
	}
	guard.DropBadOffers(r)
	h := w.Header()
	h.Set("Upgrade", "websocket")
	h.Set("Connection", "Upgrade")
	h.Set("Sec-WebSocket-Accept", frame.AcceptKey(key))
	params, agreed := agreeDeflate(r.Header.Get(extensionsField))
	if params != nil {
		h.Set(extensionsField, agreed)
	}
	w.WriteHeader(http.StatusSwitchingProtocols)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	return &demoPeer{conn: conn, deflate: params}, nil
}

// handshakeKey checks the request of an opening handshake (RFC 6455 §4.2.1) and returns its key.
func handshakeKey(r *http.Request) (string, error) {
	key := r.Header.Get("Sec-WebSocket-Key")
	nonce, err := base64.StdEncoding.DecodeString(key)
	switch {
	case r.Method != http.MethodGet, !hasToken(r.Header, "Connection", "upgrade"), !hasToken(r.Header, "Upgrade", "websocket"):
		return "", errors.New("this is a WebSocket endpoint: connect to it with a WebSocket client")
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return "", errors.New("Sec-WebSocket-Version must be 13 (RFC 6455 §4.2.1)")
	case err != nil || len(nonce) != 16 || len(r.Header.Values("Sec-WebSocket-Key")) != 1:
		return "", errors.New("Sec-WebSocket-Key must be there once and be 16 bytes in base64 (RFC 6455 §4.2.1)")
	}
	return key, nil
}

func hasToken(h http.Header, field, token string) bool {
	for item := range strings.SplitSeq(strings.Join(h.Values(field), ","), ",") {
		if strings.EqualFold(strings.TrimSpace(item), token) {
			return true
		}
	}
	return false
}

// agreeDeflate chooses the first offer of permessage-deflate, on the client's terms. The offers are good ones.
func agreeDeflate(offers string) (*frame.DeflateParams, string) {
	first, _, _ := strings.Cut(offers, ",")
	name, params, _ := strings.Cut(first, ";")
	if strings.TrimSpace(name) != "permessage-deflate" {
		return nil, ""
	}
	agreed := []string{"permessage-deflate"}
	for p := range strings.SplitSeq(params, ";") {
		p = strings.TrimSpace(p)
		if strings.HasPrefix(p, "server_") || p == "client_no_context_takeover" {
			agreed = append(agreed, p)
		}
	}
	answer := strings.Join(agreed, "; ")
	head := func(line string) []byte { return []byte(line + "\r\n" + extensionsField + ": ") }
	return frame.ParseHandshake(
		append(head("GET / HTTP/1.1"), first+"\r\n\r\n"...),
		append(head("HTTP/1.1 101 Switching Protocols"), answer+"\r\n\r\n"...),
	).Deflate, answer
}

// send writes frames that were appended to the peer's buffer by build, all in one piece.
func (p *demoPeer) send(build func(dst []byte) []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return net.ErrClosed
	}
	return p.write(build(p.buf[:0]))
}

// write sends b. The caller holds the lock.
func (p *demoPeer) write(b []byte) error {
	p.buf = b
	if err := p.conn.SetWriteDeadline(time.Now().Add(demoWriteTimeout)); err != nil {
		return err
	}
	_, err := p.conn.Write(b)
	return err
}

// frame sends one frame.
func (p *demoPeer) frame(h frame.Header, payload []byte) error {
	return p.send(func(dst []byte) []byte { return frame.AppendFrame(dst, h, payload) })
}

// finish sends a close frame, once, and then ends the script.
func (p *demoPeer) finish(end func(), h frame.Header, payload []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		_ = p.write(frame.AppendFrame(p.buf[:0], h, payload)) // who cannot be told is gone already
		p.closed = true
	}
	end()
}

// closeWith sends a close frame with a code and a reason, once.
func (p *demoPeer) closeWith(code uint16, reason string) {
	p.finish(func() {}, frame.Header{Fin: true, Opcode: frame.Close}, frame.AppendClose(nil, code, reason))
}

// fail closes as the error of a read demands.
func (p *demoPeer) fail(err error) {
	var v *guard.Violation
	if errors.As(err, &v) {
		p.closeWith(v.Code, v.Reason)
	}
}
