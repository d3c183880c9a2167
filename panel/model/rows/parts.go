package rows

import (
	"slices"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// maxParts is how many frames of one message [Store.Parts] returns, and maxPartSteps how many frames of its direction are
// looked at for them.
const (
	maxParts     = 200
	maxPartSteps = 100_000
)

// Stream is the newest frame of one direction of a connection's leg, for [Store.Chain]. Its zero value has none.
type Stream struct {
	newest uint64 // ID plus 1
	part   uint32 // frames of the message under way
}

// Newest returns the ID of the newest frame, and false when there is none.
func (t *Stream) Newest() (id uint64, ok bool) { return t.newest - 1, t.newest != 0 }

// Chain ties the newest row to the frame before it in its direction, and a frame that is a part of a message to the others.
// A part keeps its place in the message in the column frames and, once that has come, the frame that ends the message in
// the column pair: each frame is visited once more, when its message ends.
func (s *Store) Chain(t *Stream, r *record.Record) {
	row := s.Row(s.end - 1)
	id, c, i := s.end-1, row.chunk, row.i
	if t.newest != 0 && id+1-t.newest < 1<<32 {
		c.back[i] = uint32(id + 1 - t.newest)
	}
	t.newest = id + 1
	if r.Header.Opcode.IsControl() || r.Message == 0 {
		return
	}
	if r.Header.Opcode != frame.Continuation {
		t.part = 0
	}
	t.part++
	if !r.Final {
		c.frames[i] = t.part
		return
	}
	place := r.Frames
	for other := range row.partsBefore {
		other.chunk.pair[other.i] = id + 1
		if place--; other.Opcode() == frame.Continuation && place > 1 {
			other.chunk.frames[other.i] = place
		}
	}
}

// Before returns the frame before in the same direction of the connection, and false when there is none or it is evicted.
func (r Row) Before() (Row, bool) {
	id, back := r.ID(), uint64(r.chunk.back[r.i])
	if back == 0 || id-r.store.oldest < back {
		return Row{}, false
	}
	return r.store.Row(id - back), true
}

// partsBefore goes over the kept frames of the message of the row that came before it, newest first.
func (r Row) partsBefore(yield func(Row) bool) {
	at := r
	for range maxPartSteps {
		before, ok := at.Before()
		if !ok {
			return
		}
		switch at = before; {
		case at.IsControl():
		case at.Message() != r.Message() || at.Final() || !yield(at):
			return
		}
	}
}

// IsPart reports whether the row is a frame of a message that other frames belong to as well.
func (r Row) IsPart() bool {
	switch {
	case !r.IsFrame() || r.IsControl():
		return false
	case r.Final():
		return r.Frames() > 1
	default:
		return !r.Fin() || r.Opcode() == frame.Continuation // a whole frame in which the stream broke off is no part
	}
}

// Whole returns the frame that ends the message of a part; ok is false until that has come.
func (r Row) Whole() (Row, bool) {
	if !r.IsPart() || r.Final() {
		return Row{}, false
	}
	return r.Pair()
}

// Parts returns the IDs of the kept frames of the message that the row is a part of, oldest first; nil for a message of one
// frame.
func (r Row) Parts() []uint64 {
	if !r.IsPart() {
		return nil
	}
	if end, ok := r.Whole(); ok {
		r = end
	}
	out := []uint64{r.ID()}
	for other := range r.partsBefore {
		if out = append(out, other.ID()); len(out) == maxParts {
			break
		}
	}
	slices.Reverse(out)
	return out
}

// Pair returns the row that this one answers or that answers it, of a part the frame that ends its message, and false when
// there is none or it is evicted.
func (r Row) Pair() (Row, bool) {
	p := r.chunk.pair[r.i]
	if p == 0 || !r.store.Has(p-1) {
		return Row{}, false
	}
	return r.store.Row(p - 1), true
}

// Unpair forgets what a message answers.
func (r Row) Unpair() { r.chunk.pair[r.i], r.chunk.response[r.i] = 0, 0 }

// Answer ties two rows together: the row with ID answer answers the one with ID asked after so many ns. The older one may
// be evicted.
func (s *Store) Answer(asked, answer uint64, ns int64) {
	r := s.Row(answer)
	r.chunk.response[r.i], r.chunk.pair[r.i] = ns, asked+1
	if s.Has(asked) {
		r = s.Row(asked)
		if r.chunk.pair[r.i] == 0 {
			r.chunk.pair[r.i] = answer + 1
		}
	}
}
