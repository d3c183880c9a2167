package frame

import (
	"errors"
	"slices"
	"strconv"
	"sync"

	"github.com/tetherscope/tetherscope/internal/budget"
)

// Defaults and limits of [Config], in bytes.
const (
	DefaultSnap       = 64 << 10
	DefaultMaxInflate = 16 << 20
)

// Config is what a decoder must know of its direction. The zero value decodes what a server sends without extensions.
type Config struct {
	// FromClient says which direction it is: frames of a client must be masked, those of a server must not.
	FromClient bool

	// Snap is the most payload bytes kept of a frame, and of a message's body. 0 means DefaultSnap, below 0 means none.
	// Of control frames 125 bytes are always kept. Lengths and checks cover the whole payload all the same.
	Snap int

	// MaxInflate is the most bytes that a compressed message may take on the wire or inflate to; 0 or less means
	// DefaultMaxInflate, and more than 1 GiB means 1 GiB. See [InflateLimit] for what happens past it.
	MaxInflate int

	// Work is asked before the inflated bytes of a message that are more than 32 times its compressed ones, and refuses n more of them
	// by false: the message ends there ([InflateBudget]). nil allows all.
	Work func(n int) bool

	// Deflate holds the parameters of permessage-deflate when the handshake negotiated it, as in [Handshake]; else nil.
	Deflate *DeflateParams

	// LeaveMasked spares the time of unmasking: payloads of masked data frames are emitted as they came, with [Frame.LeftMasked], where
	// nothing needs them unmasked. See [Decoder.LeaveMasked].
	LeaveMasked bool
}

// Frame is one frame as it was decoded. It and the slices in it are valid only until the emit call returns.
type Frame struct {
	Header
	Offset        uint64     // of the header's first byte, counted from the first byte fed
	Payload       []byte     // unmasked unless LeftMasked, still compressed; its first Config.Snap bytes
	LeftMasked    bool       // Payload, and the body of Message, are masked with Header.Key from its first byte on: [Unmask] unmasks them
	Violations    Violations // of this frame; what concerns a whole message is found at its last frame
	Short         bool       // the process may hold no more of Payload, or of the body of the message: see [budget.Unfinished]
	Truncated     bool       // the payload was not read to its end: the stream ended, or decoding stopped
	MessageNumber uint64     // on data frames: number of the message in its direction, from 1 up; 0 on control frames
	Message       *Message   // on the frame that ends a data message; else nil
}

// The causes of an [Error].
var (
	ErrLength    = errors.New("the length of the frame has its top bit set (RFC 6455 §5.2): where the next frame starts cannot be known")
	ErrHeaderCut = errors.New("the stream ended inside a frame header (RFC 6455 §7.1.5)")
)

// Error says why a decoder stopped, and at which byte of its direction.
type Error struct {
	Offset uint64 // of the frame that could not be followed
	Err    error  // ErrLength or ErrHeaderCut
}

