//go:build !js

package resumeserver

import (
	"context"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/internal/session"
)

// connection is one connection of a session: a reader, which is the goroutine that serves it, and a writer.
type connection struct {
	conn      *websocket.Conn
	line      *session.Line
	ctx       context.Context
	cut       context.CancelCauseFunc // ends the connection at once
	heartbeat time.Duration
	welcome   []byte        // the first frame to write
	token     uint64        // in the welcome; this and the next two are guarded by the session
	given     uint64        // the last token that was given to the client
	answered  bool          // the client has sent a frame after the welcome
	wake      chan struct{} // holds a token when there may be something to write
	last      chan closing  // how to close it in good order
	moved     atomic.Uint64 // changes when a part of a message arrives or leaves
}

// closing is a close frame to be sent, after the frame that ends the session if end is set.
type closing struct {
	code   websocket.StatusCode
	reason string
	end    bool
}

func newConnection(c *websocket.Conn, line *session.Line, heartbeat time.Duration) *connection {
	l := &connection{conn: c, line: line, heartbeat: heartbeat, wake: make(chan struct{}, 1), last: make(chan closing, 1)}
	l.ctx, l.cut = context.WithCancelCause(context.Background())
	return l
}

// maxFrame is the payload in bytes above which a message is written as several frames. Between them the library answers
// the client's pings, for which it waits five seconds at most: a line of 4 KiB per second is fast enough.
const maxFrame = 16 << 10

// send writes a frame that began with the line's Begin.
func (l *connection) send(text bool, frame []byte) error {
	l.line.Seal(text, frame)
	defer l.moved.Add(1)
	if len(frame) <= maxFrame {
		return l.conn.Write(l.ctx, kindOf(text), frame)
	}
	w, err := l.conn.Writer(l.ctx, kindOf(text))
	if err != nil {
		return err
	}
	for part := range slices.Chunk(frame, maxFrame) {
		if _, err := w.Write(part); err != nil {
			return err
		}
		l.moved.Add(1)
	}
	return w.Close()
}

// read returns the next message, and counts its parts as they arrive.
func (l *connection) read() (websocket.MessageType, []byte, error) {
	kind, r, err := l.conn.Reader(l.ctx)
	if err != nil {
		return 0, nil, err
	}
	p, err := io.ReadAll(countingReader{r, &l.moved})
	return kind, p, err
}

type countingReader struct {
	io.Reader
	reads *atomic.Uint64
}

// Read implements io.Reader. The library fills p before it returns, so p is kept small.
func (r countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p[:min(len(p), 4<<10)])
	r.reads.Add(1)
	return n, err
}

// signal wakes the writer.
func (l *connection) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// close lets the writer close the connection. The first call counts.
func (l *connection) close(c closing) {
	select {
	case l.last <- c:
	default:
	}
}

// keepAlive pings until the connection ends, and ends it when a pong does not come in time: what a session without a
// connection holds is freed by its lifetime, what one with a dead connection holds never would be. A pong may be behind a message
// that is on its way, so it is only late when nothing moves.
func (l *connection) keepAlive() {
	tick := time.NewTicker(l.heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-tick.C:
		}
		before := l.moved.Load()
		ctx, cancel := context.WithTimeout(l.ctx, l.heartbeat)
		err := l.conn.Ping(ctx)
		cancel()
		if err != nil && l.moved.Load() == before {
			l.cut(err)
			return
		}
	}
}
