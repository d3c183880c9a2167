package frame

import "math"

// Message is one data message, known when its last frame has come. It is valid only until the emit call returns.
type Message struct {
	Number     uint64     // in its direction, from 1 up
	Opcode     Opcode     // of its first frame: Text, Binary, a reserved one, or Continuation when the start was missing
	Frames     uint32     // number of data frames; control frames between them are not counted
	Wire       uint64     // payload bytes of all its frames, as they passed
	Length     uint64     // bytes as the application receives it: inflated when Compressed. At least this with InflateLimit and InflateBudget, unknown with InflateLost or DeflateData
	Compressed bool       // RSV1 on its first frame with permessage-deflate negotiated (RFC 7692 §6)
	Body       []byte     // as the application receives it, unless [Frame.LeftMasked]; its first Config.Snap bytes
	Violations Violations // of all its frames, and of the message as a whole
}

// beginData begins or continues a message, as the header of a data frame says (RFC 6455 §5.4). A start inside a message
// abandons that message; a continuation without a start becomes a message, so that its bytes can be shown.
func (d *Decoder) beginData() {
	f := &d.frame
	m := &d.message
	if f.Opcode != Continuation || !d.state.InMessage {
		if d.state.InMessage && m.Compressed {
			d.inflate.abandon()
		}
		*m = Message{
			Number:     m.Number + 1,
			Opcode:     f.Opcode,
			Compressed: d.config.Deflate != nil && f.Rsv&RSV1 != 0 && f.Opcode != Continuation,
		}
		// A plain message of one frame needs no body: its payload is the body.
		d.content.reset(f.Opcode == Text, m.Compressed || !f.Fin)
	}
	f.MessageNumber = m.Number
}

// addPlain processes the next payload bytes of the current frame, which are unmasked unless the frame is left masked: then they need only be
// counted.
func (d *Decoder) addPlain(p []byte) {
	if d.frame.LeftMasked {
		d.content.length += uint64(len(p))
		return
	}
	d.addContent(p)
}

// addContent processes the next unmasked payload bytes of the current frame.
func (d *Decoder) addContent(p []byte) {
	switch {
	case d.frame.Opcode.IsControl():
	case d.message.Compressed:
		d.inflate.write(p)
	default:
		if d.content.keeps && !d.mayKeep(min(len(p), max(0, d.content.snap-len(d.content.body)))) {
			d.content.snap, d.frame.Short = len(d.content.body), true
		}
		d.content.write(p)
	}
}

// endData counts a complete data frame and, with FIN, ends its message.
func (d *Decoder) endData() {
	f := &d.frame
	m := &d.message
	if m.Frames < math.MaxUint32 {
		m.Frames++
	}
	m.Wire += f.Length
	if f.Fin && m.Compressed {
		f.Violations |= d.inflate.end(&d.content)
	}
	d.checkText()
	m.Violations |= f.Violations
	if !f.Fin {
		return
	}
	m.Length = d.content.length
	m.Body = f.Payload
	if d.content.keeps {
		m.Body = d.content.body
	}
	f.Message = m
}

// checkText reports text that is not UTF-8, on the frame where that became certain (RFC 6455 §8.1): the first invalid byte,
// or the end of a message inside a character. Text that was not inflated correctly is not checked.
func (d *Decoder) checkText() {
	f := &d.frame
	c := &d.content
	v := d.message.Violations | f.Violations
	if f.Opcode.IsControl() || !c.text || v&(TextNotUTF8|DeflateData|InflateLost) != 0 {
		return
	}
	whole := f.Fin && !f.Truncated && v&(InflateLimit|InflateBudget) == 0
	if c.utf8.bad || whole && !c.utf8.ok() {
		f.Violations |= TextNotUTF8
	}
}

// keptBody is the largest body in bytes whose buffer is kept for the next message.
const keptBody = freeInput

// content is a message as the application receives it, processed piece by piece: counted, checked, and its start kept.
type content struct {
	snap   int
	next   int    // snap of the next message
	keeps  bool   // body is kept
	text   bool   // must be UTF-8
	body   []byte // 0 ≤ len(body) ≤ snap
	length uint64
	utf8   utf8Check
}

func (c *content) reset(text, keeps bool) {
	c.text, c.keeps, c.snap = text, keeps, c.next
	c.over()
	c.length = 0
	c.utf8 = utf8Check{}
}

// over forgets the body, and frees it when it has grown large.
func (c *content) over() {
	if cap(c.body) > keptBody {
		c.body = nil
	}
	c.body = c.body[:0]
}

// wants reports whether bytes past the snap length still matter.
func (c *content) wants() bool { return c.text && !c.utf8.bad || c.keeps && len(c.body) < c.snap }

func (c *content) write(p []byte) {
	c.length += uint64(len(p))
	if c.text {
		c.utf8.write(p)
	}
	if c.keeps && len(c.body) < c.snap {
		c.body = append(c.body, p[:min(len(p), c.snap-len(c.body))]...)
	}
}
