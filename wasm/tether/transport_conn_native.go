//go:build !js

package tether

import (
	"context"
	"errors"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/wire"
)

// answerTimeout bounds how long our answer to the peer's close frame may wait for the frame that is being written.
const answerTimeout = 5 * time.Second

// open informs the sink, unless the attempt was abandoned meanwhile.
func (c *nativeConn) open(ws *wire.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return false
	}
	c.cancel() // net/http lets go of what it knows of the request
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.ws = ws
	ws.Control, ws.Between = c.controlled, func() error { return c.between(ws) }
	c.sink.opened(c.gen, ws.Subprotocol, ws.Extensions)
	return true
}

// readAhead is how many bytes are read beyond what the client wants, for the pings behind them: a server that gets no pong
// takes a slow reader for a dead one. What is counted of each message beside its payload is what it costs to keep it.
const (
	readAhead   = 256 << 10
	messageCost = 64
)

// read hands messages to the sink until the connection ends. What arrives after close is dropped, as in a browser.
func (c *nativeConn) read(ws *wire.Conn) error {
	for {
		if err := c.mayRead(); err != nil {
			return err
		}
		text, p, err := ws.Next()
		if err != nil {
			return err
		}
		t := codec.Binary
		if text {
			t = codec.Text
		}
		c.mu.Lock()
		if c.ahead = append(c.ahead, codec.Message{Type: t, Data: p}); c.resume == openGate {
			c.deliver()
		} else {
			c.aheadBytes += len(p) + messageCost
		}
		c.mu.Unlock()
	}
}

// mayRead waits while the client wants nothing more and enough was read ahead.
func (c *nativeConn) mayRead() error {
	c.mu.Lock()
	gate, full := c.resume, c.aheadBytes >= readAhead
	c.mu.Unlock()
	if !full {
		return nil
	}
	select {
	case <-gate:
		return nil
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
}

// deliver hands what was read to the sink. The lock is held.
func (c *nativeConn) deliver() {
	for _, m := range c.ahead {
		if !c.over && c.closing == nil {
			c.sink.received(c.gen, m.Type, m.Data)
		}
	}
	clear(c.ahead)
	c.ahead, c.aheadBytes = c.ahead[:0], 0
}

// endOf says what the end of reading means, when the peer has got our close frame where it is owed one.
func (c *nativeConn) endOf(err error) CloseInfo {
	if closed, ok := errors.AsType[*wire.Close](err); ok {
		c.mu.Lock()
		first := !c.sent // the peer closes before it can have read ours
		c.mu.Unlock()
		c.answerWith(Code(closed.Code), "")
		return CloseInfo{Code: Code(closed.Code), Reason: closed.Reason, Clean: true, peer: first}
	}
	if v, ok := errors.AsType[*wire.Violation](err); ok {
		c.answerWith(Code(v.Code), "")
		return CloseInfo{Code: CodeAbnormalClosure, Err: err}
	}
	if errors.Is(err, wire.ErrTooBig) {
		c.answerWith(CodeMessageTooBig, "message too big")
		return CloseInfo{Code: CodeMessageTooBig, Err: ErrMessageTooBig}
	}
	return CloseInfo{Code: CodeAbnormalClosure, Err: err}
}

// answerWith sends a close frame at once if none was sent, and waits until it has left, or cannot leave.
func (c *nativeConn) answerWith(code Code, reason string) {
	c.mu.Lock()
	c.answer = &closeFrame{code, reason}
	c.sentDone = make(chan struct{})
	if c.silent {
		close(c.sentDone)
	}
	c.signal()
	c.mu.Unlock()
	timeout := time.NewTimer(answerTimeout)
	defer timeout.Stop()
	select {
	case <-c.sentDone:
	case <-timeout.C:
	case <-c.ctx.Done():
	}
}

// fallSilent says that nothing more is written.
func (c *nativeConn) fallSilent() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent = true; c.sentDone != nil {
		close(c.sentDone)
	}
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
		c.deliver()
	}
}

// close begins the closing handshake; before the connection is open it is abandon. What was handed over before leaves
// before the close frame, as in a browser: it may explain the close to the server. The machine's close timeout bounds it.
func (c *nativeConn) close(code Code, reason string) {
	c.throttle(false) // the peer's answer must be read
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || c.closing != nil {
		return
	}
	c.closing = &closeFrame{code, reason}
	if c.ws == nil {
		c.report(CloseInfo{Code: CodeAbnormalClosure})
		c.cancel()
		return
	}
	c.signal()
}

// abandon tears everything down: the context ends the dial and the writer, the socket's end the reader.
func (c *nativeConn) abandon() {
	c.mu.Lock()
	c.over = true
	ws, cancel := c.ws, c.cancel
	c.mu.Unlock()
	cancel()
	c.socket.cut()
	if ws != nil {
		ws.Cut()
	}
}
