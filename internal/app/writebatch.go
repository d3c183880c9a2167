package app

import (
	"bufio"
	"net"
	"net/http"
	"sync"
)

// maxBatch is the most bytes that leave in one write: a batch of small messages fits, and a larger one gains nothing.
const maxBatch = 16 << 10

// batchBuffers lends the memory of batches: a client that writes nothing has none.
var batchBuffers = sync.Pool{New: func() any {
	b := make([]byte, 0, maxBatch)
	return &b
}}

// batchConn is a connection whose writes can be joined, so that many small frames cost one system call and one packet.
// Several goroutines may write: each write stays in one piece, and their order is that of their calls.
type batchConn struct {
	net.Conn
	mu    sync.Mutex
	batch *[]byte // nil outside of a batch; len ≤ maxBatch
}

// Write writes p, or adds it to the batch.
func (c *batchConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.batch == nil {
		return c.Conn.Write(p)
	}
	if len(*c.batch)+len(p) > maxBatch {
		if err := c.flush(); err != nil {
			return 0, err
		}
	}
	if len(p) > maxBatch {
		return c.Conn.Write(p)
	}
	*c.batch = append(*c.batch, p...)
	return len(p), nil
}

// beginBatch joins the writes that follow. One goroutine may begin and end batches.
func (c *batchConn) beginBatch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batch = batchBuffers.Get().(*[]byte) // nothing else is put there
}

// endBatch writes the batch.
func (c *batchConn) endBatch() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.flush()
	batchBuffers.Put(c.batch)
	c.batch = nil
	return err
}

// flush writes what the batch has. The caller holds the lock.
func (c *batchConn) flush() error {
	if len(*c.batch) == 0 {
		return nil
	}
	_, err := c.Conn.Write(*c.batch)
	*c.batch = (*c.batch)[:0]
	return err
}

// batchWriter puts a [batchConn] around the connection that is hijacked from it.
type batchWriter struct {
	http.ResponseWriter
	conn *batchConn // once the connection was hijacked
}

// Unwrap lets http.ResponseController reach the writer beneath.
func (w *batchWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack returns the connection, and a writer over it.
func (w *batchWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, brw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.conn = &batchConn{Conn: nc}
	brw.Writer.Reset(w.conn)
	return w.conn, brw, nil
}
