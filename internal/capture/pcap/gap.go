package pcap

import (
	"bytes"
	"fmt"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// lose takes note that the next bytes that an end sent are not in the capture.
func (c *conn) lose(who int, n uint32) {
	if c.loseOuter(who, n) {
		return
	}
	if offset, inside := c.gap(who, n); inside {
		c.missed(who, c.now, offset, fmt.Sprintf("%d bytes are missing in the capture, of the payload of a frame", n))
	}
}

// loseOuter takes note that bytes are missing of what is around WebSockets. It is false when there is nothing around.
func (c *conn) loseOuter(who int, n uint32) bool {
	if c.loseSecured(who, n) {
		return true
	}
	if c.http2.conn == nil {
		return false
	}
	c.http2.conn.Lose(who, n)
	return true
}

// cut takes note that the capture has a packet without its last bytes.
func (c *conn) cut(who int, n uint32) {
	if !c.loseOuter(who, n) {
		c.gap(who, n)
	}
}

// gap passes over bytes. It reports whether they are all of a frame's payload, and where they begin.
func (c *conn) gap(who int, n uint32) (offset uint64, inside bool) {
	switch {
	case c.over || c.broken[who]:
	case c.seeking[who] != nil:
		c.passOver(c.seeking[who])
		c.seeking[who].missing += uint64(n)
	case c.dec[who] != nil:
		return c.gapInFrames(who, n)
	case c.dec[1-who] != nil, c.asking && who != c.client:
		c.seeker(who).missing += uint64(n)
	default:
		c.gapBefore(who, n)
	}
	return 0, false
}

// gapInFrames passes over bytes behind the handshake.
func (c *conn) gapInFrames(who int, n uint32) (offset uint64, inside bool) {
	d := c.dec[who]
	offset = d.Offset()
	c.unknown[who], c.started[who] = true, c.started[who] || !c.unknown[who]
	if d.Skip(uint64(n), func(f *frame.Frame) { c.frame(who, f) }) {
		return offset, true
	}
	s := c.seeker(who)
	s.offset, s.missing, s.skipped = offset, uint64(n), uint64(n)
	return offset, false
}

// gapBefore passes over bytes of a stream in which no handshake is complete.
func (c *conn) gapBefore(who int, n uint32) {
	c.holed = true
	c.dropGuess(who)
	if c.asking {
		c.missedEarly(int(n))
		return
	}
	m := &c.http1[who]
	if m.pass(uint64(n)) {
		return
	}
	if line, _, whole := bytes.Cut(m.buf, []byte("\n")); whole && bytes.HasPrefix(line, []byte("GET ")) {
		h := frame.ParseHandshake(m.buf, nil)
		c.cutName = nameOf(&h)
	}
	c.dropHead(who)
	*m, c.asked = messages{}, nil
}

// missedEarly takes note that bytes are missing of what the client sent before it was answered.
func (c *conn) missedEarly(n int) {
	if last := len(c.sent) - 1; last >= 0 && c.sent[last].missing > 0 {
		c.sent[last].missing += n
		return
	}
	c.sent = append(c.sent, piece{missing: n})
}

// pass passes over bytes of a body. It is false when they are not all of the body.
func (m *messages) pass(n uint64) bool {
	switch {
	case !m.inBody:
		return false
	case m.kind == bodyToEnd:
		return true
	case m.left < n:
		return false
	}
	m.left -= n
	m.inBody = m.kind == bodyChunked || m.left > 0
	return true
}

// unanswered goes on without the answer to the handshake, which is not in the capture: which extensions were agreed on is not
// known, and compression is assumed.
func (c *conn) unanswered() {
	sent := c.sent
	c.sent, c.asking, c.asked = nil, false, nil
	c.dropAsked()
	c.unknown, c.deflate = [2]bool{true, true}, &frame.DeflateParams{}
	c.dec[c.client], c.started[c.client] = c.decoder(c.client), true
	c.replay(sent)
}

// framesEarly reports whether what the client sent behind its handshake proves that it was answered: frames, while the answer
// is not in the capture.
func (c *conn) framesEarly() bool {
	server := 1 - c.client
	if c.seeking[server] == nil && c.stream.halves[server].synced {
		return false
	}
	var all []byte
	for i := range c.sent {
		if c.sent[i].missing > 0 {
			return false
		}
		all = append(all, c.sent[i].payload...)
	}
	f := run(all, true)
	return f.ok && f.fin && f.whole > 0
}

// replay takes what the client sent before its handshake was answered.
func (c *conn) replay(sent []piece) {
	marks := c.marks
	for i := range sent {
		c.marks = sent[i].marks
		if sent[i].missing > 0 {
			c.lose(c.client, uint32(sent[i].missing))
			continue
		}
		c.stream.all.give(sent[i].cost())
		c.bytes(c.client, sent[i].payload)
	}
	c.marks = marks
}

// captureEnds takes note that no packet follows, for a reason; empty for the end of the file.
func (c *conn) captureEnds(why string) {
	c.endSecured()
	if c.http2.conn != nil {
		c.http2.each(func(s *conn) { s.captureEnds(why) })
		for id := range c.http2.sockets {
			c.http2.drop(id)
		}
		c.http2.conn.End()
	}
	for who := range c.http1 {
		c.dropGuess(who)
		c.dropHead(who)
	}
	c.dropSent()
	c.dropAsked()
	if c.id == 0 || c.over {
		return
	}
	c.flush(true)
	switch {
	case c.ended[0] != c.ended[1]:
		by := 0
		if c.ended[1] {
			by = 1
		}
		c.recordEnd(side(c.dir(by)), "the "+side(c.dir(by)).String()+" closed the connection; that the other end did is not in the capture")
	case why != "":
		c.recordEnd(0, why)
	}
}
