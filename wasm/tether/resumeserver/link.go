//go:build !js

package resumeserver

import (
	"context"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/resume"
)

// link is one connection of a session: a reader, which is the goroutine that serves it, and a writer.
type link struct {
	conn      *websocket.Conn
	line      *resume.Line
	ctx       context.Context
	cut       context.CancelCauseFunc // ends the connection at once
	heartbeat time.Duration
	welcome   []byte        // the first frame to write
	wake      chan struct{} // holds a token when there may be something to write
	last      chan closing  // how to close it in good order
}

// closing is a close frame to be sent, after the frame that ends the session if end is set.
type closing struct {
	code   websocket.StatusCode
	reason string
	end    bool
}

func newLink(c *websocket.Conn, line *resume.Line, heartbeat time.Duration) *link {
	l := &link{conn: c, line: line, heartbeat: heartbeat, wake: make(chan struct{}, 1), last: make(chan closing, 1)}
	l.ctx, l.cut = context.WithCancelCause(context.Background())
	return l
}

// send writes a frame that began with the line's Begin.
func (l *link) send(text bool, frame []byte) error {
	l.line.Seal(text, frame)
	return l.conn.Write(l.ctx, kindOf(text), frame)
}

// signal wakes the writer.
func (l *link) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// close lets the writer close the connection. The first call counts.
func (l *link) close(c closing) {
	select {
	case l.last <- c:
	default:
	}
}

// keepAlive pings until the connection ends, and ends it when a pong does not come in time: what a session without a
// connection holds is freed by its lifetime, what one with a dead connection holds never would be.
func (l *link) keepAlive() {
	tick := time.NewTicker(l.heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(l.ctx, l.heartbeat)
		err := l.conn.Ping(ctx)
		cancel()
		if err != nil {
			l.cut(err)
			return
		}
	}
}

// beacon lets any number of goroutines wait for the next change of something. look first, then look at the thing, then
// wait: nothing is missed.
type beacon struct {
	mu sync.Mutex
	ch chan struct{}
}

func (b *beacon) look() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *beacon) light() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}
