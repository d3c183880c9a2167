package http2

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// The errors behind which nothing of a half can be read.
var (
	ErrFrame  = errors.New("what follows is no HTTP/2 frame that can be read")
	ErrMemory = errors.New("there is no memory for its HTTP/2 frames")
)

// Handler takes what a connection carries. who is the end that sent it, 0 or 1. Slices are valid only during a call.
type Handler interface {
	// Headers takes the fields of a block. end says that nothing follows from this end.
	Headers(who int, stream uint32, fields []Field, end bool)
	// Data takes a part of a stream's data, which may be empty.
	Data(who int, stream uint32, p []byte, end bool)
	// Reset takes the end of a stream in both directions (RFC 9113 §6.4).
	Reset(who int, stream uint32, code uint32)
	// Lost takes note that n bytes are missing; of stream 0 when they may be of any.
	Lost(who int, stream uint32, n uint32)
}

// Conn takes one connection apart. It is for one goroutine.
type Conn struct {
	to     Handler
	budget func(int) bool
	kept   int
	halves [2]half
}

// half is one direction.
type half struct {
	began   bool
	preface []byte // that is still to come
	buf     []byte // a frame that is not whole
	data    data
	block   []byte // of headers that go on
	head    header // of the frame with which they began
	table   *table
	seeking bool // where the next frame begins is not known
	err     error
}

// data is a DATA frame that passes.
type data struct {
	stream    uint32
	left, pad int
	padded    bool // the length of the padding is still to come
	end       bool
	on        bool
}

// New returns a connection whose contents go to a handler. budget reports whether n more bytes may be kept, and takes them back when n
// is negative; it may be nil.
func New(to Handler, budget func(int) bool) *Conn {
	if budget == nil {
		budget = func(int) bool { return true }
	}
	return &Conn{to: to, budget: budget, halves: [2]half{{table: newTable()}, {table: newTable()}}}
}

// Join takes note that the connection began before its first bytes that are fed: frames are looked for, and header fields that refer to earlier
// ones are unknown.
func (c *Conn) Join() {
	for i := range c.halves {
		c.halves[i].began, c.halves[i].seeking = true, true
	}
}

// Unknown returns how many fields could not be read, because what they refer to is not in the capture.
func (c *Conn) Unknown() int { return c.halves[0].table.unknown + c.halves[1].table.unknown }

// Feed takes the next bytes that an end sent. An error is the last one of this half: nothing more of it is read.
func (c *Conn) Feed(who int, p []byte) error {
	h := &c.halves[who]
	if h.err == nil {
		c.feed(who, p)
		c.account()
	}
	return h.err
}

// End gives kept memory back.
func (c *Conn) End() {
	c.budget(-c.kept)
	c.kept = 0
}

// Lose takes note that the next n bytes that an end sent are not in the capture.
func (c *Conn) Lose(who int, n uint32) {
	h := &c.halves[who]
	if h.err != nil {
		return
	}
	if d := &h.data; d.on && !d.padded && uint64(n) <= uint64(d.left-d.pad) {
		d.left -= int(n)
		c.to.Lost(who, d.stream, n)
		c.dataOver(who)
		return
	}
	c.lose(who, n)
}

// LoseSome is [Conn.Lose] when it is not certain how many bytes are missing: frames are looked for behind them.
func (c *Conn) LoseSome(who int, n uint32) {
	if c.halves[who].err == nil {
		c.lose(who, n)
	}
}

func (c *Conn) lose(who int, n uint32) {
	h := &c.halves[who]
	unknown := h.table.unknown
	*h = half{began: true, seeking: true, table: newTable()}
	h.table.unknown = unknown
	c.to.Lost(who, 0, n)
	c.account()
}

// account keeps the budget up to date.
func (c *Conn) account() {
	now := 0
	for i := range c.halves {
		now += len(c.halves[i].buf) + len(c.halves[i].block) + c.halves[i].table.size
	}
	if c.budget(now - c.kept) {
		c.kept = now
		return
	}
	for i := range c.halves {
		c.halves[i].err, c.halves[i].buf, c.halves[i].block, c.halves[i].table = ErrMemory, nil, nil, newTable()
	}
	c.End()
}

