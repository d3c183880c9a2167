package gateway

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"

	"golang.org/x/net/http2"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// shake opens a WebSocket by the client's side, and returns the answer.
func shake(t *testing.T, addr, path string) (net.Conn, *bufio.Reader, *http.Response, error) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	up := Client(c)
	t.Cleanup(func() { _ = up.Close() })
	when, _ := deadline(t).Deadline()
	_ = up.SetDeadline(when) // a pipe
	const fields = " HTTP/1.1\r\nHost: x.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := io.WriteString(up, "GET "+path+fields); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(up)
	answer, err := http.ReadResponse(in, nil)
	return up, in, answer, err
}

// TestTheClientsSide: a refusal passes with its body, a 200 becomes the 101 of the key, a reset of the server is one, and a connection that
// is closed with its stream open resets that.
func TestTheClientsSide(t *testing.T) {
	ended := make(chan error, 1)
	_, addr := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			http.Error(w, "not here", http.StatusForbidden)
			return
		}
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Host: "+r.Host+"\r\n\r\n")
		one := make([]byte, 1)
		if _, err := io.ReadFull(c, one); err == nil {
			_ = c.(interface{ Reset() error }).Reset() // the client sees it
			return
		}
		_ = c.Close()
		ended <- err
	}))
	_, _, answer, err := shake(t, addr, "/no")
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(answer.Body); answer.StatusCode != 403 || string(body) != "not here\n" || err != nil {
		t.Errorf("%d %q, %v", answer.StatusCode, body, err)
	}
	up, in, answer, err := shake(t, addr, "/reset")
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != 101 || answer.Header.Get("Sec-Websocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" || answer.Header.Get("X-Host") != "x.test" {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
	if _, err := up.Write([]byte("r")); err != nil {
		t.Fatal(err)
	}
	if _, err := in.ReadByte(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("behind a reset: %v", err)
	}
	if up, _, _, err = shake(t, addr, "/left"); err != nil {
		t.Fatal(err)
	}
	_ = up.Close()
	await.Receive(t, ended)
}

// TestAServerWithoutWebSockets is one whose settings do not offer extended CONNECT.
func TestAServerWithoutWebSockets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_ = http2.NewFramer(c, nil).WriteSettings()
		_, _ = io.Copy(io.Discard, c)
	}()
	t.Cleanup(func() { _ = l.Close(); await.Closed(t, done) })
	if _, _, _, err := shake(t, l.Addr().String(), "/"); !errors.Is(err, ErrNoWebSockets) {
		t.Errorf("%v, want %v", err, ErrNoWebSockets)
	}
}
