//go:build !js

package frame

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// This test proves that the messages of a connection between two peers of coder/websocket, read from its bytes alone,
// are those that its applications sent: plain, and compressed with and without context takeover.

func TestMessagesAreThoseOfCoderWebsocket(t *testing.T) {
	for name, mode := range map[string]websocket.CompressionMode{
		"plain":       websocket.CompressionDisabled,
		"takeover":    websocket.CompressionContextTakeover,
		"no takeover": websocket.CompressionNoContextTakeover,
	} {
		t.Run(name, func(t *testing.T) {
			sent := coderMessages()
			client, server := coderBytes(t, mode, sent)
			request, client := cutHead(t, client)
			response, server := cutHead(t, server)
			h := ParseHandshake(request, response)
			if len(h.Problems) > 0 || !h.AcceptOK || (h.Deflate != nil) != (mode != websocket.CompressionDisabled) {
				t.Fatalf("handshake: %q, deflate %+v", h.Problems, h.Deflate)
			}
			if d := h.Deflate; d != nil && d.ServerNoContextTakeover != (mode == websocket.CompressionNoContextTakeover) {
				t.Fatalf("agreed on %+v", d)
			}
			compareMessages(t, Config{FromClient: true, Deflate: h.Deflate}, client, sent)
			compareMessages(t, Config{Deflate: h.Deflate}, server, sent)
		})
	}
}

func coderMessages() (sent [][]byte) {
	r := rand.New(rand.NewPCG(3, 3))
	for i := range 60 {
		sent = append(sent, prose(r, i*i*5))
	}
	return append(sent, nil, []byte("after an empty one"))
}

func compareMessages(t *testing.T, c Config, wire []byte, sent [][]byte) {
	t.Helper()
	frames, err := collect(c, split(wire, 1500, rand.New(rand.NewPCG(4, 4)))...)
	if err != nil {
		t.Fatal(err)
	}
	n, squeezed := 0, 0
	for _, f := range frames {
		if f.Violations != 0 {
			t.Errorf("client %t, frame at %d: %v", c.FromClient, f.Offset, f.Violations)
		}
		if m := f.message; m != nil {
			if n < len(sent) && !bytes.Equal(m.Body, sent[n]) {
				t.Fatalf("client %t, message %d: %d bytes, %d were sent", c.FromClient, m.Number, m.Length, len(sent[n]))
			}
			if m.Compressed && m.Wire < m.Length {
				squeezed++
			}
			n++
		}
	}
	if n != len(sent) || (squeezed > 40) != (c.Deflate != nil) {
		t.Errorf("client %t: %d messages of %d, %d of them made smaller", c.FromClient, n, len(sent), squeezed)
	}
	last := frames[len(frames)-1]
	if code, reason, _ := ParseClose(last.Payload); last.Opcode != Close || code != 4001 || c.FromClient && reason != "grüß dich" {
		t.Errorf("client %t: ends with %v %d %q", c.FromClient, last.Opcode, code, reason)
	}
}

// coderBytes lets a client send the messages to an echo server and returns the bytes of both directions.
func coderBytes(t *testing.T, mode websocket.CompressionMode, sent [][]byte) (client, server []byte) {
	t.Helper()
	done := make(chan struct{})
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: mode, CompressionThreshold: 1})
		if err != nil {
			return
		}
		c.SetReadLimit(1 << 20)
		for {
			kind, p, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, p) != nil {
				_ = c.CloseNow()
				return
			}
		}
	}))
	listener := &recordingListener{Listener: srv.Listener}
	srv.Listener = listener
	srv.Start()
	defer srv.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c, _, err := websocket.Dial(ctx, srv.URL, &websocket.DialOptions{CompressionMode: mode, CompressionThreshold: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(1 << 20)
	for i, p := range sent {
		kind := websocket.MessageText + websocket.MessageType(i%2)
		if err := c.Write(ctx, kind, p); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(ctx); err != nil || !bytes.Equal(got, p) {
			t.Fatalf("echo of message %d: %v", i, err)
		}
	}
	if err := c.Close(4001, "grüß dich"); err != nil {
		t.Fatal(err)
	}
	await.Closed(t, done)
	return listener.bytes()
}

func cutHead(t *testing.T, b []byte) (head, rest []byte) {
	t.Helper()
	i := bytes.Index(b, []byte("\r\n\r\n"))
	if i < 0 {
		t.Fatalf("no HTTP head in %.100q", b)
	}
	return b[:i+4], b[i+4:]
}

// recordingListener keeps the bytes of its connections: one is expected.
type recordingListener struct {
	net.Listener
	mu      sync.Mutex
	in, out []byte
}

func (l *recordingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return recordingConn{c, l}, err
}

func (l *recordingListener) bytes() (in, out []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.in, l.out
}

type recordingConn struct {
	net.Conn
	to *recordingListener
}

func (c recordingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.to.mu.Lock()
	defer c.to.mu.Unlock()
	c.to.in = append(c.to.in, p[:n]...)
	return n, err
}

func (c recordingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.to.mu.Lock()
	defer c.to.mu.Unlock()
	c.to.out = append(c.to.out, p[:n]...)
	return n, err
}
