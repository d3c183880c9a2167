package app

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/apart"
	"github.com/tetherscope/tetherscope/internal/app/auth"
)

// client is one accepted connection. A goroutine reads it. Another writes, one at a time, so that messages, and a close frame after them,
// leave in the order they were accepted: it lives while there is something to write, since clients that wait are many. Any goroutine may
// send to it or end it.
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

	mu      sync.Mutex
	queue   []outgoing
	bytes   int     // of what is queued or being written
	end     *ending // set once: nothing is accepted after it
	paused  bool    // nothing is written
	writing bool    // a goroutine writes, or has written the last
	over    bool    // the reader has ended: no other goroutine begins
	work    sync.WaitGroup

	late    *time.Timer   // of the writer; nil before the first write
	in, out atomic.Uint64 // messages
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
	c.startWriting()
	c.mu.Unlock()
}

// sendText queues a text message.
func (c *client) sendText(data []byte) { c.send(websocket.MessageText, data) }

// finish ends the connection with a close frame, after what is queued already. The first call counts.
func (c *client) finish(code websocket.StatusCode, reason string) {
	c.mu.Lock()
	if c.end == nil {
		c.end = &ending{code: code, reason: reason}
	}
	c.startWriting()
	c.mu.Unlock()
}

// pauseWrites keeps the queue from being written until f has returned.
func (c *client) pauseWrites(f func()) {
	c.setPaused(true)
	defer c.setPaused(false)
	f()
}

func (c *client) setPaused(paused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = paused
	c.startWriting()
}

// ended returns how the server has decided to end the connection, or nil.
func (c *client) ended() *ending {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

// startWriting begins to write if there is something to write and no goroutine writes. The caller holds the lock.
func (c *client) startWriting() {
	if c.writing || c.over || c.paused || len(c.queue) == 0 && c.end == nil {
		return
	}
	c.writing = true
	c.work.Go(c.write)
}

// take returns what is to be written now, and whether the connection ends after it. With neither, the caller has stopped to write.
func (c *client) take() ([]outgoing, *ending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused {
		c.writing = false
		return nil, nil
	}
	batch := c.queue
	c.queue = nil
	c.writing = len(batch) > 0 || c.end != nil
	return batch, c.end
}

// write writes until nothing waits. After the end of the connection, and after a write that failed, no other goroutine writes.
func (c *client) write() {
	if c.late == nil { // one for all writes: a message costs no timer
		c.late = time.AfterFunc(math.MaxInt64, func() { c.conn.CloseNow() })
	}
	for {
		batch, end := c.take()
		if len(batch) == 0 && end == nil {
			return
		}
		for len(batch) > 0 {
			n := batchLength(batch)
			c.late.Reset(c.timeout)
			written := c.writeBatch(batch[:n])
			c.late.Stop()
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
	}
}

// stop returns when no goroutine of c but the caller's, which was its reader, runs any more.
func (c *client) stop() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.work.Wait()
	c.mu.Lock()
	end, written := c.end, c.writing
	c.mu.Unlock()
	if end != nil && !written { // decided while the reader was ending
		c.conn.Close(end.code, end.reason) //nolint:errcheck // the peer may be gone; the connection ends either way
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

// keepAlive pings the client until stop, and terminates the connection when a pong has not come by the next beat. A browser answers pings by itself.
// Between two pings it is a timer.
func (c *client) keepAlive() (stop func()) {
	alive, cancel := context.WithCancel(context.Background())
	var beat *time.Timer
	beat = time.AfterFunc(math.MaxInt64, func() {
		c.mu.Lock()
		if c.over {
			c.mu.Unlock()
			return
		}
		c.work.Add(1)
		c.mu.Unlock()
		defer c.work.Done()
		if c.ping(alive) {
			beat.Reset(c.beat)
		}
	})
	beat.Reset(c.beat)
	return func() {
		cancel()
		beat.Stop()
	}
}

// ping reports whether the client has answered.
func (c *client) ping(alive context.Context) bool {
	ctx, cancel := context.WithTimeout(alive, c.beat)
	defer cancel()
	err := c.conn.Ping(ctx)
	if err != nil && ctx.Err() != nil && alive.Err() == nil {
		c.count.silent.Inc()
		c.conn.CloseNow()
	}
	return err == nil
}
