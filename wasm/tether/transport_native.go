//go:build !js

package tether

import (
	"context"
	"errors"
	"io"
	"net"
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
	mark    int           // what watch asked for
	watched bool          // and the sink was not told yet
	empty   chan struct{} // closed when bytes is 0; nil: nobody waits for that
	wake    chan struct{} // holds a token while queue is not empty
	resume  chan struct{} // closed while reading is allowed

	readDone chan struct{} // closed when the reader has told what it knows
	socket   socketKeeper
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
	err = c.read(ws)
	if !errors.Is(err, net.ErrClosed) || !c.isClosing() {
		c.end(endOf(err)) // else our own closing handshake ended it, and shake knows how
	}
	close(c.readDone)
	c.cut()
	_ = ws.CloseNow()
}

func (c *nativeConn) dialOptions(to Target) *websocket.DialOptions {
	client := http.Client{}
	if c.options.client != nil {
		client = *c.options.client
	}
	c.socket.next = client.Transport
	client.Transport = &c.socket
	o := &websocket.DialOptions{
		HTTPClient: &client, HTTPHeader: http.Header(to.Header).Clone(), Subprotocols: to.Subprotocols,
	}
	if c.options.compress {
		o.CompressionMode = websocket.CompressionContextTakeover
	}
	if life, ok := c.sink.(lifeSink); ok {
		o.OnPingReceived = func(context.Context, []byte) bool {
			life.alive(c.gen)
			return true
		}
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

// socketKeeper makes requests and keeps the connection of the one that was upgraded.
type socketKeeper struct {
	next http.RoundTripper // nil: the default
	conn io.Closer
}

// RoundTrip implements http.RoundTripper.
func (k *socketKeeper) RoundTrip(r *http.Request) (*http.Response, error) {
	next := k.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		k.conn = resp.Body
	}
	return resp, err
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