func (c *Conn) feed(who int, p []byte) {
	h := &c.halves[who]
	if h.seeking {
		if !plausible(p) {
			return
		}
		h.seeking = false
	}
	if !h.began {
		h.began = true
		if bytes.HasPrefix([]byte(Preface), p[:min(len(p), 3)]) {
			h.preface = []byte(Preface)
		}
	}
	if n := min(len(h.preface), len(p)); n > 0 {
		if !bytes.Equal(h.preface[:n], p[:n]) {
			h.err = ErrFrame
			return
		}
		h.preface, p = h.preface[n:], p[n:]
	}
	for len(p) > 0 && h.err == nil {
		if h.data.on {
			p = c.passData(who, p)
			continue
		}
		p = c.gather(who, p)
	}
}

// gather takes bytes of a frame's head, or of a frame that is kept until it is whole.
func (c *Conn) gather(who int, p []byte) (rest []byte) {
	h := &c.halves[who]
	need := frameHead
	if len(h.buf) >= frameHead {
		need += parseHeader(h.buf).size
	}
	n := min(need-len(h.buf), len(p))
	h.buf, rest = append(h.buf, p[:n]...), p[n:]
	if len(h.buf) < frameHead {
		return rest
	}
	head := parseHeader(h.buf)
	switch {
	case head.kind == typeData:
		h.data = data{stream: head.stream, left: head.size, padded: head.flags&flagPadded != 0, end: head.flags&flagEndStream != 0, on: true}
		h.buf = nil
		c.dataOver(who)
	case head.size > maxFrame:
		h.err, h.buf = ErrFrame, nil
	case len(h.buf) == frameHead+head.size:
		frame := h.buf
		h.buf = nil
		c.frame(who, head, frame[frameHead:])
	}
	return rest
}

// passData passes on bytes of a DATA frame.
func (c *Conn) passData(who int, p []byte) (rest []byte) {
	d := &c.halves[who].data
	if d.padded {
		d.padded, d.pad = false, int(p[0])
		if d.left--; d.pad > d.left {
			c.halves[who].err = ErrFrame
		}
		p = p[1:]
		c.dataOver(who)
		return p
	}
	if n := min(d.left-d.pad, len(p)); n > 0 {
		d.left -= n
		c.to.Data(who, d.stream, p[:n], false)
		p = p[n:]
	}
	if d.left == d.pad {
		n := min(d.pad, len(p))
		d.left, d.pad, p = d.left-n, d.pad-n, p[n:]
	}
	c.dataOver(who)
	return p
}

// dataOver ends a DATA frame of which nothing is left.
func (c *Conn) dataOver(who int) {
	d := &c.halves[who].data
	if !d.on || d.left > 0 {
		return
	}
	over := *d
	*d = data{}
	if over.end {
		c.to.Data(who, over.stream, nil, true)
	}
}

// frame takes a whole frame that is not DATA.
func (c *Conn) frame(who int, f header, p []byte) {
	h := &c.halves[who]
	switch f.kind {
	case typeHeaders, typePush:
		h.head, h.block = f, bytes.Clone(unpadded(f, p))
		c.blockOver(who, f.flags)
	case typeContinuation:
		if h.head.stream != f.stream || len(h.block)+len(p) > maxBlock {
			h.err = ErrFrame
			return
		}
		h.block = append(h.block, p...)
		c.blockOver(who, f.flags)
	case typeReset:
		if len(p) == 4 {
			c.to.Reset(who, f.stream, binary.BigEndian.Uint32(p))
		}
	case typeSettings:
		if f.flags&flagAck == 0 {
			c.settings(1-who, p)
		}
	}
}

// blockOver decodes a block that is whole.
func (c *Conn) blockOver(who int, flags byte) {
	h := &c.halves[who]
	if flags&flagEndHeaders == 0 {
		return
	}
	fields := h.table.decode(h.block)
	head := h.head
	h.block, h.head = nil, header{}
	if head.kind == typeHeaders {
		c.to.Headers(who, head.stream, fields, head.flags&flagEndStream != 0)
	}
}

// settings takes what an end allows the other one, who, to do.
func (c *Conn) settings(who int, p []byte) {
	const tableSize = 1
	for ; len(p) >= 6; p = p[6:] {
		if binary.BigEndian.Uint16(p) == tableSize {
			c.halves[who].table.allow(binary.BigEndian.Uint32(p[2:]))
		}
	}
}
