package frame

import "math"

// Message is one data message, known when its last frame has come. It is valid only until the emit call returns.
type Message struct {
	Number     uint64     // in its direction, from 1 up
	Opcode     Opcode     // of its first frame: Text, Binary, a reserved one, or Continuation when the start was missing
	Frames     uint32     // data frames it took; control frames between them are not counted
	Wire       uint64     // payload bytes of all its frames, as they passed
	Length     uint64     // bytes as the application gets it: inflated when Compressed. At least this with InflateLimit, unknown with InflateLost or DeflateData
	Compressed bool       // RSV1 on its first frame with permessage-deflate agreed (RFC 7692 §6)
	Body       []byte     // as the application gets it; its first Config.Snap bytes
	Violations Violations // of all its frames, and of the message as a whole
}

// beginData begins a message or goes on with it, as the header of a data frame says (RFC 6455 §5.4). A start inside a
// message gives that up; a continuation of nothing becomes a message of its own, so that its bytes are seen.
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

// addContent takes the next unmasked payload bytes of the current frame.
func (d *Decoder) addContent(p []byte) {
	switch {
	case d.frame.Opcode.IsControl():
	case d.message.Compressed:
		d.inflate.write(p)
	default:
		d.content.write(p)
	}
}

// endData counts a data frame that has come whole and, with FIN, ends its message.
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
	d.judgeText()
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

// judgeText names text that is not UTF-8, on the frame where that became certain (RFC 6455 §8.1): the first wrong byte,
// or the end of a message inside a character. Text that was not inflated right is not judged.
func (d *Decoder) judgeText() {
	f := &d.frame
	c := &d.content
	v := d.message.Violations | f.Violations
	if f.Opcode.IsControl() || !c.text || v&(TextNotUTF8|DeflateData|InflateLost) != 0 {
		return
	}
	whole := f.Fin && !f.Truncated && v&InflateLimit == 0
	if c.utf8.bad || whole && !c.utf8.ok() {
		f.Violations |= TextNotUTF8
	}
}

// content is a message as the application gets it, seen piece by piece: counted, checked, its start kept.
type content struct {
	snap   int
	keeps  bool   // body is kept
	text   bool   // must be UTF-8
	body   []byte // 0 ≤ len(body) ≤ snap
	length uint64
	utf8   utf8Check
}

func (c *content) reset(text, keeps bool) {
	c.text, c.keeps = text, keeps
	c.body = c.body[:0]
	c.length = 0
	c.utf8 = utf8Check{}
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
