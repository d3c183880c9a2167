package model

import (
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/query"
)

// naiveNumber says what a field is of a row, the row alone.
func naiveNumber(r *queryRow, f query.Field) (int64, bool) {
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
		return pg.time[i] - r.block.m.began, true
	case query.Delta:
		return pg.delta[i], pg.delta[i] >= 0
	case query.Lint:
		return int64(pg.violations[i]), true
	case query.Is:
		return int64(pg.marks[i]), true
	case query.Mark:
		_, marked := r.block.m.marks.notes[r.id]
		return oneIf(marked), true
	case query.By:
		return int64(pg.size[i]), pg.kind[i] == record.KindClose || pg.kind[i] == record.KindEnd
	case query.Clean:
		return oneIf(pg.flags[i]&rowClean != 0), pg.kind[i] == record.KindClose
	case query.Code:
		return naiveCode(r)
	case query.Cut:
		return oneIf(rowCut(pg, i, r.block.view)), pg.kind[i] != kindGap
	}
	if pg.kind[i] != record.KindFrame {
		return 0, false
	}
	return naiveOfFrame(r, f)
}

// naiveOfFrame answers what only frames and messages have.
func naiveOfFrame(r *queryRow, f query.Field) (int64, bool) {
	pg, i := r.pg, r.i
	whole := isWhole(pg, i, r.block.view)
	switch f { //nolint:exhaustive // the others are asked of every row, above
	case query.Op:
		if r.block.view == Messages {
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

// naiveCode returns the close code of a close frame or of the end of a connection.
func naiveCode(r *queryRow) (int64, bool) {
	pg, i := r.pg, r.i
	switch {
	case pg.kind[i] == record.KindClose:
		return int64(pg.code[i]), true
	case pg.kind[i] == record.KindFrame && frame.Opcode(pg.first[i]&0xF) == frame.Close && pg.kept[i] >= 2:
		return int64(binary.BigEndian.Uint16(r.block.m.store.payload(pg, i))), true
	}
	return 0, false
}

// genAny is a record of any kind with anything in it.
func genAny() *rapid.Generator[record.Record] {
	return rapid.Custom(func(t *rapid.T) record.Record {
		n := func(name string, most int) uint64 { return rapid.Uint64Range(0, uint64(most)).Draw(t, name) }
		r := record.Record{
			Time: int64(n("time", 9)) * 1e6, Conn: uint32(n("conn", 2)), Kind: record.Kind(1 + n("kind", 6)),
			Leg: record.Leg(n("leg", 1)), Dir: record.Dir(n("dir", 1)), By: record.Side(n("by", 2)), Code: uint16(1000 + n("code", 9)),
			Clean: rapid.Bool().Draw(t, "clean"), Reason: "why", Head: []byte("GET / HTTP/1.1\r\n\r\n"),
		}
		if rapid.IntRange(0, 3).Draw(t, "often") > 0 {
			r.Kind = record.KindFrame
		}
		if r.Kind != record.KindFrame {
			return r
		}
		r.Payload = rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "payload")
		r.Header = frame.Header{
			Opcode: frame.Opcode(n("opcode", 15)), Fin: rapid.Bool().Draw(t, "fin"), Rsv: uint8(n("rsv", 7)), Size: 2,
			Masked: rapid.Bool().Draw(t, "masked"), Length: n("length", 6),
		}
		r.Violations, r.Message = frame.Violations(n("violations", 1<<20)), n("message", 3)
		r.Truncated, r.Compressed = n("truncated", 9) == 0, rapid.Bool().Draw(t, "compressed")
		if r.Final = rapid.Bool().Draw(t, "final"); r.Final {
			r.Frames, r.Wire, r.Inflated = uint32(n("frames", 3)), n("wire", 9), n("inflated", 9)
			if rapid.Bool().Draw(t, "has body") {
				r.Body = []byte("body")
			}
		}
		return r
	})
}

// TestColumnsSayWhatRowsSay: in every field, in both views, over random captures with gaps, marks and blocks that begin
// anywhere; and the payloads that a block hands out are those of its rows.
func TestColumnsSayWhatRowsSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(Options{Rows: rapid.IntRange(1, 200).Draw(t, "rows")})
		var seq uint64 = 1
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			seq += rapid.Uint64Range(0, 1).Draw(t, "gap")
			records := rapid.SliceOfN(genAny(), 1, 40).Draw(t, "records")
			m.Update(Batch{batchOf(seq, records...)})
			seq += uint64(len(records))
		}
		for range rapid.IntRange(0, 3).Draw(t, "marks") {
			m.Update(ToggleMark{rapid.Uint64Range(m.store.oldest, m.store.end-1).Draw(t, "mark")})
		}
		b := rowBlock{m: m, view: View(rapid.IntRange(0, 1).Draw(t, "view"))}
		first := rapid.Uint64Range(m.store.oldest, m.store.end-1).Draw(t, "first")
		b.at(&m.store, first, rapid.IntRange(1, 300).Draw(t, "most"), rapid.Bool().Draw(t, "payloads"))
		for f := range query.Ratio + 50 {
			compareColumn(t, &b, f)
		}
		comparePayloads(t, &b)
	})
}

func compareColumn(t *rapid.T, b *rowBlock, f query.Field) {
	dst := make([]int64, b.n)
	var has, words query.Bits
	b.Column(f, dst, &has)
	b.Worded(&words)
	for i := range b.n {
		r, ok := b.Row(i).(*queryRow)
		if !ok {
			t.Fatal("another row")
		}
		want, has1 := naiveNumber(r, f)
		if has.Has(i) != has1 || has1 && dst[i] != want {
			t.Fatalf("field %d of row %d: %d, %v; want %d, %v", f, i, dst[i], has.Has(i), want, has1)
		}
		if got, has2 := r.Number(f); has2 != has1 || has1 && got != want {
			t.Fatalf("field %d of row %d asked alone: %d, %v; want %d, %v", f, i, got, has2, want, has1)
		}
		if r.Text(query.Words) != "" && !words.Has(i) {
			t.Fatalf("row %d has words that the block does not say", i)
		}
	}
}

func comparePayloads(t *rapid.T, b *rowBlock) {
	start, end := make([]uint32, b.n), make([]uint32, b.n)
	for from := 0; from < b.n; {
		piece, n := b.Piece(from, start, end)
		for k := range n {
			if got, want := piece[start[k]:end[k]], b.Row(from+k).Payload(); string(got) != string(want) {
				t.Fatalf("payload of row %d: %q, want %q", from+k, got, want)
			}
		}
		from += n
	}
}
