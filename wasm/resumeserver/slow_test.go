//go:build !js

// These tests prove that a session lives through messages that take longer than its heartbeats, over lines as slow as they
// are.
package resumeserver_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// pipes is a listener inside of a bubble: each dial is a pipe, slow at the client's end.
type pipes struct {
	rate  int // bytes per second
	conns chan net.Conn
	over  chan struct{}
	once  sync.Once
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.over:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	p.once.Do(func() { close(p.over) })
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return slowConn{ours, p.rate / 20}, nil
}

// slowConn moves part bytes in 50 ms, in each direction.
type slowConn struct {
	net.Conn
	part int
}

// Read implements net.Conn.
func (c slowConn) Read(p []byte) (int, error) {
	time.Sleep(50 * time.Millisecond)
	return c.Conn.Read(p[:min(len(p), c.part)])
}

// Write implements net.Conn.
func (c slowConn) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		time.Sleep(50 * time.Millisecond)
		var m int
		m, err = c.Conn.Write(p[n:min(len(p), n+c.part)])
		n += m
	}
	return n, err
}

// A megabyte at 64 KiB per second takes 16 seconds, and both ends ask every second whether the other lives.
func TestAMessageMayTakeLongerThanEveryHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size, rate = 1 << 20, 64 << 10
		p := &pipes{rate: rate, conns: make(chan net.Conn, 10), over: make(chan struct{})}
		sessions := &resumeserver.Server{Heartbeat: time.Second, Accept: &websocket.AcceptOptions{InsecureSkipVerify: true}}
		server := &http.Server{Handler: sessions.Handler(func(ctx context.Context, s *resumeserver.Session) {
			for {
				kind, b, err := s.Read(ctx)
				if err != nil || s.Write(ctx, kind, b) != nil {
					return
				}
			}
		})}
		var all sync.WaitGroup
		all.Go(func() { _ = server.Serve(p) })
		h := &http.Client{Transport: &http.Transport{DialContext: p.dial}}
		c, err := tether.New("ws://test/", codec.Raw(), tether.WithHTTPClient(h), tether.WithResume(tether.Resume{}),
			tether.WithHeartbeat(tether.Heartbeat{Interval: time.Second, Timeout: 2 * time.Second}))
		if err != nil {
			t.Fatal(err)
		}
		tether.On(c, func(e tether.Lost) { t.Log("lost:", e.Code, e.Err) })
		all.Go(func() { _ = c.Run(context.Background()) })
		for range 2 {
			if err := c.Send(await.Context(t), codec.Message{Type: codec.Binary, Data: make([]byte, size)}); err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		for m, err := range c.Messages(await.Context(t)) {
			if len(m.Data) != size || err != nil {
				t.Errorf("%d bytes came back, %v", len(m.Data), err)
			}
			if n++; n == 2 {
				break
			}
		}
		if st := c.Stats(); st.Opens != 1 {
			t.Errorf("it took %d connections", st.Opens)
		}
		c.Close()
		sessions.Close()
		_ = server.Close()
		all.Wait()
	})
}
