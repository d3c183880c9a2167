package tether

import (
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
	"github.com/tetherscope/tetherscope/wasm/internal/session"
)

var (
	_ throttler = (*resumeConn)(nil)
	_ pinger    = (*resumeConn)(nil)
)

// resumeConn is a connection of a session.
type resumeConn struct {
	conn
	layer   *resumption
	line    session.Line
	gen     uint32
	opened  engine.Opened
	greeted bool // positions were exchanged: the machine knows it as open
	over    bool // the server has ended the session: nothing but its close is to come
	mark    int  // what watch asked for; -1: nothing
	code    Code // of that close, should it get lost
}

// say sends a frame that began with begin.
func (c *resumeConn) say(t codec.MessageType, frame []byte) (ok bool) {
	c.line.Seal(t == codec.Text, frame)
	_, ok = c.conn.send(t, frame)
	return ok
}

// send hands a message to the session, which keeps it until the server has taken it.
func (c *resumeConn) send(t codec.MessageType, p []byte) (buffered int, ok bool) {
	if !c.greeted || c.over || c.layer.conn != c {
		return c.buffered(), false
	}
	c.layer.session.Append(session.Message{Text: t == codec.Text, Data: append([]byte(nil), p...)})
	c.layer.pump()
	return c.buffered(), true
}

// watch implements conn. An acknowledgement looks at the mark; what is acknowledged already is reported with the next event.
func (c *resumeConn) watch(mark int) {
	c.mark = mark
	if c.buffered() <= mark {
		c.mark = -1
		c.layer.host.drained(c.gen)
	}
}

// buffered counts everything that is not acknowledged.
func (c *resumeConn) buffered() int {
	_, bytes := c.layer.session.Pending()
	return bytes
}

// close ends the session when the client closes for good.
func (c *resumeConn) close(code Code, reason string) {
	if c.greeted && !c.over && c.layer.host.final() {
		c.say(codec.Text, c.layer.session.End(c.line.Begin(nil), uint16(code)))
	}
	c.conn.close(code, reason)
}

// ping implements pinger: the server's session layer answers, whatever the application does.
func (c *resumeConn) ping(pong func()) {
	r := c.layer
	if !c.greeted || c.over {
		return
	}
	r.nonce++
	r.pong = pong
	r.frame = session.AppendPing(c.line.Begin(r.frame[:0]), r.nonce)
	c.say(codec.Text, r.frame)
}

func (c *resumeConn) abandon() {
	if c.layer.conn == c {
		c.layer.conn = nil
	}
	c.conn.abandon()
}

// throttle lets messages wait in the session, unacknowledged, until the server's window is used up.
func (c *resumeConn) throttle(on bool) { c.layer.throttled = on }
