package rows

import (
	"bytes"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// Add keeps one record as a row, O(1) but for the copy of its bytes. The opcode and whether it is compressed are those of a
// frame's message.
func (s *Store) Add(r *record.Record, opcode frame.Opcode, compressed bool) Row {
	row := s.push(rowBytes(r))
	c, i := row.chunk, row.i
	c.kind[i], c.seq[i], c.time[i], c.conn[i] = r.Kind, r.Seq, r.Time, r.Conn
	c.stream[i], c.flags[i], c.marks[i] = uint8(r.Leg&1)<<1|uint8(r.Dir&1), rowFlags(r), r.Marks
	switch r.Kind {
	case record.KindFrame:
		c.setFrame(i, r, opcode)
		if compressed {
			c.flags[i] |= flagCompressed
		}
	case record.KindNote:
		c.code[i], c.size[i], c.offset[i] = noteCode(r.Name), uint8(r.By), r.Offset
	case record.KindRequest, record.KindResponse, record.KindClose, record.KindEnd, record.KindBroken, record.KindTransit:
		c.code[i], c.size[i], c.offset[i] = r.Code, uint8(r.By), r.Offset
	}
	return row
}

func (c *chunk) setFrame(i int, r *record.Record, opcode frame.Opcode) {
	h := r.Header
	first := h.Rsv<<4 | byte(h.Opcode)&0xF
	if h.Fin {
		first |= 0x80
	}
	c.first[i], c.opcode[i], c.size[i], c.key[i] = first, opcode, h.Size, h.Key
	c.length[i], c.wire[i], c.inflated[i] = h.Length, r.Wire, r.Inflated
	c.offset[i], c.violations[i] = r.Offset, uint64(r.Violations)
	c.message[i], c.frames[i] = r.Message, r.Frames
}

// rowBytes returns what the arena keeps of a record: the frame's payload and the message's body, or of an event its head
// or its words.
func rowBytes(r *record.Record) (payload, body []byte) {
	switch r.Kind {
	case record.KindFrame:
		return r.Payload, r.Body
	case record.KindRequest:
		return r.Head, []byte(r.Name + "\x00" + r.Remote)
	case record.KindResponse:
		return r.Head, nil
	case record.KindClose, record.KindEnd, record.KindBroken:
		return []byte(r.Reason), nil
	case record.KindNote:
		return noteText(r), nil
	case record.KindTransit: // no row
	}
	return nil, nil
}

func rowFlags(r *record.Record) (f uint8) {
	for _, b := range [...]struct {
		on  bool
		bit uint8
	}{
		{r.Truncated, flagTruncated},
		{r.Final, flagFinal},
		{r.Header.Masked, flagMasked},
		{r.Clean, flagClean},
		{r.Body != nil, flagHasBody},
		{r.Source == record.SourcePage, flagFromPage},
	} {
		if b.on {
			f |= b.bit
		}
	}
	return f
}

// Record returns the row as the record that it was made from, with its own copies of the bytes. What only the connection
// knows (Waited, Reached) is left out.
func (r Row) Record() record.Record {
	payload := bytes.Clone(r.Payload())
	out := record.Record{
		Seq: r.Seq(), Time: r.Time(), Conn: r.Conn(), Kind: r.Kind(),
		Leg: r.Leg(), Dir: r.Dir(), Offset: r.Offset(), Marks: r.Marks(),
	}
	if r.FromPage() {
		out.Source = record.SourcePage
	}
	switch out.Kind {
	case record.KindFrame:
		out.Payload = payload
		r.frame(&out)
	case record.KindRequest:
		out.Head = payload
		out.Name, out.Remote = r.Parties()
	case record.KindResponse:
		out.Head = payload
	case record.KindTransit: // no row
	case record.KindNote:
		out.Name, out.Reason = noteWord(r.Code()), string(payload)
	case record.KindClose, record.KindEnd, record.KindBroken:
		out.Reason, out.Code, out.By, out.Clean = string(payload), r.Code(), r.By(), r.Clean()
	}
	return out
}

func (r Row) frame(out *record.Record) {
	out.Header = frame.Header{
		Fin: r.Fin(), Rsv: r.Rsv(), Opcode: r.Opcode(),
		Masked: r.Masked(), Key: r.Key(), Length: r.Length(), Size: r.HeaderSize(),
	}
	out.Violations, out.Message = r.Violations(), r.Message()
	out.Truncated, out.Final, out.Compressed = r.Truncated(), r.Final(), r.Compressed()
	out.Wire, out.Inflated = r.Wire(), r.Inflated()
	if out.Final {
		out.Frames = r.Frames()
	}
	if r.HasBody() {
		out.Body = bytes.Clone(r.Content())
	}
}

// The words of notes, by the code that their rows have.
var noteWords = [...]string{"note", "attempt", "open", "wait", "lost", "queue", "drop", "error", "joined", "hint"}

// noteCode returns the code of a word, 0 for one that is not known.
func noteCode(word string) uint16 {
	for i, w := range noteWords {
		if w == word {
			return uint16(i)
		}
	}
	return 0
}

func noteWord(code uint16) string { return noteWords[int(code)%len(noteWords)] }

// noteText returns what the arena keeps of a note: a word that has no code stands in it.
func noteText(r *record.Record) []byte {
	if noteCode(r.Name) == 0 && r.Name != noteWords[0] {
		return []byte(r.Name + ": " + r.Reason)
	}
	return []byte(r.Reason)
}
