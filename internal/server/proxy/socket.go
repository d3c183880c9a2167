package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/server/gateway"
	"github.com/tetherscope/tetherscope/internal/tap"
)

// maxInterim is how many 1xx answers are skipped before the one that counts.
const maxInterim = 5

var errInterim = errors.New("the target sent one 1xx answer after another")

// socket passes a handshake on, and when the target agrees, everything after it.
func (p *Proxy) socket(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.ContentLength != 0:
		refuse(w, http.StatusBadRequest, "A WebSocket handshake has no body (RFC 6455 section 4.1).")
		return
	case !onlyWebSocket(r.Header["Upgrade"]): // the target could choose a protocol in which nothing checks the requests
		refuse(w, http.StatusBadRequest, "This proxy passes on the upgrade to websocket, and no choice of others: send Upgrade: websocket alone.")
		return
	}
	request, name := tap.RewriteRequest(r)
	to, err := p.redirected(name)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	a, how, err := to.shake(r, request)
	tap.Reached(r, how)
	switch {
	case err != nil:
		to.failed(w, r, err)
	case a.status != http.StatusSwitchingProtocols:
		if to.options.Refused != nil {
			to.options.Refused(r, a.status)
		}
		defer func() { _ = a.up.Close() }() // its answer was all that was wanted
		p.refused(w, r, a.head, a.in)
	default:
		p.relay(w, a.up, tap.RewriteResponse(r, a.head), a.in)
	}
}

// answer is what a target answered to a handshake.
type answer struct {
	up     net.Conn
	head   []byte
	in     *bufio.Reader // reads what comes behind the head
	status int
}

// shake connects to the target and sends the handshake. A target that has chosen HTTP/2, and offers no WebSockets over it, is asked over
// HTTP/1.1, now and from now on.
func (p *Proxy) shake(r *http.Request, request []byte) (a answer, how record.Reached, err error) {
	config := p.tls
	if p.http1Only.Load() {
		config = p.http1
	}
	if a.up, how, err = p.dial(r.Context(), config); err != nil {
		return a, how, err
	}
	if tc, ok := a.up.(*tls.Conn); ok && tc.ConnectionState().NegotiatedProtocol == "h2" {
		a.up = gateway.Client(tc)
	}
	if a.head, a.in, a.status, err = p.ask(r, request, a.up, &how); err == nil {
		return a, how, nil
	}
	_ = a.up.Close() // the error is reported already
	if errors.Is(err, gateway.ErrNoWebSockets) {
		p.http1Only.Store(true)
		return p.shake(r, request)
	}
	return a, how, err
}

// onlyWebSocket reports whether an Upgrade field names one protocol, websocket.
func onlyWebSocket(values []string) bool {
	return len(values) == 1 && strings.EqualFold(strings.Trim(values[0], " \t"), "websocket")
}

// ask sends the handshake to the target and returns the head of its answer, and a reader of what comes behind. It notes how long
// that took.
func (p *Proxy) ask(r *http.Request, request []byte, up net.Conn, how *record.Reached) (head []byte, in *bufio.Reader, status int, err error) {
	stop := context.AfterFunc(r.Context(), func() { _ = up.SetDeadline(time.Unix(1, 0)) }) // the client is gone
	defer stop()
	_ = up.SetDeadline(time.Now().Add(answerTimeout)) // a connection that cannot have one fails below
	request = retarget(request, p.target.Path)
	if !p.options.KeepHost {
		request = replaceField(request, "host", p.target.Host)
	}
	if p.rewritesOrigin(r) {
		request = replaceField(request, "origin", p.target.Origin())
	}
	if p.options.Head != nil {
		request = p.options.Head(request)
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
		how.Response = max(time.Since(asked), 1)
	}
	if err == nil && !stop() {
		err = r.Context().Err()
	}
	_ = up.SetDeadline(time.Time{}) // an open WebSocket may be silent without limit
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
		_ = up.Close() // the client is gone
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
