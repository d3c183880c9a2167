//go:build !js

package tether

import (
	"encoding/binary"
	"errors"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
	"github.com/tetherscope/tetherscope/wasm/internal/wire"
)

// controlFrames wait to be written, under the connection's lock.
type controlFrames struct {
	pong   []byte // the answer to the last ping: an older one need not be answered (RFC 6455 §5.5.2)
	owed   bool   // it was not written yet
	ping   bool   // a ping with the number asked is to be written
	asked  uint64 // number of our last ping
	onPong func() // called when it is answered
}

// write hands queued messages and control frames to the connection until it ends or our close frame has left.
func (c *nativeConn) write(ws *wire.Conn) {
	for c.hasWork() {
		if c.writeBatch(ws) != nil || c.writeClose(ws) { // the reader learns why
			c.fallSilent()
			return
		}
	}
}

// hasWork reports whether the writer has something to do. If not, its goroutine ends: signal begins another.
func (c *nativeConn) hasWork() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = c.work && c.ctx.Err() == nil
	c.work = false
	return c.writing
}

// signal lets the writer look for something to do. The lock is held.
func (c *nativeConn) signal() {
	c.work = true
	if !c.writing && c.ws != nil {
		c.writing = true
		go c.write(c.ws)
	}
}

// writeBatch writes what is queued now.
func (c *nativeConn) writeBatch(ws *wire.Conn) error {
	c.writeControl(ws)
	c.mu.Lock()
	batch := c.queue
	c.queue, c.spare = c.spare[:0], nil
	c.mu.Unlock()
	gone := 0
	for i, m := range batch {
		if c.stopped() {
			break
		}
		if err := ws.Message(m.text, m.room.Bytes()); errors.Is(err, errStopped) {
			break
		} else if err != nil {
			return err
		}
		size := m.room.Len()
		m.room.Free()                           // what is collected was copied
		if gone += size; size >= smallMessage { // what is smaller is collected, and has not left
			if err := c.flushed(ws, &gone); err != nil {
				return err
			}
		}
		batch[i] = toWrite{}
	}
	err := c.flushed(ws, &gone)
	clear(batch)
	c.mu.Lock()
	c.spare = batch
	c.mu.Unlock()
	return err
}

// smallMessage is the size below which messages share a write.
const smallMessage = 4 << 10

// flushed lets gone bytes of payload leave, and notes that.
func (c *nativeConn) flushed(ws *wire.Conn, gone *int) error {
	err := ws.Flush()
	if err == nil && *gone > 0 {
		c.left(*gone)
		*gone = 0
	}
	return err
}

// errStopped ends a message between two of its frames.
var errStopped = errors.New("tether: nothing more is sent")

// between is called between two frames of a message.
func (c *nativeConn) between(ws *wire.Conn) error {
	if c.stopped() {
		return errStopped
	}
	c.writeControl(ws)
	return nil
}

// stopped reports whether no message is to be sent any more.
func (c *nativeConn) stopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answer != nil
}

// writeClose writes the close frame when it is its turn, and reports whether it did.
func (c *nativeConn) writeClose(ws *wire.Conn) bool {
	c.mu.Lock()
	f := c.answer
	if f == nil && len(c.queue) == 0 {
		f = c.closing
	}
	c.sent = f != nil
	c.mu.Unlock()
	if f == nil {
		return false
	}
	_ = ws.Close(int(f.code), f.reason)
	return true
}

// writeControl writes the control frames that wait. Errors show at the next message.
func (c *nativeConn) writeControl(ws *wire.Conn) {
	c.mu.Lock()
	pong, owed := c.control.pong, c.control.owed
	ping, asked := c.control.ping, c.control.asked
	c.control.owed, c.control.ping = false, false
	if owed {
		c.control.pong = nil // it is ours now
	}
	c.mu.Unlock()
	if owed {
		_ = ws.Pong(pong)
	}
	if ping {
		_ = ws.Ping(binary.BigEndian.AppendUint64(nil, asked))
	}
	if owed || ping {
		_ = ws.Flush()
	}
}

// controlled takes a ping or a pong from the reader.
func (c *nativeConn) controlled(pong bool, payload []byte) {
	if !pong {
		c.mu.Lock()
		c.control.pong, c.control.owed = append(c.control.pong[:0], payload...), true
		c.signal()
		c.mu.Unlock()
		if life, ok := c.sink.(lifeSink); ok {
			life.alive(c.gen)
		}
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.control.onPong; f != nil && len(payload) == 8 && binary.BigEndian.Uint64(payload) == c.control.asked {
		c.control.onPong = nil
		f()
	}
}

// lifeSink is a sink that wants to know of control frames too, which only this transport sees.
type lifeSink interface{ alive(gen uint32) }

// ping implements pinger. Only the last ping counts.
func (c *nativeConn) ping(pong func()) {
	c.mu.Lock()
	c.control.asked++
	c.control.ping, c.control.onPong = true, pong
	c.signal()
	c.mu.Unlock()
}

// left notes that messages have left for the kernel, and says so to who waits for that.
func (c *nativeConn) left(size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes -= size
	c.checkMark()
}

// watch implements conn.
func (c *nativeConn) watch(mark int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mark, c.watched = mark, true
	c.checkMark()
}

func (c *nativeConn) checkMark() {
	if c.watched && c.bytes <= c.mark && !c.over {
		c.watched = false
		c.sink.drained(c.gen)
	}
}

func (c *nativeConn) send(t codec.MessageType, p []byte) (buffered int, ok bool) {
	room := wire.NewRoom(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ws == nil || c.over || c.closing != nil || c.answer != nil {
		room.Free()
		return c.bytes, false
	}
	c.queue = append(c.queue, toWrite{t == codec.Text, room})
	c.bytes += len(p)
	c.handed += uint64(len(p))
	c.signal()
	return c.bytes, true
}

func (c *nativeConn) buffered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// flow implements conn: what the kernel knows of the peer's acknowledgements is exact, where it can be asked.
func (c *nativeConn) flow() engine.Flow {
	acked, queued, exact := kernelQueue(c.socket.last())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ws == nil {
		return engine.Flow{}
	}
	arrived, taken := c.ws.Traffic()
	f := engine.Flow{Arrived: arrived, Handed: c.handed, Moved: taken, Exact: exact}
	if exact {
		f.Moved = acked
	}
	f.Left = c.handed - min(c.handed, uint64(c.bytes)+queued)
	return f
}
