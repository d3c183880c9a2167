package apart

import (
	"bufio"
	"net"
	"net/http"
	"sync"
)

// MaxBatch is the most bytes that leave in one write: a batch of small messages fits, and a larger one gains nothing.
const MaxBatch = 16 << 10

// batchBuffers lends the memory of batches: a client that writes nothing has none.
var batchBuffers = sync.Pool{New: func() any {
	b := make([]byte, 0, MaxBatch)
	return &b
}}

// writeBuffer is the size in bytes of the buffer that a WebSocket library has to write with: a control frame fits, and a message is in a batch.
// net/http would keep 4 KiB for it.
const writeBuffer = 256

// maxHeader is the most bytes of the header of a server's frame.
const maxHeader = 10

// Conn is a connection whose writes can be joined, so that many small frames cost one system call and one packet.
// Several goroutines may write: each write stays in one piece, and their order is that of their calls.
type Conn struct {
	net.Conn
	mu    sync.Mutex
	batch *[]byte // nil outside of a batch; len ≤ MaxBatch
}

// Write writes p, or adds it to the batch.
func (c *Conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.batch == nil {
		return c.Conn.Write(p)
	}
	if len(*c.batch)+len(p) > MaxBatch {
		if err := c.flush(); err != nil {
			return 0, err
		}
	}
	if len(p) > MaxBatch {
		return c.Conn.Write(p)
	}
	*c.batch = append(*c.batch, p...)
	return len(p), nil
}

// BeginBatch joins the writes that follow, of as many messages with as many bytes in all. One message that fits into the library's own buffer
// needs no batch: many connections that write one at the same time borrow nothing. One goroutine may begin and end batches.
func (c *Conn) BeginBatch(messages, bytes int) {
	if messages == 1 && bytes <= writeBuffer-maxHeader {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batch = batchBuffers.Get().(*[]byte) // nothing else is put there
}

// EndBatch writes the batch, if there is one.
func (c *Conn) EndBatch() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.batch == nil {
		return nil
	}
	err := c.flush()
	batchBuffers.Put(c.batch)
	c.batch = nil
	return err
}

// flush writes what the batch has. The caller holds the lock.
func (c *Conn) flush() error {
	if len(*c.batch) == 0 {
		return nil
	}
	_, err := c.Conn.Write(*c.batch)
	*c.batch = (*c.batch)[:0]
	return err
}

// ResponseWriter puts a [Conn] around the connection that is hijacked from it.
type ResponseWriter struct {
	http.ResponseWriter
	Conn *Conn // once the connection was hijacked
}

// Unwrap lets http.ResponseController reach the writer beneath.
func (w *ResponseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack returns the connection, and a small writer over it.
func (w *ResponseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, brw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.Conn = &Conn{Conn: nc}
	return w.Conn, bufio.NewReadWriter(brw.Reader, bufio.NewWriterSize(w.Conn, writeBuffer)), nil
}
