package model

import (
	"encoding/binary"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/query"
)

// queryRow is a row as a query sees it. One is used for all rows of a block.
type queryRow struct {
	block *rowBlock // that the row is in
	id    uint64
	pg    *page
	i     int
}

// at moves to a row.
func (r *queryRow) at(id uint64, pg *page, i int) { r.id, r.pg, r.i = id, pg, i }

// Number implements [query.Row].
func (r *queryRow) Number(f query.Field) (int64, bool) {
	one := *r.block
	one.first, one.from, one.n = r.id, r.i, 1
	var v [1]int64
	var has query.Bits
	one.Column(f, v[:], &has)
	return v[0], has.Has(0)
}

// hasCode reports whether the row has a close code: it is a close frame or the end of a connection.
func hasCode(pg *page, i int) bool {
	return pg.kind[i] == record.KindClose ||
		pg.kind[i] == record.KindFrame && frame.Opcode(pg.first[i]&0xF) == frame.Close && pg.kept[i] >= 2
}

func rowCode(s *store, pg *page, i int) int64 {
	if pg.kind[i] == record.KindClose {
		return int64(pg.code[i])
	}
	return int64(binary.BigEndian.Uint16(s.payload(pg, i)))
}

// worded reports whether the grid shows words for a row beside its payload.
func worded(pg *page, i int) bool { return pg.kind[i] != record.KindFrame || pg.first[i]&8 != 0 }

// Text implements [query.Row].
func (r *queryRow) Text(f query.Field) string {
	pg, i := r.pg, r.i
	switch f { //nolint:exhaustive // the others are numbers
	case query.Path:
		if k := r.block.m.conns.byID[pg.conn[i]]; k != nil {
			return k.Name
		}
	case query.Note:
		return r.block.m.marks.notes[r.id]
	case query.Words:
		if worded(pg, i) {
			return rowPreview(&r.block.m.store, pg, i, r.block.view)
		}
	}
	return ""
}

// Payload implements [query.Row].
func (r *queryRow) Payload() []byte {
	b := rowContent(&r.block.m.store, r.pg, r.i, r.block.view)
	r.block.searched += len(b)
	return b
}

// rowContent returns what a row shows: the message, or in the Frames view the frame's payload.
func rowContent(s *store, pg *page, i int, v View) []byte {
	if showsContent(pg, i, v) {
		return s.content(pg, i)
	}
	return s.payload(pg, i)
}

// showsContent reports whether the row shows the message, where that differs from the frame's payload.
func showsContent(pg *page, i int, v View) bool { return v == Messages || isWhole(pg, i, v) }

// isWhole reports whether the row stands for a whole message.
func isWhole(pg *page, i int, v View) bool {
	return pg.flags[i]&rowFinal != 0 && (v == Messages || pg.frames[i] == 1)
}

// rowCut reports whether fewer bytes were kept than there were.
func rowCut(pg *page, i int, v View) bool {
	switch {
	case pg.kind[i] != record.KindFrame:
		return false
	case pg.flags[i]&rowHasBody != 0 && isWhole(pg, i, v):
		return uint64(pg.body[i]) < pg.inflated[i]
	}
	return uint64(pg.kept[i]) < pg.length[i]
}

func oneIf(on bool) int64 {
	if on {
		return 1
	}
	return 0
}
