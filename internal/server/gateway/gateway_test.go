package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
	"golang.org/x/net/http2"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve serves a handler by a gateway, and returns a client and the address.
func serve(t *testing.T, h http.Handler) (client *http2.Transport, addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := New("http")
	inner := &http.Server{Handler: h}
	outer := &http.Server{Handler: g.Handler(h), ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	Configure(outer)
	done := make(chan struct{}, 2)
	go func() { _ = inner.Serve(g); done <- struct{}{} }()
	go func() { _ = outer.Serve(l); done <- struct{}{} }()
	client = &http2.Transport{AllowHTTP: true, DialTLSContext: func(_ context.Context, network, addr string, _ *tls.Config) (net.Conn, error) {
		return net.Dial(network, addr)
	}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		_ = outer.Close()
		_ = inner.Close()
		await.Receive(t, done)
		await.Receive(t, done)
	})
	return client, l.Addr().String()
}

// stream is a WebSocket over HTTP/2 as its client has it.
type stream struct {
	*http.Response
	out *io.PipeWriter
}

// open opens one.
func open(ctx context.Context, t *testing.T, client *http2.Transport, addr, path string) stream {
	t.Helper()
	body, out := io.Pipe()
	req, err := http.NewRequestWithContext(ctx, http.MethodConnect, "http://"+addr+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(":protocol", "websocket")
	req.Header.Set("Sec-WebSocket-Version", "13")
	req.Header.Set("Sec-WebSocket-Protocol", "chat")
	res, err := client.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close(); _ = res.Body.Close() })
	return stream{res, out}
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// message returns a masked frame.
func message(op frame.Opcode, payload string) []byte {
	return frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: op, Masked: true, Key: [4]byte{1, 2, 3, 4}}, []byte(payload))
}

// TestAnUnchangedHandler: a handler of coder/websocket, which knows HTTP/1.1, echoes over a stream of HTTP/2: the handshake is what RFC 8441
// wants, messages pass in both directions, and the end of the stream follows the closing handshake.
func TestAnUnchangedHandler(t *testing.T) {
	client, addr := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/a b" || r.URL.RawQuery != "x=1" || r.Proto != "HTTP/1.1" || r.RemoteAddr == "" || r.Host == "" {
			t.Errorf("the handler gets %s %s from %q at %q", r.URL, r.Proto, r.RemoteAddr, r.Host)
		}
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat"}})
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = c.CloseNow() }()
		c.SetReadLimit(1 << 20)
		for {
			kind, p, err := c.Read(r.Context())
			if err != nil {
				return
			}
			if c.Write(r.Context(), kind, p) != nil {
				return
			}
		}
	}))
	s := open(deadline(t), t, client, addr, "/a%20b?x=1")
	if s.StatusCode != 200 || s.Header.Get("Sec-WebSocket-Protocol") != "chat" || s.Header.Get("Sec-WebSocket-Accept")+s.Header.Get("Upgrade")+s.Header.Get("Connection") != "" {
		t.Errorf("answered with %d %v", s.StatusCode, s.Header)
	}
	big := strings.Repeat("big ", 30000)
	got := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(s.Body)
		got <- b
	}()
	for _, text := range []string{"hello", big} {
		if _, err := s.out.Write(message(frame.Text, text)); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = s.out.Write(message(frame.Close, "\x03\xe8"))
	var want []byte
	for _, text := range []string{"hello", big} {
		want = frame.AppendFrame(want, frame.Header{Fin: true, Opcode: frame.Text}, []byte(text))
	}
	want = frame.AppendFrame(want, frame.Header{Fin: true, Opcode: frame.Close}, []byte("\x03\xe8"))
	if b := await.Receive(t, got); !bytes.Equal(b, want) {
		t.Errorf("%d bytes came back, %.60q; want %d", len(b), b, len(want))
	}
}

// TestRefusals: a handler that refuses gives its answer, one that breaks off resets the stream, and others are served as before.
func TestRefusals(t *testing.T) {
	client, addr := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Reason", "none")
		http.Error(w, "not here, "+r.Proto, http.StatusForbidden)
	}))
	s := open(deadline(t), t, client, addr, "/")
	if b, err := io.ReadAll(s.Body); s.StatusCode != 403 || s.Header.Get("Reason") != "none" || string(b) != "not here, HTTP/1.1\n" || err != nil {
		t.Errorf("%d %q %v", s.StatusCode, b, err)
	}
	req, _ := http.NewRequestWithContext(deadline(t), http.MethodGet, "http://"+addr+"/", nil)
	res, err := client.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(res.Body); string(b) != "not here, HTTP/2.0\n" {
		t.Errorf("a page: %q", b)
	}
	req, _ = http.NewRequestWithContext(deadline(t), http.MethodConnect, "http://"+addr+"/gone", http.NoBody)
	req.Header.Set(":protocol", "websocket")
	var reset http2.StreamError
	if _, err := client.RoundTrip(req); !errors.As(err, &reset) {
		t.Errorf("a handler that breaks off: %v", err)
	}
}

// TestResets: when a client resets its stream, the handler's read says so; when the handler resets its connection, the stream is reset; and
// a read deadline interrupts a read without ending the stream.
func TestResets(t *testing.T) {
	ended, began := make(chan error, 1), make(chan struct{}, 2)
	client, addr := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, brw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		_ = c.SetDeadline(time.Unix(1, 0))
		if _, err := brw.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("behind a deadline: %v", err)
		}
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		first := make([]byte, 1)
		if _, err := io.ReadFull(c, first); err != nil {
			t.Error(err)
		}
		began <- struct{}{}
		if first[0] == 'r' {
			_ = c.(interface{ Reset() error }).Reset()
			ended <- nil
			return
		}
		_, err = c.Read(first)
		ended <- err
		_ = c.Close()
	}))
	s := open(deadline(t), t, client, addr, "/")
	_, _ = io.WriteString(s.out, "x")
	await.Receive(t, began)
	_ = s.Body.Close() // RST_STREAM
	if err := await.Receive(t, ended); !strings.Contains(err.Error(), "connection reset") {
		t.Errorf("the handler reads %v", err)
	}
	s = open(deadline(t), t, client, addr, "/")
	_, _ = io.WriteString(s.out, "r")
	var reset http2.StreamError
	if _, err := io.ReadAll(s.Body); !errors.As(err, &reset) {
		t.Errorf("the client reads %v", err)
	}
	await.Receive(t, ended)
}

// TestTheEnvironmentIsAsBefore: what this program starts does not inherit the setting that net/http has read.
func TestTheEnvironmentIsAsBefore(t *testing.T) {
	if strings.Contains(os.Getenv("GODEBUG"), "http2xconnect") {
		t.Error(os.Getenv("GODEBUG"))
	}
}
