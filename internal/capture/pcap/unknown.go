package pcap

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// notInflated are the violations that say that a message is not what its application received.
const notInflated = frame.DeflateData | frame.DeflateEnd | frame.InflateLost

// forgive takes away from a frame of a half without a beginning what only the bytes before the capture could prove: that
// no message began before it, and that its compressed data refers to what was never sent. A message whose compression
// context is unknown is shown as it passed.
func (c *conn) forgive(who int, r *record.Record) {
	if !c.started[who] {
		r.Violations &^= frame.ContinuationWithoutStart
		c.started[who] = !r.Header.Opcode.IsControl()
	}
	if r.Violations&notInflated == 0 {
		return
	}
	r.Violations &^= notInflated | frame.TextNotUTF8
	asPassed(r)
}

// asPassed makes the record of a message say its bytes as they passed.
func asPassed(r *record.Record) {
	if !r.Final {
		return
	}
	r.Compressed, r.Inflated, r.Body = false, r.Wire, nil
	if r.Frames > 1 {
		r.Inflated, r.Body = 0, []byte{} // the frames have them
	}
}

// extensionMayChange are the rules that an extension may change: what reserved bits mean, and what a payload is.
const extensionMayChange = frame.RSVUndefined | frame.RSV1Continuation | frame.RSV1Control | frame.TextNotUTF8 | notInflated

// extends takes note of an extension that was negotiated and is not known here: its frames are shown as they passed, and not
// judged by the rules that it may change.
func (c *conn) extends(h *frame.Handshake) {
	for _, e := range h.Extensions {
		if e.Name != "permessage-deflate" {
			c.extended = true
			c.stream.all.omissions.extension(e.Name)
		}
	}
}
