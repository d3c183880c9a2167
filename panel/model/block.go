package model

import (
	"slices"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/query"
)

// blockBytes is about how many bytes the payloads of one block have at most: a block is not interrupted.
const blockBytes = 256 << 10

// rowBlock is a run of rows of one page of the store, as a query sees it.
type rowBlock struct {
	m        *Model
	view     View
	first    uint64 // ID of the first row
	pg       *page
	from, n  int // rows from ≤ i < from+n of pg
	row      queryRow
	searched int // bytes handed out
}

// at moves to the rows from id on, at most so many; where payloads are asked for, fewer when they are long.
func (b *rowBlock) at(s *store, id uint64, most int, payloads bool) {
	b.first, b.searched = id, 0
	b.pg, b.from = s.row(id)
	b.n = int(min(uint64(most), query.BlockRows, uint64(pageRows-b.from), s.end-id))
	if !payloads {
		return
	}
	bytes := 0
	kept, body := b.pg.kept[b.from:b.from+b.n], b.pg.body[b.from:b.from+b.n]
	for i := range kept {
		if bytes += int(kept[i]) + int(body[i]); bytes > blockBytes {
			b.n = i + 1
			return
		}
	}
}

// Row implements [query.Block].
func (b *rowBlock) Row(i int) query.Row {
	b.row.at(b.first+uint64(i), b.pg, b.from+i)
	b.row.block = b
	return &b.row
}

// Worded implements [query.Block].
func (b *rowBlock) Worded(has *query.Bits) {
	has.SetFirst(b.n)
	has.Keep(func(i int) bool { return worded(b.pg, b.from+i) })
}

// Piece implements [query.Block]: rows whose payloads lie in the same chunk of the arena.
func (b *rowBlock) Piece(from int, start, end []uint32) (piece []byte, n int) {
	pg, chunk := b.pg, b.pg.at[b.from+from]>>32
	for n = 0; from+n < b.n; n++ {
		i := b.from + from + n
		at, size := pg.at[i], pg.kept[i]
		if at>>32 != chunk {
			break
		}
		if pg.flags[i]&rowHasBody != 0 && showsContent(pg, i, b.view) {
			at, size = at+uint64(size), pg.body[i]
		}
		start[n], end[n] = uint32(at), uint32(at)+size
	}
	b.searched += int(end[n-1] - start[0])
	return b.m.store.arena.get(chunk<<32, int(end[n-1])), n
}

// pass says which rows everything but the query shows, and which are gaps, which nothing hides.
func (b *rowBlock) pass(f *Filter) (pass, gaps query.Bits) {
	pass.SetFirst(b.n)
	gaps = pass
	pg, from := b.pg, b.from
	if slices.Contains(pg.kind[from:from+b.n], kindGap) {
		gaps.Keep(func(i int) bool { return pg.kind[from+i] == kindGap })
	} else {
		gaps = query.Bits{}
	}
	if b.view == Messages {
		b.messages(&pass)
	}
	if f.Conn != 0 {
		pass.Keep(func(i int) bool { return pg.conn[from+i] == f.Conn })
	}
	if f.HideTypes != 0 {
		pass.Keep(func(i int) bool { return !f.Hides(rowType(pg, from+i, b.view)) })
	}
	if f.HideDir != [2]bool{} {
		pass.Keep(func(i int) bool { return !f.HideDir[rowDir(pg, from+i)] || !hasDir(pg, from+i) })
	}
	if f.To != 0 {
		pass.Keep(func(i int) bool { return pg.time[from+i] >= f.From && pg.time[from+i] <= f.To })
	}
	if f.Broken {
		pass.Keep(func(i int) bool { return pg.violations[from+i] != 0 || pg.kind[from+i] == record.KindBroken })
	}
	pass.Or(&gaps)
	return pass, gaps
}

// messages leaves what [shownIn] shows of the view of messages, without a call for each row: every scan goes through here.
func (b *rowBlock) messages(sel *query.Bits) {
	pg := b.pg
	for w := range sel {
		if sel[w] == 0 {
			return
		}
		at := b.from + 64*w
		if at+64 > pageRows { // the end of a page
			sel.Keep(func(i int) bool { return i>>6 != w || shownIn(pg, b.from+i, Messages) })
			continue
		}
		kind, first, flags := (*[64]record.Kind)(pg.kind[at:]), (*[64]uint8)(pg.first[at:]), (*[64]uint8)(pg.flags[at:])
		var word uint64
		for i := 0; i < 64; i += 4 {
			word = word>>4 | (isMessage(kind[i&63], first[i&63], flags[i&63])|isMessage(kind[(i+1)&63], first[(i+1)&63], flags[(i+1)&63])<<1|
				isMessage(kind[(i+2)&63], first[(i+2)&63], flags[(i+2)&63])<<2|isMessage(kind[(i+3)&63], first[(i+3)&63], flags[(i+3)&63])<<3)<<60
		}
		sel[w] &= word
	}
}

// isMessage is [shownIn] as a number, for a loop without branches.
func isMessage(kind record.Kind, first, flags uint8) uint64 {
	if uint(first&8)|uint(flags&(rowFinal|rowTruncated))|uint(kind^record.KindFrame) != 0 {
		return 1
	}
	return 0
}
