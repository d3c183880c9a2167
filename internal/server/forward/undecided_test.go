package forward

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestSlowClientsAreRead: a client whose TLS begins only after the proxy has given the server a chance to speak first is read and recorded all
// the same, and the server sees no byte on the connection that was made to find out.
func TestSlowClientsAreRead(t *testing.T) {
	asked := make(chan struct{}, 10)
	server := httptest.NewUnstartedServer(echoes())
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			asked <- struct{}{}
		}
	}
	server.StartTLS()
	defer server.Close()
	s := stand(t, server, nil)
	address := server.Listener.Addr().String()
	slow := &http.Client{Transport: &http.Transport{DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		c := s.tunnelTo(t, address)
		await.Receive(t, asked) // the proxy dialed: half a second without a byte is over
		config := s.trusting()
		config.ServerName = "127.0.0.1"
		secure := tls.Client(c, config)
		return secure, secure.HandshakeContext(ctx)
	}}}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, server.URL+"/ws", &websocket.DialOptions{HTTPClient: slow})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Write(ctx, websocket.MessageText, []byte("late")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.Read(ctx); err != nil || string(got) != "late" {
		t.Fatalf("%q, %v", got, err)
	}
	_ = c.Close(websocket.StatusNormalClosure, "")
	await.Until(t, "both frames are recorded", func() bool { return strings.Count(s.seen.text(), "late") == 2 })
}

// TestSilentTunnelsEnd: what a side does in a tunnel without any byte reaches the other one.
func TestSilentTunnelsEnd(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	s := stand(t, nil, nil)
	for _, name := range []string{"the server ends", "the client ends"} {
		client := s.tunnelTo(t, l.Addr().String())
		ends, other := client, await.Receive(t, accepted)
		if name == "the server ends" {
			ends, other = other, ends
		}
		if err := ends.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			n, err := other.Read(make([]byte, 1))
			if n > 0 {
				t.Errorf("%s: the other side gets bytes", name)
			}
			done <- err
		}()
		if err := await.Receive(t, done); err == nil {
			t.Errorf("%s: the other side goes on", name)
		}
		_, _ = ends.Close(), other.Close()
	}
}
