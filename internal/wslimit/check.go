package wslimit

import (
	"fmt"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// harmless are the violations that harm only the client that commits them.
const harmless = frame.ZeroKey | frame.RepeatedKey

// checker follows the frames of a client, header by header, whatever slices they come in.
type checker struct {
	limits  Limits
	state   frame.State
	head    [frame.MaxHeaderSize]byte
	headLen int
	header  frame.Header // of the frame being read
	left    uint64       // payload bytes of it still to come
	frames  int64        // of the message being read
	bytes   uint64       // payload bytes declared by them
	slack   uint64       // what compression may add to a message that it cannot make smaller
	body    [125]byte    // of a close frame
	bodyLen int
}

// scan looks at the next bytes. It returns how many may be handed on: all of them, or those before the frame that trips
// the guard. done says that a close frame ended the stream in good order.
func (c *checker) scan(p []byte) (ok int, done bool, v *Violation) {
	at, begin := 0, 0 // of the current frame, as far as it is in p
	for at < len(p) {
		if c.left == 0 {
			begin = at
			n, whole := c.readHeader(p[at:])
			at += n
			if !whole {
				return at, false, nil
			}
			if v := c.judge(); v != nil {
				return begin, false, v
			}
		}
		n := int(min(uint64(len(p)-at), c.left))
		c.payload(p[at : at+n])
		at += n
		c.left -= uint64(n)
		if c.left == 0 && c.header.Opcode == frame.Close {
			if v := c.judgeClose(); v != nil {
				return begin, false, v
			}
			return len(p), true, nil
		}
	}
	return at, false, nil
}

// inside reports whether the client is in the middle of a frame or of a message.
func (c *checker) inside() bool { return c.left > 0 || c.headLen > 0 || c.state.InMessage }

// readHeader uses bytes of p for the next header and reports whether it is whole.
func (c *checker) readHeader(p []byte) (n int, whole bool) {
	had := c.headLen
	c.headLen += copy(c.head[had:], p)
	h, size := frame.ParseHeader(c.head[:c.headLen])
	if size == 0 {
		return len(p), false
	}
	c.headLen = 0
	c.header, c.left, c.bodyLen = h, h.Length, 0
	return size - had, true
}

// judge looks at a whole header.
func (c *checker) judge() *Violation {
	h := c.header
	if broken := frame.Check(h, c.state) &^ harmless; broken != 0 {
		return protocolError(broken)
	}
	c.state = c.state.Next(h)
	if h.Opcode.IsControl() {
		return nil
	}
	if h.Opcode != frame.Continuation {
		c.frames, c.bytes, c.slack = 0, 0, 0
		if h.Rsv&frame.RSV1 != 0 {
			c.slack = 64 + uint64(c.limits.Message)/1000
		}
	}
	c.frames++
	switch {
	case c.frames > c.limits.Frames:
		return &Violation{1009, fmt.Sprintf("a message has more than %d frames", c.limits.Frames)}
	case h.Length > uint64(c.limits.Message)+c.slack-c.bytes:
		return &Violation{1009, fmt.Sprintf("a message has more than %d bytes", c.limits.Message)}
	}
	c.bytes += h.Length
	return nil
}

// payload keeps the body of a close frame.
func (c *checker) payload(p []byte) {
	if c.header.Opcode != frame.Close {
		return
	}
	for _, b := range p {
		c.body[c.bodyLen] = b ^ c.header.Key[c.bodyLen&3]
		c.bodyLen++
	}
}

// judgeClose looks at a whole close frame.
func (c *checker) judgeClose() *Violation {
	_, _, broken := frame.ParseClose(c.body[:c.bodyLen])
	switch {
	case broken&^frame.ReasonNotUTF8 != 0:
		return protocolError(broken)
	case broken != 0:
		return &Violation{1007, broken.String()}
	}
	return nil
}

// protocolError is 1002 with the first broken rule as its reason.
func protocolError(broken frame.Violations) *Violation {
	for rule := range broken.All() {
		return &Violation{1002, rule.Name + " (" + rule.Section + ")"}
	}
	return &Violation{1002, "protocol error"}
}
