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
	"github.com/tetherscope/tetherscope/wasm/internal/wire"
)

// platformOptions is what can be set on this platform alone.
type platformOptions struct {
	client      *http.Client
	compression *wire.Compression
	maxFrame    int // 0: the default
	anyProtocol bool
}

func (p platformOptions) transport(maxMessage int) transport {
	if p.maxFrame == 0 {
		p.maxFrame = defaultMaxFrame
	}
	return nativeTransport{options: p, maxMessage: maxMessage}
}

// nativeTransport connects with net/http and package wire.
type nativeTransport struct {
	options    platformOptions
	maxMessage int
}

// nativeConn is one attempt and its connection. One goroutine dials and then reads; another writes, and runs only while there is
// something to write. Both end when ctx ends or the connection does. The reader never writes: control frames are left to the writer, which sends them
// between any two frames of a message.
type nativeConn struct {
	nativeTransport
	gen    uint32
	sink   sink
	ctx    context.Context
	cancel context.CancelFunc
	socket socketKeeper

	mu      sync.Mutex
	ws      *wire.Conn // nil until open
	over    bool       // nothing more goes to the sink
	queue   []toWrite
	spare   []toWrite
	handed  uint64        // bytes of payload that send took
	bytes   int           // of them, in queue and on their way into the kernel
	mark    int           // what watch asked for
	watched bool          // and sink.drained was not called yet
	work    bool          // the writer has something to do
	writing bool          // its goroutine runs, or has written the last there is to write
	resume  chan struct{} // closed while the client wants messages

	ahead      []codec.Message // read while it did not
	aheadBytes int

	control  controlFrames
	closing  *closeFrame   // close was called
	answer   *closeFrame   // the peer closed, or is to be closed at once: what waits is not sent any more
	sent     bool          // our close frame is on its way
	sentDone chan struct{} // closed when nothing more is written; nil until who answers waits for it
	silent   bool          // nothing more is written
}

// toWrite is a message to be written.
type toWrite struct {
	text bool
	room *wire.Room
}

// closeFrame is one to send.
type closeFrame struct {
	code   Code
	reason string
}

// openGate is a closed channel: reading is allowed.
var openGate = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (t nativeTransport) dial(gen uint32, to Target, s sink) conn {
	ctx, cancel := context.WithCancel(context.Background())
	c := &nativeConn{
		nativeTransport: t, gen: gen, sink: s, ctx: ctx, cancel: cancel,
		resume: openGate,
	}
	go c.attempt(to)
	return c
}

// attempt dials, and leaves the connection to a goroutine of its own: the stack that a handshake needs is many times what a reader
// needs.
func (c *nativeConn) attempt(to Target) {
	ws, err := c.handshake(to).Dial(c.ctx)
	if err != nil {
		defer c.cancel()
		c.socket.cut()
		c.end(CloseInfo{Code: CodeAbnormalClosure, Err: handshakeError(err)})
		return
	}
	go c.live(ws)
}

// live is the connection from the handshake to the end.
func (c *nativeConn) live(ws *wire.Conn) {
	defer c.socket.cut()
	defer ws.Cut()
	if !c.open(ws) {
		c.cancel()
		return
	}
	defer c.cancel()
	err := c.read(ws)
	c.throttle(false) // what was read ahead came before the end
	info := c.endOf(err)
	ws.Cut() // before the end is reported: no socket outlives Run
	c.end(info)
}

func (c *nativeConn) handshake(to Target) *wire.Handshake {
	return &wire.Handshake{
		Client: c.socket.client(c.ctx, c.options.client, to.URL), URL: to.URL, Header: http.Header(to.Header),
		Subprotocols: to.Subprotocols, Optional: c.options.anyProtocol, Compression: c.options.compression,
		MaxMessage: c.maxMessage, MaxFrame: c.options.maxFrame,
	}
}

// handshakeError says what the server answered, if it answered.
func handshakeError(err error) error {
	refused, ok := errors.AsType[*wire.Refused](err)
	if !ok {
		return err
	}
	h := &HandshakeError{Status: refused.Status, Err: err}
	after := refused.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil && seconds > 0 {
		h.RetryAfter = min(time.Duration(seconds), longestRetryHint/time.Second) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		h.RetryAfter = max(0, time.Until(at))
	}
	return h
}

// end reports to the sink, once, that the generation is over.
func (c *nativeConn) end(info CloseInfo) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info.Opened = c.ws != nil
	c.report(info)
}

// report is end with the lock held.
func (c *nativeConn) report(info CloseInfo) {
	if !c.over {
		c.over = true
		c.sink.closed(c.gen, info)
	}
}

// As lets errors.As find a websocket.CloseError in a [CloseError], for code that knows that library.
func (e *CloseError) As(target any) bool {
	if t, ok := target.(*websocket.CloseError); ok {
		*t = websocket.CloseError{Code: websocket.StatusCode(e.Code), Reason: e.Reason}
		return true
	}
	return false
}
