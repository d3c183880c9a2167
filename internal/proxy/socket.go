package proxy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/internal/tap"
)

// maxInterim is how many 1xx answers are skipped before the one that counts.
const maxInterim = 5

var errInterim = errors.New("the target sent one 1xx answer after another")

// socket passes a handshake on, and when the target agrees, everything after it.
func (p *Proxy) socket(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		refuse(w, http.StatusBadRequest, "A WebSocket handshake has no body (RFC 6455 section 4.1).")
		return
	}
	up, how, err := p.dial(r.Context())
	if err != nil {
		tap.Reached(r, how)
		p.failed(w, r, err)
		return
	}
	head, in, status, err := p.ask(r, up, &how)
	tap.Reached(r, how)
	switch {
	case err != nil:
		_ = up.Close() // the error is told already
		p.failed(w, r, err)
	case status != http.StatusSwitchingProtocols:
		defer func() { _ = up.Close() }() // its answer was all that was wanted
		p.refused(w, r, head, in)
	default:
		p.relay(w, up, head, in)
	}
}

// ask sends the handshake to the target and returns the head of its answer, and a reader of what comes behind. It notes how long
// that took.
func (p *Proxy) ask(r *http.Request, up net.Conn, how *record.Reached) (head []byte, in *bufio.Reader, status int, err error) {
	stop := context.AfterFunc(r.Context(), func() { _ = up.SetDeadline(time.Unix(1, 0)) }) // the client is gone
	defer stop()
	_ = up.SetDeadline(time.Now().Add(answerTimeout)) // a connection that cannot have one fails below
	request := replaceField(tap.RequestHead(r), "host", p.target.Host)
	if p.options.RewriteOrigin {
		request = replaceField(request, "origin", p.target.Origin())
	}
	if _, err = up.Write(request); err != nil {
		return nil, nil, 0, err
	}
	asked := time.Now()
	in = bufio.NewReader(up)
	for range maxInterim {
		head, status, err = readHead(in)
		if err != nil || status >= 200 || status == http.StatusSwitchingProtocols {
			break
		}
		err = errInterim
	}
	if err == nil {
		how.Answer = max(time.Since(asked), 1)
	}
	if err == nil && !stop() {
		err = r.Context().Err()
	}
	_ = up.SetDeadline(time.Time{}) // an open WebSocket may be silent for ever
	return head, in, status, err
}

// refused passes an answer on that is not 101: as HTTP, a redirect like any other.
func (p *Proxy) refused(w http.ResponseWriter, r *http.Request, head []byte, in *bufio.Reader) {
	res, err := http.ReadResponse(bufio.NewReader(io.MultiReader(bytes.NewReader(head), in)), r)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	defer func() { _ = res.Body.Close() }() // its connection goes as well
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Connection", "close")
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body) // a body that breaks off breaks off for the client too: its length does not match
}

// relay takes the client's connection from net/http and joins it with the target's until both have ended.
func (p *Proxy) relay(w http.ResponseWriter, up net.Conn, head []byte, in *bufio.Reader) {
	client, brw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = up.Close() // nobody is there to talk to
		return
	}
	if tapped, ok := client.(interface{ Relay() }); ok {
		tapped.Relay()
	}
	_ = client.SetDeadline(time.Time{}) // net/http's
	r := &relay{client: client, up: up}
	if !p.begin(r) {
		_ = up.Close() // the program ends
		_ = client.Close()
		return
	}
	defer p.end(r)
	rest, _ := in.Peek(in.Buffered()) // no error is possible: it is there
	early, _ := brw.Peek(brw.Reader.Buffered())
	r.run(append(head, rest...), early)
}
