//go:build !js

package tethertest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/internal/broadcast"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// The bounds of what a connection keeps.
const (
	maxMessages = 1024
	maxBytes    = 16 << 20
)

// Conn is the server's end of an open connection. It answers pings and close frames by itself. With Read and Write it is a calls.Conn.
type Conn struct {
	// Request is the client's handshake.
	Request *http.Request
	// Subprotocol is the one that was chosen, or empty.
	Subprotocol string

	ws        *websocket.Conn
	link      *link
	collected chan struct{} // closed when nothing more is read

	changed broadcast.Broadcaster // something arrived, was read, or the connection ended
	mu      sync.Mutex
	unread  []received
	bytes   int
	closing bool // Close was called
	ended   bool
	end     tether.CloseInfo // valid when ended
}

type received struct {
	kind websocket.MessageType
	data []byte
}

func newConn(ws *websocket.Conn, a *Attempt) *Conn {
	ws.SetReadLimit(maxBytes)
	c := &Conn{Request: a.Request, Subprotocol: ws.Subprotocol(), ws: ws, link: a.link, collected: make(chan struct{})}
	go c.collect()
	return c
}

// Send sends a text message. It waits until the client's end has taken it.
func (c *Conn) Send(ctx context.Context, text string) error {
	return c.Write(ctx, websocket.MessageText, []byte(text))
}

// Write sends a message of either type, as Send does. When ctx ends first, the connection is cut.
func (c *Conn) Write(ctx context.Context, kind websocket.MessageType, b []byte) error {
	ctx, cancel := patient(ctx)
	defer cancel()
	err := c.ws.Write(ctx, kind, b)
	if err != nil && ctx.Err() != nil {
		return inVain(ctx, "the client to take a message")
	}
	return err
}

// Receive waits for a text message. A binary one is an error.
func (c *Conn) Receive(ctx context.Context) (string, error) {
	kind, b, err := c.Read(ctx)
	if err == nil && kind != websocket.MessageText {
		err = errors.New("tethertest: received a binary message, not a text message")
	}
	return string(b), err
}

// Read waits for a message of either type. When all were read that came before the end of the connection, its error is a
// [tether.CloseError].
func (c *Conn) Read(ctx context.Context) (kind websocket.MessageType, b []byte, err error) {
	var found bool
	err = c.await(ctx, "a message", func() bool {
		if found = len(c.unread) > 0; !found {
			return c.ended
		}
		kind, b = c.unread[0].kind, c.unread[0].data
		c.unread[0] = received{}
		c.unread = c.unread[1:]
		c.bytes -= len(b)
		return true
	})
	if err == nil && !found {
		err = &tether.CloseError{CloseInfo: c.end}
	}
	c.changed.Broadcast()
	return kind, b, err
}

// Close sends a close frame with code and reason, without a code if it is 0, and waits for the client's. Its error says that the client
// did not answer. What the client sends meanwhile may be lost.
func (c *Conn) Close(ctx context.Context, code tether.Code, reason string) error {
	status := websocket.StatusCode(code)
	if code == 0 {
		status = websocket.StatusNoStatusRcvd
	}
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	go c.handshake(status, reason)
	info, err := c.Wait(ctx)
	if err == nil && !info.Clean {
		err = &tether.CloseError{CloseInfo: info}
	}
	return err
}

// handshake closes. The library reads the client's close frame on this goroutine or on that of collect, whichever reads next: here
// only when collect found the connection closed.
func (c *Conn) handshake(status websocket.StatusCode, reason string) {
	err := c.ws.Close(status, reason)
	<-c.collected
	if err == nil {
		err = websocket.CloseError{Code: status}
	}
	c.finish(err)
}

// Wait waits for the end of the connection and says how it came: with the code of the client's close frame, or with 1006 without
// one. It does not wait for messages to be read.
func (c *Conn) Wait(ctx context.Context) (tether.CloseInfo, error) {
	err := c.await(ctx, "the end of a connection", func() bool { return c.ended })
	if err != nil {
		return tether.CloseInfo{}, err
	}
	return c.end, nil
}

// Cut ends the connection without a close frame, as a crash or a router does.
func (c *Conn) Cut() { c.link.cut() }

// Freeze lets nothing more through in either direction, and no end either, until Cut: a network that swallows everything.
func (c *Conn) Freeze() { c.link.freeze() }

// await waits until done, which is called with the lock held, returns true.
func (c *Conn) await(ctx context.Context, what string, done func() bool) error {
	ctx, cancel := patient(ctx)
	defer cancel()
	for {
		next := c.changed.Next()
		c.mu.Lock()
		ok := done()
		c.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return inVain(ctx, what)
		}
	}
}

// collect reads until the connection ends, so that pings and close frames are answered while the test does not read.
func (c *Conn) collect() {
	defer close(c.collected)
	for {
		kind, b, err := c.ws.Read(context.Background())
		if err != nil {
			if !c.isClosing() || !errors.Is(err, net.ErrClosed) {
				c.finish(err)
			}
			return
		}
		c.keep(received{kind, b})
	}
}

func (c *Conn) isClosing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
}

// keep waits for room for a message.
func (c *Conn) keep(m received) {
	for {
		next := c.changed.Next()
		c.mu.Lock()
		room := len(c.unread) < maxMessages && c.bytes+len(m.data) <= maxBytes
		if room {
			c.unread = append(c.unread, m)
			c.bytes += len(m.data)
		}
		c.mu.Unlock()
		if room {
			c.changed.Broadcast()
			return
		}
		select {
		case <-next:
		case <-c.link.closed:
			return
		}
	}
}

// finish notes how the connection ended. The first call counts.
func (c *Conn) finish(err error) {
	info := tether.CloseInfo{Code: tether.CodeAbnormalClosure, Opened: true, Err: err}
	if e, ok := errors.AsType[websocket.CloseError](err); ok {
		info = tether.CloseInfo{Code: tether.Code(e.Code), Reason: e.Reason, Clean: true, Opened: true}
	}
	c.mu.Lock()
	if !c.ended {
		c.ended, c.end = true, info
	}
	c.mu.Unlock()
	c.changed.Broadcast()
	_ = c.link.Close()
}
