package wstest

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// scripts is what the server can do on a WebSocket, by path.
var scripts = map[string]func(*conn){
	"/echo":              (*conn).echo,
	"/stall":             (*conn).echo, // never reached: the handshake is not answered
	"/slow-accept":       (*conn).echo,
	"/bad-accept":        (*conn).echo,
	"/flaky":             (*conn).echo,
	"/close":             (*conn).sendAndClose,
	"/drop":              (*conn).drop,
	"/drop-first":        (*conn).dropFirst,
	"/push":              (*conn).push,
	"/badframe":          (*conn).badFrame,
	"/badframe-on-close": (*conn).badFrameOnClose,
	"/never-close":       (*conn).neverClose,
	"/late":              (*conn).late,
	"/blackhole":         (*conn).blackHole,
}

// invalid is a frame with a reserved opcode and all reserved bits set.
var invalid = []byte{0xFF, 0x01, 'x'}

// echo returns each message as it came until the peer ends the connection.
func (c *conn) echo() {
	for {
		op, p, err := c.read()
		if err != nil || c.write(op, p) != nil {
			return
		}
	}
}

// greet sends the messages "0", "1", … as the query asks.
func (c *conn) greet() {
	for i := range c.query.number("n", 0) {
		if c.write(frame.Text, strconv.AppendInt(nil, int64(i), 10)) != nil {
			return
		}
	}
}

// pause waits as long as the query says, and with ask until /release is requested.
func (c *conn) pause() {
	time.Sleep(c.query.pause())
	if c.query.Get("ask") != "" {
		c.server.awaitRelease(c.key)
	}
}

// sendAndClose waits for the peer's close frame for a second at most.
func (c *conn) sendAndClose() {
	c.greet()
	c.pause()
	_ = c.writeClose(c.query.number("code", 1000), c.query.Get("reason"))
	c.onEnd = func([]byte) { _ = c.SetReadDeadline(time.Now()) }
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	for {
		if _, _, err := c.read(); err != nil {
			return
		}
	}
}

func (c *conn) drop() {
	c.greet()
	c.pause()
	if tcp, ok := c.Conn.(*net.TCPConn); ok && c.query.Get("rst") != "" {
		_ = tcp.SetLinger(0)
	}
}

// dropFirst drops the first connections of its key.
func (c *conn) dropFirst() {
	if c.server.Stats(c.key).Accepted <= c.query.number("times", 1) {
		c.drop()
		return
	}
	c.echo()
}

func (c *conn) push() {
	op := frame.Text
	if c.query.Get("binary") != "" {
		op = frame.Binary
	}
	p := bytes.Repeat([]byte{'x'}, c.query.number("size", 128))
	for range c.query.number("n", 1000) {
		if c.write(op, p) != nil {
			return
		}
	}
	c.echo()
}

func (c *conn) badFrame() {
	c.greet()
	_, _ = c.Write(invalid)
	_, _ = io.Copy(io.Discard, c.br)
}

func (c *conn) badFrameOnClose() {
	c.onEnd = func([]byte) { _, _ = c.Write(invalid) }
	c.echo()
}

func (c *conn) neverClose() {
	c.onEnd = func([]byte) {}
	c.echo()
}

// blackHole then holds the connection until the server closes: it cannot even notice that the client left.
func (c *conn) blackHole() {
	for range c.query.number("n", 0) {
		op, p, err := c.read()
		if err != nil || c.write(op, p) != nil {
			return
		}
	}
	<-c.server.done()
}

// late lets the client fill every buffer on the way before it reads, and echoes short messages only.
func (c *conn) late() {
	c.pause()
	for {
		op, p, err := c.read()
		if err != nil {
			return
		}
		if len(p) < 64 && c.write(op, p) != nil {
			return
		}
	}
}
