package replay

import (
	"slices"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// localFrame takes a frame that the role sends.
func (b *Builder) localFrame(c *building, r *record.Record) error {
	late := c.Closed && c.Closer != c.Role
	switch r.Header.Opcode { //nolint:exhaustive // the others are played as they were
	case frame.Pong:
		if c.pings[string(r.Payload)] > 0 {
			c.pings[string(r.Payload)]--
			return nil
		}
	case frame.Close:
		if late {
			c.CloseReply = append([]byte{}, r.Payload...)
			return nil
		}
		c.Closed, c.Closer = true, c.Role
	}
	if late {
		c.Late++
		return nil
	}
	if err := b.keep(len(r.Payload)); err != nil {
		return err
	}
	f := Frame{
		Header: r.Header, Payload: slices.Clone(r.Payload), After: len(c.Peer),
		At: since(c.begin, r), Starts: true,
	}
	if r.Source == record.SourcePage {
		f.Header.Masked, f.Header.Size = c.Role == Client, 0 // they were made up
	}
	if n := len(c.Frames); n > 0 {
		f.At = max(f.At, c.Frames[n-1].At)
	}
	if !r.Header.Opcode.IsControl() {
		f.Starts = r.Header.Opcode != frame.Continuation || !c.inside
		c.inside = !r.Header.Fin
	}
	c.Frames = append(c.Frames, f)
	if c.compressed(r) {
		return b.inflate(c, r)
	}
	if uint64(len(r.Payload)) < r.Header.Length {
		c.cut(r)
	}
	return nil
}

func (c *building) cut(r *record.Record) {
	if c.Cut++; c.Cut == 1 {
		c.FirstCut = r.Seq
	}
}

// compressed reports whether a frame of the role belongs to a compressed message, and remembers it as part of that.
func (c *building) compressed(r *record.Record) bool {
	switch h := r.Header; {
	case h.Opcode.IsControl():
		return false
	case h.Opcode != frame.Continuation:
		c.parts = c.parts[:0]
		if !r.Compressed && (r.Final || h.Rsv&frame.RSV1 == 0) {
			return false
		}
	case len(c.parts) == 0:
		return false
	}
	c.parts = append(c.parts, len(c.Frames)-1)
	return true
}

// inflate replaces the payloads of a compressed message by its content, in as many frames, once its last has come.
func (b *Builder) inflate(c *building, r *record.Record) error {
	if !r.Final {
		return nil
	}
	parts := c.parts
	c.parts = nil
	if !r.Compressed { // RSV1 without compression agreed: it is wrong, and played as it was
		for _, at := range parts {
			if f := &c.Frames[at]; uint64(len(f.Payload)) < f.Header.Length {
				c.cut(r)
			}
		}
		return nil
	}
	c.Inflated++
	if err := b.keep(len(r.Body)); err != nil {
		return err
	}
	if uint64(len(r.Body)) < r.Inflated || r.Violations&lost != 0 {
		c.cut(r)
	}
	body := slices.Clone(r.Body)
	for i, at := range parts {
		f := &c.Frames[at]
		f.Header.Rsv &^= frame.RSV1
		f.Header.Size = 0
		f.Payload = body[len(body)*i/len(parts) : len(body)*(i+1)/len(parts)]
	}
	return nil
}
