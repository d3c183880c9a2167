package app

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/apart"
	"github.com/tetherscope/tetherscope/internal/app/auth"
)

// client is one accepted connection. Its handler's goroutine reads; one goroutine writes, so that messages, and a close
// frame after them, leave in the order they were accepted. Any goroutine may send to it or end it.
type client struct {
	id       string
	identity auth.Identity
	conn     *websocket.Conn
	wire     *apart.Conn // beneath conn
	limits   Limits
	timeout  time.Duration // per write
	beat     time.Duration // between pings
	count    *counters
	opened   time.Time
	capture  uint32 // its number in a capture, or 0

	mu     sync.Mutex
	queue  []outgoing
	bytes  int     // of what is queued or being written
	end    *ending // set once: nothing is accepted after it
	paused bool    // nothing is written
	wake   chan struct{}
	gone   chan struct{} // closed when the reader has ended

	in, out atomic.Uint64 // messages
	pings   sync.WaitGroup
}

// outgoing is a message that waits for its turn. Its bytes may be shared with other clients: they are not changed.
type outgoing struct {
	kind websocket.MessageType
	data []byte
}

// ending is how the server ends a connection.
type ending struct {
	code   websocket.StatusCode
	reason string
	now    bool // drop what is queued: the client does not read it anyway
}

// send queues a message. It never blocks: a client for which too much waits already reads too slowly, and is
// disconnected with 1013, after which it may reconnect.
func (c *client) send(kind websocket.MessageType, data []byte) {
	c.mu.Lock()
	switch {
	case c.end != nil:
		c.count.dropped.Inc()
	case len(c.queue) >= c.limits.OutboxMessages || c.bytes+len(data) > c.limits.OutboxBytes && c.bytes > 0:
		c.count.slow.Inc()
		c.count.dropped.Add(len(c.queue) + 1)
		c.end, c.queue = &ending{websocket.StatusTryAgainLater, "reads too slowly", true}, nil
	default:
		c.queue = append(c.queue, outgoing{kind, data})
		c.bytes += len(data)
	}
	c.mu.Unlock()
	c.nudge()
}

// sendText queues a text message.
func (c *client) sendText(data []byte) { c.send(websocket.MessageText, data) }

// finish ends the connection with a close frame, after what is queued already. The first call counts.
func (c *client) finish(code websocket.StatusCode, reason string) {
	c.mu.Lock()
	if c.end == nil {
		c.end = &ending{code: code, reason: reason}
	}
	c.mu.Unlock()
	c.nudge()
}

// pauseWrites keeps the queue from being written until f has returned.
func (c *client) pauseWrites(f func()) {
	c.setPaused(true)
	f()
	c.setPaused(false)
	c.nudge()
}

func (c *client) setPaused(paused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = paused
}

// ended returns how the server has decided to end the connection, or nil.
func (c *client) ended() *ending {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

func (c *client) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// take returns what is to be written now, and whether the connection ends after it.
func (c *client) take() ([]outgoing, *ending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused {
		return nil, nil
	}
	batch := c.queue
	c.queue = nil
	return batch, c.end
}

// write is the writing goroutine. It ends with the connection.
func (c *client) write() {
	defer c.pings.Wait()
	late := time.AfterFunc(c.timeout, func() { c.conn.CloseNow() }) // one for all writes: a message costs no timer
	late.Stop()
	beat := time.NewTicker(c.beat)
	defer beat.Stop()
	for {
		batch, end := c.take()
		for len(batch) > 0 {
			n := batchLength(batch)
			late.Reset(c.timeout)
			written := c.writeBatch(batch[:n])
			late.Stop()
			if !written {
				c.conn.CloseNow()
				return
			}
			batch = batch[n:]
		}
		if end != nil {
			c.conn.Close(end.code, end.reason) //nolint:errcheck // the peer may be gone; the connection ends either way
			return
		}
		select {
		case <-c.wake:
		case <-beat.C:
			c.pings.Go(c.ping)
		case <-c.gone:
			if e := c.ended(); e != nil { // decided while the reader was ending
				c.conn.Close(e.code, e.reason) //nolint:errcheck // the peer may be gone; the connection ends either way
			}
			return
		}
	}
}

// batchLength returns how many of the messages leave in one write: as many as fit, and at least one.
func batchLength(batch []outgoing) int {
	n, bytes := 1, len(batch[0].data)
	for n < len(batch) && bytes+len(batch[n].data) <= apart.MaxBatch {
		bytes += len(batch[n].data)
		n++
	}
	return n
}

// writeBatch writes messages in one piece. It gives up on a client that reads too slowly.
func (c *client) writeBatch(some []outgoing) bool {
	if e := c.ended(); e != nil && e.now {
		return true // the queue was dropped: the rest of this batch goes the same way
	}
	bytes := 0
	for _, m := range some {
		bytes += len(m.data)
	}
	c.wire.BeginBatch(len(some), bytes)
	var err error
	for _, m := range some {
		if err = c.conn.Write(context.Background(), m.kind, m.data); err != nil {
			break
		}
	}
	if err = errors.Join(err, c.wire.EndBatch()); err != nil {
		return false
	}
	c.mu.Lock()
	c.bytes -= bytes
	c.mu.Unlock()
	c.out.Add(uint64(len(some)))
	c.count.out(len(some), bytes)
	return true
}

// ping terminates the connection when its pong has not come by the next beat. A browser answers pings by itself.
func (c *client) ping() {
	ctx, cancel := context.WithTimeout(context.Background(), c.beat)
	defer cancel()
	if err := c.conn.Ping(ctx); err != nil && ctx.Err() != nil {
		c.count.silent.Inc()
		c.conn.CloseNow()
	}
}
