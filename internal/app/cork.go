package app

import (
	"bufio"
	"net"
	"net/http"
	"sync"
)

// maxTogether is the most bytes that leave in one write: a batch of small messages fits, and a larger one gains nothing.
const maxTogether = 16 << 10

// held lends the memory that messages wait in: a client for which nothing waits has none.
var held = sync.Pool{New: func() any {
	b := make([]byte, 0, maxTogether)
	return &b
}}

// corkable is a connection whose writes can be kept together, so that many small frames cost one system call and one
// packet. Several goroutines may write: each write stays in one piece, and their order is that of their calls.
type corkable struct {
	net.Conn
	mu   sync.Mutex
	held *[]byte // nil while not corked; len ≤ maxTogether
}

// Write writes p, or keeps it for Uncork.
func (c *corkable) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		return c.Conn.Write(p)
	}
	if len(*c.held)+len(p) > maxTogether {
		if err := c.flush(); err != nil {
			return 0, err
		}
	}
	if len(p) > maxTogether {
		return c.Conn.Write(p)
	}
	*c.held = append(*c.held, p...)
	return len(p), nil
}

// cork keeps what is written from now on. One goroutine may cork and uncork.
func (c *corkable) cork() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = held.Get().(*[]byte) // nothing else is put there
}

// uncork writes what was kept.
func (c *corkable) uncork() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.flush()
	held.Put(c.held)
	c.held = nil
	return err
}

// flush writes what was kept. The caller holds the lock.
func (c *corkable) flush() error {
	if len(*c.held) == 0 {
		return nil
	}
	_, err := c.Conn.Write(*c.held)
	*c.held = (*c.held)[:0]
	return err
}

// corkWriter makes the connection that is hijacked from it corkable.
type corkWriter struct {
	http.ResponseWriter
	conn *corkable // of the connection that was hijacked
}

// Unwrap lets http.ResponseController reach the writer beneath.
func (w *corkWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack hands out the connection, and a writer above it.
func (w *corkWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, brw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.conn = &corkable{Conn: nc}
	brw.Writer.Reset(w.conn)
	return w.conn, brw, nil
}
