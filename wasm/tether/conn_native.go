//go:build !js

package tether

import (
	"context"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// open tells the sink, unless the attempt was abandoned meanwhile.
func (c *nativeConn) open(ws *websocket.Conn, extensions string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return false
	}
	c.ws = ws
	c.sink.opened(c.gen, ws.Subprotocol(), extensions)
	return true
}

// read hands messages to the sink until the connection ends.
func (c *nativeConn) read(ws *websocket.Conn) error {
	for {
		c.mu.Lock()
		gate := c.resume
		c.mu.Unlock()
		select {
		case <-gate:
		case <-c.ctx.Done():
			return c.ctx.Err()
		}
		t, p, err := ws.Read(c.ctx)
		if err != nil {
			return err
		}
		c.mu.Lock()
		if !c.over && !c.closing {
			c.sink.received(c.gen, codec.MessageType(t), p)
		}
		c.mu.Unlock()
	}
}

// write hands queued messages to the connection until it ends.
func (c *nativeConn) write(ws *websocket.Conn) {
	for {
		select {
		case <-c.wake:
		case <-c.ctx.Done():
			return
		}
		c.mu.Lock()
		batch := c.queue
		c.queue, c.spare = c.spare[:0], nil
		c.mu.Unlock()
		for i, m := range batch {
			if ws.Write(c.ctx, websocket.MessageType(m.Type), m.Data) != nil {
				return // the reader learns why
			}
			batch[i] = codec.Message{}
			c.left(len(m.Data))
		}
		c.mu.Lock()
		c.spare = batch
		c.mu.Unlock()
	}
}

// left notes that a message has left for the kernel, and says so to who waits for that.
func (c *nativeConn) left(size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes -= size
	c.checkMark()
	if c.bytes == 0 && c.empty != nil {
		close(c.empty)
		c.empty = nil
	}
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
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ws == nil || c.over || c.closing {
		return c.bytes, false
	}
	c.queue = append(c.queue, codec.Message{Type: t, Data: append([]byte(nil), p...)})
	c.bytes += len(p)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return c.bytes, true
}

func (c *nativeConn) buffered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// throttle stops or resumes reading.
func (c *nativeConn) throttle(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case on && c.resume == openGate:
		c.resume = make(chan struct{})
	case !on && c.resume != openGate:
		close(c.resume)
		c.resume = openGate
	}
}

// close begins the closing handshake on a goroutine of its own; before the connection is open it is abandon.
func (c *nativeConn) close(code Code, reason string) {
	c.throttle(false) // the peer's answer must be read
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || c.closing {
		return
	}
	c.closing = true
	if c.ws == nil {
		c.tell(CloseInfo{Code: AbnormalClosure})
		c.cancel()
		return
	}
	go c.shake(c.ws, code, reason)
}

// sendRest waits until what was handed over before the close frame has left, as a browser does: it may be what tells the
// server how to read the close. The machine's close timeout bounds it.
func (c *nativeConn) sendRest() {
	c.mu.Lock()
	if c.bytes == 0 {
		c.mu.Unlock()
		return
	}
	c.empty = make(chan struct{})
	empty := c.empty
	c.mu.Unlock()
	select {
	case <-empty:
	case <-c.ctx.Done():
	}
}

// shake performs the closing handshake and tells how it went, unless the reader saw the peer's close frame itself.
func (c *nativeConn) shake(ws *websocket.Conn, code Code, reason string) {
	defer c.cancel()
	c.sendRest()
	err := ws.Close(websocket.StatusCode(code), reason)
	info := endOf(err)
	if err == nil {
		info = CloseInfo{Code: code, Reason: reason, Clean: true, Opened: true}
	}
	<-c.readDone
	c.end(info)
}

// abandon tears everything down: the context ends the dial, the reader and the writer.
func (c *nativeConn) abandon() {
	c.mu.Lock()
	c.over = true
	ws := c.ws
	c.mu.Unlock()
	c.cancel()
	if ws != nil {
		c.cut()
	}
}

// cut ends the TCP connection under the library, whose own CloseNow would wait for a closing handshake in progress.
func (c *nativeConn) cut() { _ = c.socket.conn.Close() }

// lifeSink is a sink that wants to know of control frames too, which only this transport sees.
type lifeSink interface{ alive(gen uint32) }

// ping implements pinger. A ping that is not answered ends with its connection, or after a minute.
func (c *nativeConn) ping(pong func()) {
	c.mu.Lock()
	ws := c.ws
	c.mu.Unlock()
	go func() {
		ctx, cancel := context.WithTimeout(c.ctx, time.Minute)
		defer cancel()
		if ws.Ping(ctx) == nil {
			pong()
		}
	}()
}
