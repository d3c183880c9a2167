package server

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// pipes is a listener whose connections are in memory, so that a server can stand in a bubble of testing/synctest.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (pipes) Close() error { return nil }

func (pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// TestStalledClientsEnd: a client that sends no more of its body, or takes no more of an answer, is cut off after the timeout; one that is
// slow but goes on, a stream that is silent for longer, and a next request on the same connection are not. The times are those of a bubble's clock:
// what the machine takes for its work is no silence.
func TestStalledClientsEnd(t *testing.T) { synctest.Test(t, stalledClientsEnd) }

func stalledClientsEnd(t *testing.T) {
	const timeout = 500 * time.Millisecond
	ended := make(chan error, 8)
	silent := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/read", func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		ended <- err
	})
	mux.HandleFunc("/leave", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/write", func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				ended <- err
				return
			}
		}
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "a")
		_ = http.NewResponseController(w).Flush()
		<-silent
		_, _ = io.WriteString(w, "b")
		ended <- r.Context().Err()
	})
	l := pipes{make(chan net.Conn), make(chan struct{})}
	s := &http.Server{Handler: limitStalls(timeout, mux), ReadHeaderTimeout: time.Hour}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() {
		close(l.done)
		_ = s.Shutdown(context.Background())
	})
	dial := func(request string) (net.Conn, *bufio.Reader) {
		c, theirs := net.Pipe()
		await.Send(t, l.conns, theirs)
		t.Cleanup(func() { _ = c.Close() })
		_ = c.SetDeadline(time.Now().Add(await.Limit))
		_, _ = io.WriteString(c, request)
		return c, bufio.NewReader(c)
	}
	for _, path := range []string{"/read", "/leave"} { // net/http itself reads what a handler leaves
		_, in := dial("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx")
		if path == "/read" && await.Receive(t, ended) == nil {
			t.Error("a body that does not come is waited for")
		}
		if _, err := io.Copy(io.Discard, in); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection of a body that does not come stays open", path)
		}
	}
	slow, in := dial("POST /read HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n")
	for range 9 {
		time.Sleep(timeout - 1)
		_, _ = io.WriteString(slow, "x")
	}
	if err := await.Receive(t, ended); err != nil {
		t.Errorf("a slow body was cut off: %v", err)
	}
	_, _ = io.Copy(io.Discard, in)
	dial("GET /write HTTP/1.1\r\nHost: x\r\n\r\n") // and reads nothing
	if err := await.Receive(t, ended); err == nil {
		t.Error("an answer that is not taken")
	}
	c, in := dial("POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	one := make([]byte, 1)
	_, _ = io.ReadFull(res.Body, one)
	time.Sleep(2 * timeout) // the silence that is tested
	close(silent)
	if err := await.Receive(t, ended); err != nil {
		t.Errorf("the silent stream was ended: %v", err)
	}
	if rest, err := io.ReadAll(res.Body); err != nil || string(one)+string(rest) != "ab" {
		t.Errorf("%q %v", rest, err)
	}
	time.Sleep(2 * timeout) // longer than the deadline of the answer before
	_, _ = io.WriteString(c, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
	res, err = http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != http.StatusNotFound {
		t.Fatalf("the next request: %v", err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(body), "not found") {
		t.Errorf("%q %v", body, err)
	}
}
