package server

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/server/proxy"
)

// stallTimeout is how long the client of a target's ordinary HTTP may take to send or to take the next bytes. A download or a stream
// lasts as long as it likes, and one in which nothing is to be sent is not affected.
const stallTimeout = 60 * time.Second

// limitStalls ends ordinary requests whose client neither sends nor takes anything for the timeout. A handshake gets as long to take
// its answer; an open WebSocket has no limit, since Hijack takes the deadlines away.
func limitStalls(timeout time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &stallWriter{ResponseWriter: w, rc: http.NewResponseController(w), timeout: timeout}
		out.extend() // one of an earlier request on the connection may have passed
		if proxy.IsHandshake(r) {
			next.ServeHTTP(w, r)
			return
		}
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(out, r)
			return
		}
		body := &stallBody{ReadCloser: r.Body, out: out}
		r.Body = body
		next.ServeHTTP(out, r)
		if !body.ended.Load() { // net/http reads what the handler has left of it
			_ = out.rc.SetReadDeadline(time.Now().Add(timeout))
		}
	})
}

// stallWriter sets the deadline for what is written next.
type stallWriter struct {
	http.ResponseWriter
	rc      *http.ResponseController
	timeout time.Duration
}

// Unwrap returns the writer beneath, for http.ResponseController.
func (w *stallWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// extend is without effect where the connection has no deadlines: in tests without a network.
func (w *stallWriter) extend() { _ = w.rc.SetWriteDeadline(time.Now().Add(w.timeout)) }

// WriteHeader writes the head.
func (w *stallWriter) WriteHeader(status int) {
	w.extend()
	w.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the body.
func (w *stallWriter) Write(p []byte) (int, error) {
	w.extend()
	return w.ResponseWriter.Write(p)
}

// FlushError sends what is buffered.
func (w *stallWriter) FlushError() error {
	w.extend()
	return w.rc.Flush()
}

// stallBody sets the deadline for what is read next, and takes it away at the end of the body: net/http then waits in a read of its own for the
// end of the connection.
type stallBody struct {
	io.ReadCloser
	out   *stallWriter
	ended atomic.Bool
}

// Read reads a part of the body.
func (b *stallBody) Read(p []byte) (int, error) {
	_ = b.out.rc.SetReadDeadline(time.Now().Add(b.out.timeout))
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) { // else net/http would wait for the rest without end
		b.ended.Store(true)
		_ = b.out.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}
