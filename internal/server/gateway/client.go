package gateway

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/net/http2"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// ErrNoWebSockets is why a WebSocket does not open on an HTTP/2 connection: the server's settings do not offer extended CONNECT. Over
// HTTP/1.1 it may open.
var ErrNoWebSockets = errors.New("the server offers no WebSockets over HTTP/2 (RFC 8441 section 3)")

// maxAnswerHead bounds the header fields of a server's answer, in bytes.
const maxAnswerHead = 64 << 10

// client opens streams. It keeps no connections.
var client = &http2.Transport{DisableCompression: true, MaxHeaderListSize: maxAnswerHead}

// Client returns a connection for one WebSocket on an HTTP/2 connection to a server, which c is from its first byte on. What is written
// to it is a handshake of HTTP/1.1, and behind it the client's frames; what is read is the answer, a 101 in place of a 200 (RFC 8441 section
// 5), and the server's frames. Where the server offers no such streams, reads fail with [ErrNoWebSockets]. Close closes c.
func Client(c net.Conn) net.Conn {
	near, far := joined()
	far.local, far.remote = c.LocalAddr(), c.RemoteAddr()
	ctx, cancel := context.WithCancel(context.Background())
	s := &clientStream{c: c, near: near, in: bufio.NewReader(near), over: make(chan struct{})}
	far.closed = func() {
		if !s.answered.Load() {
			cancel() // RST_STREAM
		}
	}
	go func() {
		defer cancel()
		s.run(ctx)
	}()
	return far
}

// clientStream is a stream of which this program is the client.
type clientStream struct {
	c        net.Conn
	near     *end
	in       *bufio.Reader // reads near
	answered atomic.Bool   // the server has ended its direction
	once     sync.Once
	over     chan struct{} // is closed when both directions have ended
}

// run carries the stream until it is over.
func (s *clientStream) run(ctx context.Context) {
	defer func() { _ = s.c.Close() }() // nothing waits for it
	request, err := http.ReadRequest(s.in)
	if err != nil {
		s.near.fail(err)
		return
	}
	conn, err := client.NewClientConn(s.c)
	if err != nil {
		s.near.fail(err)
		return
	}
	answer, err := conn.RoundTrip(s.extended(ctx, request))
	if err != nil {
		s.near.fail(openError(err))
		return
	}
	if s.carry(answer, request) != nil {
		s.near.abort()
		return
	}
	<-s.over // RoundTrip closes the request's body then
	_ = s.near.Close()
}

// carry passes on the server's answer and what follows it.
func (s *clientStream) carry(answer *http.Response, request *http.Request) error {
	defer func() { _ = answer.Body.Close() }() // behind its end without effect
	if _, err := s.near.Write(answerHead(answer, request)); err != nil {
		return err
	}
	if _, err := io.Copy(s.near, answer.Body); err != nil {
		return err
	}
	s.answered.Store(true)
	return s.near.CloseWrite()
}

// extended returns the extended CONNECT that stands for a handshake of HTTP/1.1.
func (s *clientStream) extended(ctx context.Context, r *http.Request) *http.Request {
	to := *r.URL
	to.Scheme, to.Host = "https", r.Host
	out := (&http.Request{Method: http.MethodConnect, URL: &to, Host: r.Host, Header: http.Header{}, Body: s, ContentLength: -1}).WithContext(ctx)
	copyFields(out.Header, r.Header)
	out.Header[":protocol"] = []string{"websocket"}
	if _, has := out.Header["User-Agent"]; !has {
		out.Header["User-Agent"] = nil // or one is made up
	}
	return out
}

// Read reads what the client sends behind its handshake.
func (s *clientStream) Read(p []byte) (int, error) { return s.in.Read(p) }

// Close is the end of the stream. It interrupts a Read, for which package http2 waits.
func (s *clientStream) Close() error {
	s.once.Do(func() { close(s.over) })
	return s.near.in.Close()
}

// openError names what package http2 has no error for.
func openError(err error) error {
	if strings.Contains(err.Error(), "extended connect not supported") {
		return ErrNoWebSockets
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// answerHead returns the head of an answer as it is in HTTP/1.1. A body ends with the connection.
func answerHead(answer *http.Response, request *http.Request) []byte {
	var b bytes.Buffer
	fields := http.Header{}
	copyFields(fields, answer.Header)
	status := answer.StatusCode
	if status == http.StatusOK {
		status = http.StatusSwitchingProtocols
		fields["Upgrade"], fields["Connection"] = []string{"websocket"}, []string{"Upgrade"}
		fields["Sec-WebSocket-Accept"] = []string{frame.AcceptKey(request.Header.Get("Sec-WebSocket-Key"))}
	} else {
		fields["Connection"] = []string{"close"}
	}
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	_ = fields.Write(&b) // a buffer takes all
	b.WriteString("\r\n")
	return b.Bytes()
}
