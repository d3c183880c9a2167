package frame

import (
	"errors"
	"slices"
	"strconv"
	"sync"
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

	// Deflate holds the parameters of permessage-deflate when the handshake agreed on it, as in [Handshake]; else nil.
	Deflate *DeflateParams
}

// Frame is one frame as it was decoded. It and the slices in it are valid only until the emit call returns.
type Frame struct {
	Header
	Offset        uint64     // of the header's first byte, counted from the first byte fed
	Payload       []byte     // unmasked, still compressed; its first Config.Snap bytes
	Violations    Violations // of this frame; what concerns a whole message is found at its last frame
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

// buffers are lent to frames whose payload is copied, from its first byte until the frame was emitted: a connection between
// two frames holds none, and a busy server copies into the same few, which stay in the processor's cache.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// Decoder finds the frames in one direction of a connection. It is fed the bytes as they pass, in whatever slices they
// come: the split makes no difference. Wrong frames are emitted too, with their [Violations].
//
// Decoding goes on as long as the next frame can be found. A length of 2^62 is legal and followed: all that comes is
// its payload, counted, and the frame is emitted when the stream ends. A length with the top bit set is not: receivers
// differ in what they do with it, so the frame is emitted at once and decoding stops with a sticky [Error].
//
// A decoder holds at most Snap bytes of a frame and Snap of a message; with permessage-deflate also MaxInflate bytes of
// compressed message and about 110 KiB for inflating. It never writes to what it is fed, keeps no reference to it, and
// allocates nothing once its buffers have grown. It is not safe for use by several goroutines at once.
type Decoder struct {
	config Config
	state  State
	offset uint64 // bytes fed so far
	err    error
	ended  bool

	// The header or frame being read. 0 ≤ len(buf) ≤ keep ≤ max(Snap, 125).
	head    [MaxHeaderSize]byte
	headLen int
	inFrame bool
	frame   Frame
	left    uint64  // payload bytes still to come
	keep    int     // payload bytes to keep
	buf     *[]byte // payload kept so far, of buffers, when it could not be borrowed from the caller

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
	d.content.snap = c.Snap
	if c.Deflate != nil {
		d.inflate = newInflater(c.Deflate, c.FromClient, c.MaxInflate)
	}
	return d
}

// Err returns why decoding stopped, an [*Error], or nil. It stays once it is set, and what is fed after it is ignored.
func (d *Decoder) Err() error { return d.err }

// Feed takes the next bytes and calls emit for every frame that they complete, in order. It does not keep p.
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

// End says that the stream has ended. A frame that it cut is emitted, Truncated; a header that it cut becomes Err. What
// is fed afterwards is ignored.
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
		d.judgeText()
		emit(&d.frame)
		d.release()
	case d.headLen > 0:
		d.err = &Error{d.offset - uint64(d.headLen), ErrHeaderCut}
	}
}

// readHeader uses bytes of p for the next header, returns how many, and begins the frame if they complete it.
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
	}
	if h.Length>>63 != 0 {
		d.left = 0
		d.err = &Error{offset, ErrLength}
	}
}

// readPayload takes the next piece of the current frame's payload.
func (d *Decoder) readPayload(p []byte) {
	f := &d.frame
	at := f.Length - d.left
	d.left -= uint64(len(p))
	if !f.Masked && uint64(len(p)) == f.Length {
		n := min(len(p), d.keep)
		f.Payload = p[:n:n] // all of it is here, and plain: lend it out instead of copying it
		d.addContent(p)
		return
	}
	kept := d.buffer()
	if n := min(d.keep-len(kept), len(p)); n > 0 {
		had := len(kept)
		kept = slices.Grow(kept, n)[:had+n]
		*d.buf = kept
		d.unmask(kept[had:], p[:n], at)
		d.addContent(kept[had:])
		p, at = p[n:], at+uint64(n)
	}
	if len(p) > 0 {
		d.readPastSnap(p, at)
	}
}

// buffer returns the payload kept so far, in a buffer that is the frame's until release.
func (d *Decoder) buffer() []byte {
	if d.buf == nil {
		d.buf = buffers.Get().(*[]byte) // nothing else is put there
		*d.buf = (*d.buf)[:0]
	}
	return *d.buf
}

// release gives the frame's buffer back after it was emitted.
func (d *Decoder) release() {
	if d.buf != nil {
		d.frame.Payload = nil
		buffers.Put(d.buf)
		d.buf = nil
	}
}

// readPastSnap takes payload that is not kept. It is unmasked in small pieces only if somebody looks at it.
func (d *Decoder) readPastSnap(p []byte, at uint64) {
	switch {
	case d.frame.Opcode.IsControl():
		return
	case !d.message.Compressed && !d.content.wants():
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
	if !d.frame.Masked {
		copy(dst, src)
		return
	}
	xorMask(dst, src, d.frame.Key, at)
}

// setPayload gives the frame the payload that was kept, unless it has been lent the caller's.
func (d *Decoder) setPayload() {
	if d.frame.Payload == nil && d.buf != nil {
		d.frame.Payload = *d.buf
	}
}

// endFrame judges the frame whose last byte has come, and emits it.
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