// Error says where and why.
func (e *Error) Error() string {
	return "frame: at byte " + strconv.FormatUint(e.Offset, 10) + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// buffers are used by frames whose payload is copied, from its first byte until the frame was emitted: a connection between
// two frames has none, and a busy server copies into the same few, which stay in the processor's cache.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// Decoder finds the frames in one direction of a connection. It is fed the bytes as they pass, in whatever slices they
// come: the split makes no difference. Wrong frames are emitted too, with their [Violations].
//
// Decoding continues as long as the start of the next frame is known. A length of 2^62 is legal: all bytes after it are counted
// as its payload, and the frame is emitted when the stream ends. A length with the top bit set is not legal, and receivers differ
// in how they treat it: the frame is emitted at once and decoding stops with a sticky [Error].
//
// A decoder holds at most Snap bytes of a frame and Snap of a message; with permessage-deflate also MaxInflate bytes of compressed message
// and 32 KiB of window. What is past the first 64 KiB of each is within [budget.Unfinished]; 110 KiB for inflating are shared. It never
// writes to what it is fed, keeps no reference to it, and allocates nothing once its buffers have grown, to 64 KiB. It is not safe for use
// by several goroutines at once.
type Decoder struct {
	config Config
	bodies int // of KeepBodies
	state  State
	offset uint64 // bytes fed so far
	err    error
	ended  bool

	// The header or frame being read. 0 ≤ len(buf) ≤ keep ≤ max(Snap, 125).
	head    [MaxHeaderSize]byte
	headLen int
	inFrame bool
	frame   Frame
	left    uint64       // payload bytes still to come
	keep    int          // payload bytes to keep
	buf     *[]byte      // payload kept so far, of buffers, when it could not be borrowed from the caller
	room    budget.Lease // for buf and the body of the message

	// The message being read.
	message Message
	content content
	inflate inflater
}

// NewDecoder returns a decoder for one direction, at its first byte after the handshake.
func NewDecoder(c Config) *Decoder {
	switch {
	case c.Snap == 0:
		c.Snap = DefaultSnap
	case c.Snap < 0:
		c.Snap = 0
	}
	if c.MaxInflate <= 0 {
		c.MaxInflate = DefaultMaxInflate
	}
	c.MaxInflate = min(c.MaxInflate, 1<<30)
	d := &Decoder{config: c, state: State{FromClient: c.FromClient, Deflate: c.Deflate != nil}}
	d.content.snap, d.content.next = c.Snap, c.Snap
	if c.Deflate != nil {
		d.inflate = newInflater(c.Deflate, c.FromClient, c.MaxInflate)
		d.inflate.allow = c.Work
	}
	return d
}

// Compression says how the messages of a direction are compressed, and where its decoder stands.
type Compression struct {
	Negotiated bool // permessage-deflate
	Takeover   bool // a receiver needs each compressed message to inflate the next
	Lost       bool // the decoder cannot inflate what follows
	InMessage  bool // a compressed message has begun and not ended
}

// Compression returns how messages are compressed, and whether the decoder is inside a compressed one.
func (d *Decoder) Compression() Compression {
	begun := d.state.InMessage || d.inFrame && !d.frame.Opcode.IsControl()
	return Compression{d.config.Deflate != nil, d.inflate.takeover, d.inflate.lost, begun && d.message.Compressed}
}

// KeepBodies has the decoder keep more of the messages after this one than Config.Snap, or, with 0, as much as that. Frames are kept
// as before.
func (d *Decoder) KeepBodies(n int) {
	d.bodies = n
	d.content.next = max(d.config.Snap, n)
}

// SetSnap changes Config.Snap, 1 byte or more, for the frames and messages after those that have begun. A compressed message may then
// inflate to as much, also where Config.MaxInflate is less.
func (d *Decoder) SetSnap(n int) {
	d.config.Snap = max(n, 1)
	d.KeepBodies(d.bodies)
	if d.config.Deflate != nil {
		d.inflate.limit = max(d.config.MaxInflate, min(n, 1<<30))
	}
}

// LeaveMasked changes Config.LeaveMasked for the frames after the one that has begun. Left masked are frames that are a whole message,
// not compressed, of binary data or of text in ASCII: other text must be unmasked to be checked, other messages to be assembled.
func (d *Decoder) LeaveMasked(on bool) { d.config.LeaveMasked = on }

// Err returns why decoding stopped, an [*Error], or nil. It stays once it is set, and what is fed after it is ignored.
func (d *Decoder) Err() error { return d.err }

// Feed decodes the next bytes and calls emit for every frame that they complete, in order. It does not keep p.
func (d *Decoder) Feed(p []byte, emit func(*Frame)) {
	for len(p) > 0 && d.err == nil && !d.ended {
		if !d.inFrame {
			n := d.readHeader(p)
			p = p[n:]
			d.offset += uint64(n)
			if !d.inFrame {
				return
			}
		}
		n := int(min(uint64(len(p)), d.left))
		d.readPayload(p[:n])
		p = p[n:]
		d.offset += uint64(n)
		if d.left == 0 {
			d.endFrame(emit)
		}
	}
}

// End ends the stream. A frame that this cuts is emitted, Truncated; a header that this cuts becomes Err. Bytes that are fed
// afterwards are ignored.
func (d *Decoder) End(emit func(*Frame)) {
	if d.err != nil || d.ended {
		return
	}
	d.ended = true
	switch {
	case d.inFrame:
		d.inFrame = false
		d.frame.Truncated = true
		d.frame.Violations |= FrameCut
		d.setPayload()
		d.checkText()
		emit(&d.frame)
		d.release()
	case d.headLen > 0:
		d.err = &Error{d.offset - uint64(d.headLen), ErrHeaderCut}
	}
}

// readHeader reads the next header from p, returns how many bytes it used, and begins the frame if they complete it.
func (d *Decoder) readHeader(p []byte) int {
	if d.headLen == 0 {
		if h, n := ParseHeader(p); n > 0 {
			d.beginFrame(h, d.offset)
			return n
		}
	}
	had := d.headLen
	d.headLen += copy(d.head[had:], p)
	h, n := ParseHeader(d.head[:d.headLen])
	if n == 0 {
		return len(p)
	}
	d.headLen = 0
	d.beginFrame(h, d.offset-uint64(had))
	return n - had
}

func (d *Decoder) beginFrame(h Header, offset uint64) {
	d.frame = Frame{Header: h, Offset: offset, Violations: Check(h, d.state)}
	d.inFrame = true
	d.left = h.Length
	d.keep = d.config.Snap
	if h.Opcode.IsControl() {
		d.keep = max(d.keep, maxControl)
	} else {
		d.beginData()
		d.frame.LeftMasked = h.Masked && d.config.LeaveMasked && !d.message.Compressed && !d.content.keeps
	}
	if h.Length>>63 != 0 {
		d.left = 0
		d.err = &Error{offset, ErrLength}
	}
}

// readPayload processes the next piece of the current frame's payload.
func (d *Decoder) readPayload(p []byte) {
	f := &d.frame
	at := f.Length - d.left
	d.left -= uint64(len(p))
	if f.LeftMasked && d.content.text && !maskedASCII(p, f.Key, at) {
		d.unmaskKept()
	}
	if uint64(len(p)) == f.Length && (!f.Masked || f.LeftMasked) {
		n := min(len(p), d.keep)
		f.Payload = p[:n:n] // p is all of it, and is not to be unmasked: no copy is needed
		d.addPlain(p)
		return
	}
	kept := d.buffer()
	if n := min(d.keep-len(kept), len(p)); n > 0 && !d.mayKeep(n) {
		d.keep, d.frame.Short = len(kept), true
	}
	if n := min(d.keep-len(kept), len(p)); n > 0 {
		had := len(kept)
		kept = slices.Grow(kept, n)[:had+n]
		*d.buf = kept
		d.unmask(kept[had:], p[:n], at)
		d.addPlain(kept[had:])
		p, at = p[n:], at+uint64(n)
	}
	if len(p) > 0 {
		d.readPastSnap(p, at)
	}
}

// buffer returns the payload kept so far, in a buffer that belongs to the frame until release.
func (d *Decoder) buffer() []byte {
	if d.buf == nil {
		d.buf = buffers.Get().(*[]byte) // nothing else is put there
		*d.buf = (*d.buf)[:0]
	}
	return *d.buf
}

// release returns the frame's buffer to the pool after the frame was emitted.
func (d *Decoder) release() {
	if d.buf != nil {
		d.frame.Payload = nil
		buffers.Put(d.buf)
		d.buf = nil
	}
	if d.frame.Fin && !d.frame.Opcode.IsControl() {
		d.content.over()
	}
	d.mayKeep(0)
}

// mayKeep reports whether the process may hold n bytes more of the frame and the message that are being read. It takes note of their end, too.
func (d *Decoder) mayKeep(n int) bool {
	held := len(d.content.body) + n
	if d.buf != nil {
		held += len(*d.buf)
	}
	return d.room.Hold(budget.Unfinished, int64(held-freeInput))
}

// readPastSnap processes payload that is not kept. It is unmasked in small pieces, and only when the message or a check needs it.
func (d *Decoder) readPastSnap(p []byte, at uint64) {
	switch {
	case d.frame.Opcode.IsControl():
		return
	case d.frame.LeftMasked, !d.message.Compressed && !d.content.wants():
		d.content.length += uint64(len(p))
		return
	case !d.frame.Masked:
		d.addContent(p)
		return
	}
	var piece [512]byte
	for len(p) > 0 {
		n := min(len(piece), len(p))
		xorMask(piece[:n], p[:n], d.frame.Key, at)
		d.addContent(piece[:n])
		p, at = p[n:], at+uint64(n)
	}
}

func (d *Decoder) unmask(dst, src []byte, at uint64) {
	if !d.frame.Masked || d.frame.LeftMasked {
		copy(dst, src)
		return
	}
	xorMask(dst, src, d.frame.Key, at)
}

// unmaskKept unmasks what was kept of a frame that was to be left masked: from here on, its text must be checked.
func (d *Decoder) unmaskKept() {
	d.frame.LeftMasked = false
	kept := d.buffered()
	xorMask(kept, kept, d.frame.Key, 0)
}

// setPayload sets the frame's payload to what was kept, unless it is the caller's slice.
func (d *Decoder) setPayload() {
	if d.frame.Payload == nil && d.buf != nil {
		d.frame.Payload = *d.buf
	}
}

// endFrame checks the frame whose last byte has come, and emits it.
func (d *Decoder) endFrame(emit func(*Frame)) {
	f := &d.frame
	d.inFrame = false
	d.setPayload()
	switch {
	case d.err != nil:
		f.Truncated = true
	case f.Opcode == Close:
		f.Violations |= checkCloseBody(f.Payload, uint64(len(f.Payload)) < f.Length)
	case !f.Opcode.IsControl():
		d.endData()
	}
	d.state = d.state.Next(f.Header)
	emit(f)
	d.release()
}
