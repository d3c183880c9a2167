//go:build !js

package tether

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// nativeTransport connects with coder/websocket.
type nativeTransport struct {
	options    platformOptions
	maxMessage int
}

// nativeConn is one attempt and its connection. Two goroutines serve it: one dials and then reads, one writes. Both end
// when ctx ends or the connection does.
//
// coder/websocket reads what still arrives during its own closing handshake and throws it away, or leaves it to our
// reader, whoever comes first. So that the outcome is one, and the same as in a browser, our reader drops what arrives
// after close.
type nativeConn struct {
	nativeTransport
	gen    uint32
	sink   sink
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	ws      *websocket.Conn // nil until open
	over    bool            // nothing more goes to the sink
	closing bool            // close was called
	queue   []codec.Message
	spare   []codec.Message
	bytes   int           // in queue and on its way into the kernel
	wake    chan struct{} // holds a token while queue is not empty
	resume  chan struct{} // closed while reading is allowed

	readDone chan struct{} // closed when the reader has told what it knows
}

// openGate is closed for ever.
var openGate = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (t nativeTransport) dial(gen uint32, to Target, s sink) conn {
	ctx, cancel := context.WithCancel(context.Background())
	c := &nativeConn{
		nativeTransport: t, gen: gen, sink: s, ctx: ctx, cancel: cancel,
		wake: make(chan struct{}, 1), resume: openGate, readDone: make(chan struct{}),
	}
	go c.live(to)
	return c
}

// live is the connection from the dial to the end.
func (c *nativeConn) live(to Target) {
	defer c.cancel()
	ws, resp, err := websocket.Dial(c.ctx, to.URL, c.dialOptions(to))
	if err != nil {
		c.end(CloseInfo{Code: AbnormalClosure, Err: handshakeError(resp, err)})
		return
	}
	ws.SetReadLimit(int64(c.maxMessage))
	if !c.open(ws, resp.Header.Get("Sec-WebSocket-Extensions")) {
		_ = ws.CloseNow()
		return
	}
	go c.write(ws)
	info := endOf(c.read(ws))
	if info.Clean || !c.isClosing() {
		c.end(info)
	}
	close(c.readDone)
	_ = ws.CloseNow()
}

func (c *nativeConn) dialOptions(to Target) *websocket.DialOptions {
	o := &websocket.DialOptions{
		HTTPClient: c.options.client, HTTPHeader: http.Header(to.Header).Clone(), Subprotocols: to.Subprotocols,
	}
	if c.options.compress {
		o.CompressionMode = websocket.CompressionContextTakeover
	}
	return o
}

// handshakeError says what the server answered, if it answered.
func handshakeError(resp *http.Response, err error) error {
	if resp == nil || resp.StatusCode == http.StatusSwitchingProtocols {
		return err
	}
	h := &HandshakeError{Status: resp.StatusCode, Err: err}
	after := resp.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil && seconds > 0 {
		h.RetryAfter = min(time.Duration(seconds), longestAdvice/time.Second) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		h.RetryAfter = max(0, time.Until(at))
	}
	return h
}

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
			c.mu.Lock()
			c.bytes -= len(m.Data)
			c.mu.Unlock()
		}
		c.mu.Lock()
		c.spare = batch
		c.mu.Unlock()
	}
}

func (c *nativeConn) send(t codec.MessageType, p []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ws == nil || c.over || c.closing {
		return false
	}
	c.queue = append(c.queue, codec.Message{Type: t, Data: append([]byte(nil), p...)})
	c.bytes += len(p)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return true
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

// shake performs the closing handshake and tells how it went, unless the reader saw the peer's close frame itself.
func (c *nativeConn) shake(ws *websocket.Conn, code Code, reason string) {
	defer c.cancel()
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
		go func() { _ = ws.CloseNow() }()
	}
}

func (c *nativeConn) isClosing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
}

// end tells the sink that the generation is over, once.
func (c *nativeConn) end(info CloseInfo) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info.Opened = c.ws != nil
	c.tell(info)
}

// tell is end with the lock held.
func (c *nativeConn) tell(info CloseInfo) {
	if !c.over {
		c.over = true
		c.sink.closed(c.gen, info)
	}
}

// endOf reads what the library says about the end of an open connection.
func endOf(err error) CloseInfo {
	if closed, ok := errors.AsType[websocket.CloseError](err); ok {
		return CloseInfo{Code: Code(closed.Code), Reason: closed.Reason, Clean: true, Opened: true}
	}
	if errors.Is(err, websocket.ErrMessageTooBig) {
		return CloseInfo{Code: MessageTooBig, Opened: true, Err: ErrMessageTooBig}
	}
	return CloseInfo{Code: AbnormalClosure, Opened: true, Err: err}
}

// As lets errors.As find a websocket.CloseError in a [CloseError], for code that knows that library.
func (e *CloseError) As(target any) bool {
	if t, ok := target.(*websocket.CloseError); ok {
		*t = websocket.CloseError{Code: websocket.StatusCode(e.Code), Reason: e.Reason}
		return true
	}
	return false
}
