package gateway

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/tetherscope/tetherscope/internal/server/gateway/enable"
)

// maxInterim is how many 1xx answers of a handler are skipped before the one that counts.
const maxInterim = 5

func init() { enable.Restore() } // net/http is initialised by now

// Gateway is a listener of the connections that it makes of streams. Its methods may be called from any goroutine.
type Gateway struct {
	scheme string
	conns  chan net.Conn
	done   chan struct{}
	close  func()
}

var _ net.Listener = (*Gateway)(nil)

// New returns a gateway for clients that call URLs with a scheme, "http" or "https". An http.Server must serve it, and close it at the end.
func New(scheme string) *Gateway {
	g := &Gateway{scheme: scheme, conns: make(chan net.Conn), done: make(chan struct{})}
	g.close = onceFunc(g.done)
	return g
}

// Configure makes a server speak HTTP/2, on TLS connections that have agreed on "h2" and on others whose client knows that it does, beside
// HTTP/1.1. A listener may wrap what crypto/tls has made.
func Configure(s *http.Server) {
	s.Protocols = new(http.Protocols)
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetUnencryptedHTTP2(true) // by the client's preface, which stands above TLS as well
	s.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 100}
}

// Accept returns the next connection, or [net.ErrClosed] at the end.
func (g *Gateway) Accept() (net.Conn, error) {
	select {
	case c := <-g.conns:
		return c, nil
	case <-g.done:
		return nil, net.ErrClosed
	}
}

// Close ends the gateway: later handshakes are answered with 503.
func (g *Gateway) Close() error {
	g.close()
	return nil
}

// Addr returns the name of the queue: it has no address.
func (g *Gateway) Addr() net.Addr { return &net.UnixAddr{Name: "http2", Net: "unix"} }

// Handler returns a handler that puts WebSockets over HTTP/2 into the queue, and passes all other requests on.
func (g *Gateway) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isExtendedConnect(r) {
			next.ServeHTTP(w, r)
			return
		}
		g.serve(w, r)
	})
}

// isExtendedConnect reports whether r opens a WebSocket.
func isExtendedConnect(r *http.Request) bool {
	return r.Method == http.MethodConnect && r.ProtoMajor == 2 && r.Header.Get(":protocol") == "websocket"
}

// serve carries one stream until one of its ends is over.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) {
	near, far := newPair(r, g.scheme)
	defer near.abort()
	stop := context.AfterFunc(r.Context(), near.abort) // the stream is over, whatever waits for its data
	defer stop()
	if !g.put(w, r, far) || handshake(r).Write(near) != nil {
		return
	}
	answer, in, err := readAnswer(near, r)
	if err != nil {
		panic(http.ErrAbortHandler) // the handler ended the connection without an answer: RST_STREAM
	}
	defer func() { _ = answer.Body.Close() }() // it has no resources of its own
	if answer.StatusCode == http.StatusSwitchingProtocols {
		relay(w, r, answer, in, near)
		return
	}
	copyFields(w.Header(), answer.Header)
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body) // a body that breaks off breaks off for the client too
}

// put puts a connection into the queue, unless the gateway is closed or the stream is over.
func (g *Gateway) put(w http.ResponseWriter, r *http.Request, far *end) bool {
	select {
	case g.conns <- far:
		return true
	case <-g.done:
		http.Error(w, "This server is shutting down.", http.StatusServiceUnavailable)
	case <-r.Context().Done():
	}
	return false
}

// relay carries a WebSocket that the handler has accepted.
func relay(w http.ResponseWriter, r *http.Request, answer *http.Response, in *bufio.Reader, near *end) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(noDeadline)  // those of the server are for requests, and an
	_ = control.SetWriteDeadline(noDeadline) // open WebSocket may be silent without limit
	copyFields(w.Header(), answer.Header)
	w.WriteHeader(http.StatusOK)
	if control.Flush() != nil {
		return
	}
	go func() { // ends with the stream, or with the handler
		_, err := io.Copy(near, r.Body)
		near.sourceEnded(err)
	}()
	carry(w, control, in, near)
}

// carry writes what the handler sends, until it has ended its connection.
func carry(w io.Writer, control *http.ResponseController, in *bufio.Reader, near *end) {
	buffer := make([]byte, bufferSize)
	for {
		n, err := in.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil || control.Flush() != nil {
				return
			}
		}
		if errors.Is(err, io.EOF) && !near.peerReset() {
			return
		}
		if err != nil {
			panic(http.ErrAbortHandler) // RST_STREAM
		}
	}
}

// handshake returns the handshake of HTTP/1.1 that stands for an extended CONNECT.
func handshake(r *http.Request) *http.Request {
	url := *r.URL
	url.Scheme, url.Host = "http", r.Host
	out := &http.Request{Method: http.MethodGet, URL: &url, Host: r.Host, Header: http.Header{}, ProtoMajor: 1, ProtoMinor: 1}
	copyFields(out.Header, r.Header)
	if _, has := out.Header["User-Agent"]; !has {
		out.Header["User-Agent"] = nil // or one is made up
	}
	var key [16]byte
	_, _ = rand.Read(key[:]) // it never fails
	out.Header.Set("Upgrade", "websocket")
	out.Header.Set("Connection", "Upgrade")
	out.Header.Set("Sec-WebSocket-Key", base64.StdEncoding.EncodeToString(key[:]))
	return out
}

// copyFields copies header fields but those that belong to one of the two versions of HTTP.
func copyFields(to, from http.Header) {
	for name, values := range from {
		switch {
		case strings.HasPrefix(name, ":"):
		case name == "Connection", name == "Upgrade", name == "Keep-Alive", name == "Transfer-Encoding", name == "Proxy-Connection", name == "Content-Length":
		case name == "Sec-Websocket-Key", name == "Sec-Websocket-Accept":
		default:
			to[name] = values
		}
	}
}

// readAnswer reads the answer of the handler, and returns a reader of what follows it.
func readAnswer(near net.Conn, r *http.Request) (*http.Response, *bufio.Reader, error) {
	in := bufio.NewReader(near)
	for range maxInterim {
		answer, err := http.ReadResponse(in, &http.Request{Method: http.MethodGet, URL: r.URL})
		if err != nil || answer.StatusCode >= 200 || answer.StatusCode == http.StatusSwitchingProtocols {
			return answer, in, err
		}
	}
	return nil, nil, errors.New("one 1xx answer after another")
}
