package faults

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/faults/ledger"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
)

// dock is the server's side of one client of a fleet: it enters each number that arrives, and answers it with a number of
// its own and the one it answers.
type dock struct {
	up, down ledger.Ledger

	mu   sync.Mutex
	conn *websocket.Conn // of now; nil with sessions
	left chan struct{}   // closed when no handler serves conn any more
}

// anyOrigin: the page's is not the link's.
var anyOrigin = &websocket.AcceptOptions{InsecureSkipVerify: true}

// newDocks serves n clients, /0 to /n-1, and returns the server's host:port.
func newDocks(t *testing.T, n int, sessions bool) (docks []*dock, addr string) {
	mux := http.NewServeMux()
	rs := &resumeserver.Server{Accept: anyOrigin}
	for i := range n {
		d := &dock{}
		docks = append(docks, d)
		handler := http.Handler(http.HandlerFunc(d.plain))
		if sessions {
			handler = rs.Handler(d.session)
		}
		mux.Handle("/"+strconv.Itoa(i), handler)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		rs.Close()
		for _, d := range docks {
			d.leave()
		}
		server.Close()
	})
	return docks, strings.TrimPrefix(server.URL, "http://")
}

// answer enters what arrived and returns the answer to it.
func (d *dock) answer(p []byte) []byte {
	n := number(p)
	d.up.Arrived(n)
	return fmt.Appendf(nil, "%d %d", d.down.Next(), n)
}

func (d *dock) session(ctx context.Context, s *resumeserver.Session) {
	for {
		kind, p, err := s.Read(ctx)
		if err != nil || s.Write(ctx, kind, d.answer(p)) != nil {
			return
		}
	}
}

// plain serves one connection, and is also the echo that a heartbeat needs. What an earlier connection of the same client
// still holds is given up first, as a server must that wants each client's messages in order.
func (d *dock) plain(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, anyOrigin)
	if err != nil {
		return
	}
	defer c.CloseNow()
	left := d.take(c)
	defer close(left)
	d.up.Break()
	for {
		kind, p, err := c.Read(r.Context())
		if err != nil {
			return
		}
		if !strings.HasPrefix(string(p), "ping ") {
			p = d.answer(p)
		}
		if c.Write(r.Context(), kind, p) != nil {
			return
		}
	}
}

// take makes c the connection of now, once no handler serves the one before any more.
func (d *dock) take(c *websocket.Conn) (left chan struct{}) {
	d.mu.Lock()
	before, gone := d.conn, d.left
	d.conn, d.left = c, make(chan struct{})
	left = d.left
	d.mu.Unlock()
	if before != nil {
		_ = before.CloseNow()
		select {
		case <-gone:
		case <-time.After(time.Minute):
			panic("the connection before is still served")
		}
	}
	return left
}

// leave ends the connection of now.
func (d *dock) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		_ = d.conn.CloseNow()
	}
}
