package pcap

import (
	"bytes"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// The limits of guessing about a stream whose handshake is not in the capture.
const (
	maxGuess     = 16 << 20 // bytes of the longest frame that a segment may begin with
	maxHeldBack  = 64 << 10 // bytes that a half holds back until there is evidence
	framesNeeded = 2        // of both halves together, whatever they say
)

// guess is what speaks for one half being WebSocket: frames without a fault, from the first byte of a segment on.
type guess struct {
	dec     *frame.Decoder // nil while there is nothing
	masked  bool
	frames  int
	says    evidence
	wrong   bool
	started bool // a message began: the state of fragments is known
	zipped  bool // the message that began is compressed
	held    []piece
	bytes   int
}

// suspect takes bytes of a stream without a handshake. The stream is called a WebSocket once the masked frames of one half, and the unmasked ones
// of the other if there are, are enough evidence. Until then the bytes are held back.
//
// A stream whose first packet was seen is never called one unless bytes of its beginning are missing: its handshake would have
// been seen too.
func (c *conn) suspect(who int, p []byte) {
	if c.stream.began && !c.holed {
		return
	}
	g := &c.guess[who]
	if g.dec == nil && !c.beginGuess(who, p) {
		c.failed++
		return
	}
	g.dec.Feed(p, func(f *frame.Frame) { g.judge(f, &c.stream.all.evidence) })
	if g.wrong || g.dec.Err() != nil || !c.holdBack(g, p) {
		c.failed++
		c.dropGuess(who)
		return
	}
	if c.enough() {
		c.joinStream()
	}
}

// beginGuess begins one with a segment that is nothing but whole frames, as one is that leaves in one write, and whose
// first frame is no part of a message that began before.
func (c *conn) beginGuess(who int, p []byte) bool {
	masked, ok := wholeFrames(p)
	other := &c.guess[1-who]
	if ok && other.dec != nil && other.masked == masked {
		c.dropGuess(1 - who) // no WebSocket has such halves
		c.failed++
		return false
	}
	if !ok || c.known && masked != (who == c.client) {
		return false
	}
	c.guess[who] = guess{masked: masked, dec: frame.NewDecoder(frame.Config{FromClient: masked, Snap: evidencePayload})}
	return true
}

func (c *conn) dropGuess(who int) {
	c.stream.all.give(c.guess[who].bytes)
	c.guess[who] = guess{}
}

// holdBack keeps bytes until there is evidence. It is false when that would take too much memory.
func (c *conn) holdBack(g *guess, p []byte) bool {
	all := c.stream.all
	next := piece{payload: bytes.Clone(p), at: c.now, marks: c.marks, seq: all.order}
	if g.bytes+next.cost() > maxHeldBack || !all.take(next.cost()) {
		return false
	}
	g.held = append(g.held, next)
	all.order++
	g.bytes += next.cost()
	return true
}

// judge looks at a frame: what no peer would send speaks against WebSocket.
func (g *guess) judge(f *frame.Frame, z *evidenceInflater) {
	g.frames++
	g.says.add(f, z)
	v := f.Violations
	if f.Message != nil {
		v |= f.Message.Violations
	}
	v &^= frame.RepeatedKey
	if f.Rsv == frame.RSV1 && (f.Opcode == frame.Text || f.Opcode == frame.Binary) {
		g.zipped = true // compression is assumed, since RSV1 has no other use
		v &^= frame.RSVUndefined
	} else if f.Opcode == frame.Text {
		g.zipped = false
	}
	if g.zipped {
		v &^= frame.TextNotUTF8 | frame.RSVUndefined
	}
	if !g.started {
		v &^= frame.ContinuationWithoutStart // of a message that began before the capture
	}
	g.started = g.started || !f.Opcode.IsControl()
	g.wrong = g.wrong || v != 0
}

// enough reports whether what was seen is evidence.
func (c *conn) enough() bool {
	a, b := &c.guess[0], &c.guess[1]
	bits := a.says.bits + b.says.bits
	if a.dec != nil && b.dec != nil {
		bits += float64(bitsAgreement * (a.frames + b.frames))
	}
	return (a.masked || b.masked) && a.frames+b.frames >= framesNeeded && bits >= bitsNeeded+min(float64(c.failed), bitsMoreNeeded)
}

// joinStream begins a connection with what was held back. Its extensions are not known; compression is assumed.
func (c *conn) joinStream() {
	client := 0
	if c.guess[1].masked {
		client = 1
	}
	c.clientIs(client)
	c.unknown, c.deflate = [2]bool{true, true}, &frame.DeflateParams{}
	now, marks := c.now, c.marks
	held := [2][]piece{c.guess[0].held, c.guess[1].held}
	for first := true; len(held[0])+len(held[1]) > 0; first = false {
		who := 0
		if len(held[0]) == 0 || len(held[1]) > 0 && held[1][0].seq < held[0][0].seq {
			who = 1
		}
		p := held[who][0]
		held[who] = held[who][1:]
		c.now, c.marks = p.at, p.marks
		if first {
			c.begin("joined mid-stream", nil)
		}
		if c.dec[who] == nil {
			c.dec[who] = c.decoder(who)
		}
		c.decode(who, p.payload)
	}
	c.now, c.marks = now, marks
	c.dropGuess(0)
	c.dropGuess(1)
}

func (c *conn) decoder(who int) *frame.Decoder {
	return frame.NewDecoder(frame.Config{FromClient: who == c.client, Deflate: c.deflate, Snap: MaxPayload})
}

// wholeFrames reports whether p is one or more frames that a strict receiver would take, the first one with FIN and no
// continuation, and whether they are masked.
func wholeFrames(p []byte) (masked, ok bool) {
	h, n := frame.ParseHeader(p)
	if n == 0 {
		return false, false
	}
	f := run(p, h.Masked)
	return h.Masked, f.ok && f.fin && f.rest == 0
}
