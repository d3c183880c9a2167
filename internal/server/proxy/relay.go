package proxy

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/tcpend"
)

// bufferSize is what each direction of a connection holds at most.
const bufferSize = 32 << 10

// lastWords is how long the ends of a connection have for theirs when the program ends.
const lastWords = time.Second

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// relay joins two connections: what one side does, bytes, FIN or reset, is done to the other.
type relay struct {
	client, up net.Conn
	draining   atomic.Bool
	broken     atomic.Bool // one side was reset, or took no more bytes: the other ends with a reset
}

// run carries both directions until both have ended, beginning with what was read already, and closes both sides.
func (r *relay) run(toClient, toUpstream []byte) {
	var both sync.WaitGroup
	both.Go(func() { r.pump(r.up, r.client, toUpstream) })
	r.pump(r.client, r.up, toClient)
	both.Wait()
	if r.broken.Load() {
		r.abort()
		return
	}
	_ = r.client.Close() // both directions have ended
	_ = r.up.Close()
}

// pump carries one direction. It ends with a FIN of its source, which it passes on, or with a reset of one side.
func (r *relay) pump(dst, src net.Conn, first []byte) {
	b := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(b)
	if len(first) > 0 && !r.write(dst, first) {
		return
	}
	for {
		n, err := src.Read(b[:])
		if n > 0 && !r.write(dst, b[:n]) {
			return
		}
		if err == nil {
			continue
		}
		if !r.sourceEnded(dst, err) {
			return
		}
		if r.draining.Load() {
			discardUntilEnd(src, b[:])
		}
		return
	}
}

// write passes bytes on. When they are not taken, this direction is over; the other still carries what the broken side sent
// before, and then sees its end.
func (r *relay) write(dst net.Conn, p []byte) bool {
	if _, err := dst.Write(p); err != nil {
		r.broken.Store(true)
		return false
	}
	return true
}

// sourceEnded does to dst what was done to its peer, and reports whether that was a FIN. When the program ends, we do it.
func (r *relay) sourceEnded(dst net.Conn, err error) bool {
	drained := r.draining.Load() && errors.Is(err, os.ErrDeadlineExceeded)
	ended := drained || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) // the last is TLS without close_notify
	if !r.broken.Load() && ended && tcpend.CloseWrite(dst) == nil {
		return true
	}
	r.broken.Store(true)
	r.abort()
	return false
}

// discardUntilEnd reads what still comes of a side that had its FIN, for a moment: closing with unread bytes would reset
// the connection and take away what the side has not read yet.
func discardUntilEnd(src net.Conn, b []byte) {
	_ = src.SetReadDeadline(time.Now().Add(lastWords)) // without a deadline Close ends it
	for {
		if _, err := src.Read(b); err != nil {
			return
		}
	}
}

// drain makes both directions end as if their sources had.
func (r *relay) drain() {
	r.draining.Store(true)
	for _, c := range []net.Conn{r.client, r.up} {
		_ = c.SetWriteDeadline(time.Now().Add(lastWords)) // where it fails, the end of Close's context helps
		_ = c.SetReadDeadline(time.Unix(1, 0))
	}
}

// abort resets both sides.
func (r *relay) abort() {
	_ = tcpend.Reset(r.client) // a connection that broke may be closed already
	_ = tcpend.Reset(r.up)
}
