package tether

import (
	"errors"
	"strings"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
	"github.com/tetherscope/tetherscope/wasm/internal/jsbridge"
)

// browserTransport connects through the browser's own WebSocket.
type browserTransport struct{ dialSocket jsbridge.DialFunc }

// platformOptions is what can be set on this platform alone: in a browser, nothing.
type platformOptions struct{}

func (platformOptions) transport(int) transport { return newTransport() }

// newTransport returns the transport of this platform: through static/bridge.js when the page has loaded it, else over
// plain syscall/js, which works on any page.
func newTransport() transport {
	if jsbridge.Bridged() {
		return browserTransport{jsbridge.DialBridge}
	}
	return browserTransport{jsbridge.DialPlain}
}

func (t browserTransport) dial(gen uint32, to Target, s sink) conn {
	c := &browserConn{gen: gen, sink: s}
	socket, err := t.dialSocket(to.URL, to.Subprotocols, c)
	if err != nil {
		s.closed(gen, CloseInfo{Code: CodeAbnormalClosure, Err: errors.New(withoutURL(err.Error(), to.URL))})
		return noConn{}
	}
	c.socket = socket
	return c
}

// withoutURL takes the URL out of what a browser says of it: "The URL 'wss://example.org/?token=…' is invalid."
func withoutURL(text, url string) string {
	if url == "" {
		return text
	}
	return strings.ReplaceAll(text, url, withoutSecrets(url))
}

// browserConn is one socket: its events on their way to the sink, and the client's wishes on their way to the socket.
type browserConn struct {
	gen    uint32
	sink   sink
	socket jsbridge.Socket
	open   bool
	handed uint64
}

// Opened implements jsbridge.Handler.
func (c *browserConn) Opened(subprotocol, extensions string) {
	c.open = true
	c.sink.opened(c.gen, subprotocol, extensions)
}

// Received implements jsbridge.Handler.
func (c *browserConn) Received(text bool, p []byte) {
	t := codec.Binary
	if text {
		t = codec.Text
	}
	c.sink.receivedNow(c.gen, t, p)
}

// Drained implements jsbridge.Handler.
func (c *browserConn) Drained() { c.sink.drained(c.gen) }

// Closed implements jsbridge.Handler.
func (c *browserConn) Closed(code uint16, reason string, clean bool) {
	c.sink.closed(c.gen, CloseInfo{Code: Code(code), Reason: reason, Clean: clean, Opened: c.open})
}

func (c *browserConn) send(t codec.MessageType, p []byte) (buffered int, ok bool) {
	if buffered, ok = c.socket.Send(t == codec.Text, p); ok {
		c.handed += uint64(len(p))
	}
	return buffered, ok
}

// flow implements conn. A browser does not show what of a message has arrived, nor what waits in the kernel.
func (c *browserConn) flow() engine.Flow {
	left := c.handed - min(c.handed, uint64(c.buffered()))
	return engine.Flow{Handed: c.handed, Left: left, Moved: left, Silence: unseen}
}

func (c *browserConn) buffered() int  { return c.socket.BufferedAmount() }
func (c *browserConn) watch(mark int) { c.socket.Watch(mark) }
func (c *browserConn) abandon()       { c.socket.Abandon() }

// close implements conn. The shell passes only what a browser accepts; NoStatus is a close frame without a code.
func (c *browserConn) close(code Code, reason string) {
	if code == CodeNoStatus {
		code = 0
	}
	c.socket.Close(uint16(code), reason)
}

// noConn is an attempt that the browser refused to make.
type noConn struct{}

func (noConn) send(codec.MessageType, []byte) (int, bool) { return 0, false }
func (noConn) buffered() int                              { return 0 }
func (noConn) flow() engine.Flow                          { return engine.Flow{} }
func (noConn) watch(int)                                  {}
func (noConn) close(Code, string)                         {}
func (noConn) abandon()                                   {}
