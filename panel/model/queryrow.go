package model

import (
	"encoding/binary"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/query"
)

// queryRow is a row as a query sees it. One is used for all rows of a scan.
type queryRow struct {
	m        *Model
	view     View
	id       uint64
	pg       *page
	i        int
	searched int // bytes handed out
}

// at moves to a row.
func (r *queryRow) at(id uint64, pg *page, i int) { r.id, r.pg, r.i, r.searched = id, pg, i, 0 }

// Number implements [query.Row].
func (r *queryRow) Number(f query.Field) (int64, bool) {
	pg, i := r.pg, r.i
	switch f { //nolint:exhaustive // what only frames have is asked below; Ratio and Hex are never asked of a row
	case query.Kind:
		if pg.kind[i] == kindGap {
			return 0, true
		}
		return int64(pg.kind[i]), true
	case query.Seq:
		return int64(pg.seq[i]), true
	case query.Conn:
		return int64(pg.conn[i]), pg.conn[i] != 0
	case query.Dir:
		return int64(rowDir(pg, i)), hasDir(pg, i)
	case query.Leg:
		return int64(pg.way[i] >> 1), pg.conn[i] != 0
	case query.At:
		return pg.time[i] - r.m.began, true
	case query.Delta:
		return pg.delta[i], pg.delta[i] >= 0
	case query.Lint:
		return int64(pg.violations[i]), true
	case query.Mark:
		_, marked := r.m.marks.notes[r.id]
		return oneIf(marked), true
	case query.By:
		return int64(pg.size[i]), pg.kind[i] == record.KindClose || pg.kind[i] == record.KindEnd
	case query.Clean:
		return oneIf(pg.flags[i]&rowClean != 0), pg.kind[i] == record.KindClose
	case query.Code:
		return r.code()
	case query.Cut:
		return oneIf(rowCut(pg, i, r.view)), pg.kind[i] != kindGap
	}
	if pg.kind[i] != record.KindFrame {
		return 0, false
	}
	return r.ofFrame(f)
}

// ofFrame answers what only frames and messages have.
func (r *queryRow) ofFrame(f query.Field) (int64, bool) {
	pg, i := r.pg, r.i
	whole := isWhole(pg, i, r.view)
	switch f { //nolint:exhaustive // the others are asked of every row, in Number
	case query.Op:
		if r.view == Messages {
			return int64(pg.opcode[i]), true
		}
		return int64(pg.first[i] & 0xF), true
	case query.Fin:
		return int64(pg.first[i] >> 7), true
	case query.Rsv:
		return int64(pg.first[i] >> 4 & 7), true
	case query.Mask:
		return oneIf(pg.flags[i]&rowMasked != 0), true
	case query.Len:
		if whole {
			return int64(pg.inflated[i]), true
		}
		return int64(pg.length[i]), true
	case query.Wire:
		if whole {
			return int64(pg.wire[i]), true
		}
		return int64(pg.length[i]), true
	case query.Msg:
		return int64(pg.message[i]), pg.message[i] > 0
	case query.Frames:
		return int64(pg.frames[i]), pg.frames[i] > 0 && pg.flags[i]&rowFinal != 0
	case query.Frag:
		return oneIf(isPart(pg, i) || pg.first[i]&0xF == 0), true
	case query.Compressed:
		return oneIf(pg.flags[i]&rowCompressed != 0), true
	case query.RTT:
		return pg.took[i], pg.took[i] > 0 && pg.first[i]&8 != 0
	case query.Latency:
		return pg.took[i], pg.took[i] > 0 && pg.first[i]&8 == 0
	}
	return 0, false
}

// code returns the close code of a close frame or of the end of a connection.
func (r *queryRow) code() (int64, bool) {
	pg, i := r.pg, r.i
	switch {
	case pg.kind[i] == record.KindClose:
		return int64(pg.code[i]), true
	case pg.kind[i] == record.KindFrame && frame.Opcode(pg.first[i]&0xF) == frame.Close && pg.kept[i] >= 2:
		return int64(binary.BigEndian.Uint16(r.m.store.payload(pg, i))), true
	}
	return 0, false
}

// Text implements [query.Row].
func (r *queryRow) Text(f query.Field) string {
	pg, i := r.pg, r.i
	switch f { //nolint:exhaustive // the others are numbers
	case query.Path:
		if k := r.m.conns.byID[pg.conn[i]]; k != nil {
			return k.Name
		}
	case query.Note:
		return r.m.marks.notes[r.id]
	case query.Words:
		if pg.kind[i] != record.KindFrame || pg.first[i]&8 != 0 {
			return rowPreview(&r.m.store, pg, i, r.view)
		}
	}
	return ""
}

// Payload implements [query.Row].
func (r *queryRow) Payload() []byte {
	b := rowContent(&r.m.store, r.pg, r.i, r.view)
	r.searched += len(b)
	return b
}

// rowContent returns what a row shows: the message, or in the Frames view the frame's payload.
func rowContent(s *store, pg *page, i int, v View) []byte {
	if v == Messages || isWhole(pg, i, v) {
		return s.content(pg, i)
	}
	return s.payload(pg, i)
}

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
