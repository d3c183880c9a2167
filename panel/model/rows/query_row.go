package rows

import (
	"encoding/binary"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// queryRow is a row as a query sees it. One is used for all rows of a block.
type queryRow struct {
	block *Block // that the row is in
	row   Row
}

// Number implements [query.Row].
func (r *queryRow) Number(f query.Field) (int64, bool) {
	one := *r.block
	one.first, one.from, one.n = r.row.ID(), r.row.i, 1
	var v [1]int64
	var has query.Bits
	one.Column(f, v[:], &has)
	return v[0], has.Has(0)
}

// HasCode reports whether the row has a close code: it is a close frame or the end of a connection.
func (r Row) HasCode() bool {
	return r.Kind() == record.KindClose || r.IsFrame() && r.Opcode() == frame.Close && r.Kept() >= 2
}

// closeCode returns the close code of a row that has one.
func (r Row) closeCode() int64 {
	if r.Kind() == record.KindClose {
		return int64(r.Code())
	}
	return int64(binary.BigEndian.Uint16(r.Payload()))
}

// worded reports whether the grid shows words for a row beside its payload.
func (r Row) worded() bool { return !r.IsFrame() || r.IsControl() }

// Text implements [query.Row].
func (r *queryRow) Text(f query.Field) string {
	row := r.row
	switch f { //nolint:exhaustive // the others are numbers
	case query.Path:
		return r.block.lookup.Words(row.Conn()).Path
	case query.Host:
		return r.block.lookup.Words(row.Conn()).Host
	case query.Node:
		return r.block.lookup.Words(row.Conn()).Node
	case query.File:
		return r.block.lookup.Words(row.Conn()).File
	case query.App:
		return r.block.lookup.Words(row.Conn()).App
	case query.Note:
		return r.block.lookup.Note(row.ID())
	case query.Words:
		if row.worded() {
			return row.Preview(r.block.view)
		}
	}
	return ""
}

// Payload implements [query.Row].
func (r *queryRow) Payload() []byte {
	b := r.row.Shown(r.block.view)
	r.block.searched += len(b)
	return b
}

// Shown returns the kept bytes of what the row shows: the message, or in the Frames view the frame's payload.
func (r Row) Shown(v View) []byte {
	if r.showsContent(v) {
		return r.Content()
	}
	return r.Payload()
}

// showsContent reports whether the row shows the message, where that differs from the frame's payload.
func (r Row) showsContent(v View) bool { return v == Messages || r.isWhole(v) }

// isWhole reports whether the row stands for a whole message.
func (r Row) isWhole(v View) bool { return r.Final() && (v == Messages || r.Frames() == 1) }

// Cut returns how many bytes were kept of what a row shows and how many there were, and whether some are missing. What the end of
// the stream cut off never came, and is not missing.
func (r Row) Cut(v View) (kept, whole uint64, cut bool) {
	switch {
	case !r.IsFrame() || r.Truncated():
		return 0, 0, false
	case r.HasBody() && r.isWhole(v):
		kept, whole = uint64(len(r.Content())), r.Inflated()
	default:
		kept, whole = uint64(r.Kept()), r.Length()
	}
	return kept, whole, kept < whole
}

func (r Row) cut(v View) bool {
	_, _, cut := r.Cut(v)
	return cut
}

func oneIf(on bool) int64 {
	if on {
		return 1
	}
	return 0
}
