package forward

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/net/http2"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/server/gateway"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// What a client or a server of these tests speaks.
const (
	http1      = "HTTP/1.1"
	overHTTP2  = "HTTP/2 with WebSockets"
	pagesHTTP2 = "HTTP/2 without WebSockets"
)

// serveTLS serves h over TLS in one of the three ways. came gets the version of HTTP of the first ten handshakes.
func serveTLS(t *testing.T, speaks string, h http.Handler) (s *httptest.Server, came chan string) {
	t.Helper()
	came = make(chan string, 10)
	next := h
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case came <- r.Proto:
		default: // it has the first ten
		}
		next.ServeHTTP(w, r)
	}))
	switch speaks {
	case pagesHTTP2:
		s.TLS = &tls.Config{NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}
		s.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){"h2": offerNothing}
	case overHTTP2:
		streams, inner := gateway.New("https"), &http.Server{Handler: h}
		gateway.Configure(s.Config)
		next, s.EnableHTTP2 = streams.Handler(h), true
		done := make(chan struct{})
		go func() { defer close(done); _ = inner.Serve(streams) }()
		t.Cleanup(func() { _ = inner.Close(); await.Closed(t, done) })
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, came
}

// offerNothing is a server of HTTP/2 whose settings do not offer extended CONNECT, and which answers no request.
func offerNothing(_ *http.Server, c *tls.Conn, _ http.Handler) {
	if http2.NewFramer(c, nil).WriteSettings() == nil {
		_, _ = io.Copy(io.Discard, c) // until the client ends it
	}
}

// stream is a WebSocket over HTTP/2 as its client has it.
type stream struct {
	io.Reader
	*io.PipeWriter
}

// CloseWrite ends the sending direction.
func (s stream) CloseWrite() error { return s.Close() }

// open2 opens a WebSocket over HTTP/2 through the proxy.
func (s *standing) open2(ctx context.Context, t *testing.T, server *httptest.Server) stream {
	t.Helper()
	config := s.trusting()
	config.NextProtos, config.ServerName = []string{"h2"}, "127.0.0.1"
	tc := tls.Client(s.tunnelTo(t, server.Listener.Addr().String()), config)
	if err := tc.HandshakeContext(ctx); err != nil {
		t.Fatal(err)
	}
	conn, err := new(http2.Transport).NewClientConn(tc)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	body, up := io.Pipe()
	r, err := http.NewRequestWithContext(ctx, http.MethodConnect, server.URL+"/ws", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header[":protocol"] = []string{"websocket"}
	r.Header.Set("Sec-Websocket-Version", "13")
	res, err := conn.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the answer is %s", res.Status)
	}
	return stream{res.Body, up}
}

// TestHTTP2OnEitherLeg: a client of HTTP/1.1 and one of HTTP/2 reach servers that speak HTTP/1.1 alone, HTTP/2 with WebSockets, and HTTP/2
// without them; messages come back, the handshake is recorded as the client sent it, and the server's end reaches the client.
func TestHTTP2OnEitherLeg(t *testing.T) {
	for _, speaks := range []string{http1, overHTTP2, pagesHTTP2} {
		server, came := serveTLS(t, speaks, echoes())
		s := stand(t, server, func(o *Options) { o.HTTP2, o.Upstream.HTTP2 = true, true })
		want := "HTTP/1.1"
		if speaks == overHTTP2 {
			want = "HTTP/2.0"
		}
		for client, talk := range map[string]func(context.Context, *testing.T, *standing, *httptest.Server){http1: talk1, overHTTP2: talk2} {
			for range 2 { // the second one finds what the first has learned of the server
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				talk(ctx, t, s, server)
				cancel()
				if proto := await.Receive(t, came); proto != want {
					t.Errorf("%s to %s: the handshake came over %s", client, speaks, proto)
				}
			}
		}
		await.Until(t, "the handshakes are recorded", func() bool {
			seen := s.seen.text()
			return strings.Count(seen, ":method: CONNECT\r\n:protocol: websocket\r\n:scheme: https\r\n") == 2 &&
				strings.Count(seen, "GET /ws HTTP/1.1\r\n") == 2 && strings.Count(seen, "ping") == 8
		})
	}
}

// talk1 has one message echoed over HTTP/1.1, and ends the connection.
func talk1(ctx context.Context, t *testing.T, s *standing, server *httptest.Server) {
	t.Helper()
	c, _, err := websocket.Dial(ctx, server.URL+"/ws", &websocket.DialOptions{HTTPClient: s.client(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Write(ctx, websocket.MessageText, []byte("ping")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.Read(ctx); err != nil || string(got) != "ping" {
		t.Fatalf("%q, %v", got, err)
	}
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

// talk2 has one message echoed over HTTP/2, and waits for the end of the stream behind the closing handshake.
func talk2(ctx context.Context, t *testing.T, s *standing, server *httptest.Server) {
	t.Helper()
	c := s.open2(ctx, t, server)
	masked := func(op frame.Opcode, payload string) []byte {
		return frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: op, Masked: true, Key: [4]byte{1, 2, 3, 4}}, []byte(payload))
	}
	if _, err := c.Write(append(masked(frame.Text, "ping"), masked(frame.Close, "\x03\xe8")...)); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if want := "\x81\x04ping\x88\x02\x03\xe8"; string(got) != want || err != nil {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	_ = c.CloseWrite() // a pipe
}

// TestConversationsOverHTTP2AreByteEqual: random conversations, HTTP/2 on both legs, give each side the bytes and the end that the other sent. The
// server ends last: net/http ends both directions of a stream with the server's.
func TestConversationsOverHTTP2AreByteEqual(t *testing.T) {
	type result struct {
		got []byte
		err error
	}
	scripts, results := make(chan script, 1), make(chan result, 1)
	server, _ := serveTLS(t, overHTTP2, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(patience))
		var words script
		select {
		case words = <-scripts:
		case <-time.After(patience):
			t.Error("no script for the conversation")
			return
		}
		var writing sync.WaitGroup // the connection has a deadline
		var wrote error
		writing.Go(func() { _, wrote = c.Write(append([]byte(answered), words.down...)) })
		got, err := io.ReadAll(c)
		writing.Wait()
		results <- result{got, errors.Join(err, wrote)}
	}))
	s := stand(t, server, func(o *Options) { o.HTTP2, o.Upstream.HTTP2 = true, true })
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range 100 {
		words := randomScript(r)
		scripts <- words
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		got, err := exchange(s.open2(ctx, t, server), words.up, words.pieces)
		cancel()
		at := await.Receive(t, results)
		if err := errors.Join(err, at.err); err != nil || string(got) != string(words.down) || string(at.got) != string(words.up) {
			t.Fatalf("conversation %d of seed %d: %v, %d of %d bytes up, %d of %d down", i, seed, err, len(at.got), len(words.up), len(got), len(words.down))
		}
	}
}
