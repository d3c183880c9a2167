package rows

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// naiveNumber says what a field is of a row, the row alone.
func naiveNumber(r *queryRow, f query.Field) (int64, bool) {
	w := r.row
	switch f { //nolint:exhaustive // what only frames have is asked below; Ratio and Hex are never asked of a row
	case query.Kind:
		if w.IsGap() {
			return 0, true
		}
		return int64(w.Kind()), true
	case query.Seq:
		return int64(w.Seq()), true
	case query.Conn:
		return int64(w.Conn()), w.Conn() != 0
	case query.Dir:
		return int64(w.Dir()), w.HasDir()
	case query.Leg:
		return int64(w.Leg()), w.Conn() != 0
	case query.At:
		return w.Time() - r.block.lookup.Began(), true
	case query.Clock:
		return query.TimeOfDay(w.Time(), r.block.lookup.Zone()), true
	case query.Delta:
		return w.Delta(), w.Delta() >= 0
	case query.Lint:
		return int64(w.Violations()), true
	case query.Is:
		return int64(w.Marks()), true
	case query.Mark:
		marked := slices.Contains(r.block.lookup.Marked(w.ID()), w.ID())
		return oneIf(marked), true
	case query.By:
		return int64(w.By()), w.Kind() == record.KindClose || w.Kind() == record.KindEnd
	case query.Clean:
		return oneIf(w.Clean()), w.Kind() == record.KindClose
	case query.Code:
		return naiveCode(r)
	case query.TargetTime:
		n := r.block.lookup.TargetTime(w.Conn())
		return n, w.Kind() == record.KindResponse && n > 0
	case query.Cut:
		return oneIf(w.cut(r.block.view)), w.Kind() != KindGap
	}
	if w.Kind() != record.KindFrame {
		return 0, false
	}
	return naiveOfFrame(r, f)
}

// naiveOfFrame answers what only frames and messages have.
func naiveOfFrame(r *queryRow, f query.Field) (int64, bool) {
	w := r.row
	whole := w.isWhole(r.block.view)
	switch f { //nolint:exhaustive // the others are asked of every row, above
	case query.Op:
		if r.block.view == Messages {
			return int64(w.MessageOpcode()), true
		}
		return int64(w.Opcode()), true
	case query.Fin:
		return oneIf(w.Fin()), true
	case query.Rsv:
		return int64(w.Rsv()), true
	case query.Mask:
		return oneIf(w.Masked()), true
	case query.Len:
		if whole {
			return int64(w.Inflated()), true
		}
		return int64(w.Length()), true
	case query.Wire:
		if whole {
			return int64(w.Wire()), true
		}
		return int64(w.Length()), true
	case query.Msg:
		return int64(w.Message()), w.Message() > 0
	case query.Frames:
		return int64(w.Frames()), w.Frames() > 0 && w.Final()
	case query.Frag:
		return oneIf(w.IsPart() || w.Opcode() == 0), true
	case query.Compressed:
		return oneIf(w.Compressed()), true
	case query.RTT:
		return w.ResponseTime(), w.ResponseTime() > 0 && w.IsControl()
	case query.Latency:
		return w.ResponseTime(), w.ResponseTime() > 0 && !w.IsControl()
	}
	return 0, false
}

// naiveCode returns the close code of a close frame or of the end of a connection.
func naiveCode(r *queryRow) (int64, bool) {
	w := r.row
	switch {
	case w.Kind() == record.KindClose:
		return int64(w.Code()), true
	case w.Kind() == record.KindFrame && w.Opcode() == frame.Close && w.Kept() >= 2:
		return int64(binary.BigEndian.Uint16(w.Payload())), true
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

// someLookup marks some rows and knows little else.
type someLookup struct{ marked []uint64 }

func (someLookup) Began() int64 { return 2e6 }
func (someLookup) Words(uint32) record.Words {
	return record.Words{Path: "/ws", Host: "a.example", App: "curl\n7"}
}
func (someLookup) Zone() *time.Location         { return time.FixedZone("", 3600) }
func (someLookup) TargetTime(conn uint32) int64 { return int64(conn) }
func (someLookup) Note(uint64) string           { return "" }
func (l someLookup) Marked(from uint64) []uint64 {
	i, _ := slices.BinarySearch(l.marked, from)
	return l.marked[i:]
}

// TestColumnsSayWhatRowsSay: in every field, in both views, over random captures with gaps, marks and blocks that begin
// anywhere; and the payloads that a block hands out are those of its rows.
func TestColumnsSayWhatRowsSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewStore(rapid.IntRange(1, 200).Draw(t, "rows"), 0)
		var l someLookup
		for seq := range rapid.Uint64Range(1, 120).Draw(t, "records") {
			if rapid.IntRange(0, 9).Draw(t, "gap") == 0 {
				s.AddGap(int64(seq), seq, 3, GapFeed)
			}
			r := genAny().Draw(t, "record")
			r.Seq = seq
			row := s.Add(&r, frame.Opcode(rapid.IntRange(0, 15).Draw(t, "message opcode")), rapid.Bool().Draw(t, "compressed message"))
			row.SetDelta(rapid.Int64Range(-1, 5).Draw(t, "delta"))
			if rapid.IntRange(0, 3).Draw(t, "answers") == 0 {
				s.Answer(row.ID()/2, row.ID(), 1+r.Time)
			}
			if rapid.IntRange(0, 9).Draw(t, "marked") == 0 {
				l.marked = append(l.marked, row.ID())
			}
		}
		b := NewBlock(s, View(rapid.IntRange(0, 1).Draw(t, "view")), l)
		b.Move(rapid.Uint64Range(s.Oldest(), s.End()-1).Draw(t, "first"), rapid.IntRange(1, 300).Draw(t, "most"), rapid.Bool().Draw(t, "payloads"))
		for f := range query.Ratio + 50 {
			compareColumn(t, b, f)
		}
		comparePayloads(t, b)
	})
}

func compareColumn(t *rapid.T, b *Block, f query.Field) {
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

func comparePayloads(t *rapid.T, b *Block) {
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
