package query

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// fakeBlock is a block of fake rows. Payloads lie in pieces of a few rows each, with bytes between them that are no row's.
type fakeBlock struct {
	rows    []fakeRow
	between []byte
	piece   int // rows in a piece; 0 for all
}

func (b *fakeBlock) Column(f Field, dst []int64, has *Bits) {
	for i, r := range b.rows {
		n, ok := r.Number(f)
		if dst[i] = n; ok {
			has.Set(i)
		} else {
			has[i>>6] &^= 1 << (i & 63)
		}
	}
}

func (b *fakeBlock) Row(i int) Row { return b.rows[i] }

func (b *fakeBlock) Worded(has *Bits) {
	for i, r := range b.rows {
		if r.texts[Words] != "" {
			has.Set(i)
		} else {
			has[i>>6] &^= 1 << (i & 63)
		}
	}
}

func (b *fakeBlock) Piece(from int, start, end []uint32) (piece []byte, n int) {
	n = len(b.rows) - from
	if b.piece > 0 {
		n = min(n, b.piece)
	}
	for k, r := range b.rows[from : from+n] {
		piece = append(piece, b.between...)
		start[k] = uint32(len(piece))
		piece = append(piece, r.Payload()...)
		end[k] = uint32(len(piece))
	}
	return piece, n
}

// TestBlocksAreAnsweredAsRows: whatever a query, a capture and its division into blocks, asking blocks shows the rows that
// the naive evaluation shows, and none of those that were not to be asked.
func TestBlocksAreAnsweredAsRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, err := Parse(drawQuery(t, 4, false))
		if err != nil {
			t.Fatal(err)
		}
		var asked []fakeRow
		var got, want, names []uint64
		s := q.Scanner()
		first := uint64(0)
		for range rapid.IntRange(1, 4).Draw(t, "blocks") {
			b := fakeBlock{
				between: []byte(rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "between")),
				piece:   rapid.IntRange(0, 9).Draw(t, "piece"),
			}
			few := rapid.SliceOfN(rapid.Custom(drawRow), 1, 9).Draw(t, "rows")
			b.rows = slices.Repeat(few, rapid.IntRange(1, 30).Draw(t, "times"))
			var pass Bits
			pass.SetFirst(len(b.rows))
			every := rapid.IntRange(1, 3).Draw(t, "every")
			pass.Keep(func(i int) bool { return i%every == 0 })
			for i, r := range b.rows {
				if i%every == 0 {
					asked, names = append(asked, r), append(names, first+uint64(i))
				}
			}
			got = s.PushBlock(got, first, &b, len(b.rows), pass, Bits{})
			first += uint64(len(b.rows))
		}
		for i := range asked {
			if naive(q.root, asked, i) {
				want = append(want, names[i])
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s shows %v, want %v", q, got, want)
		}
	})
}

// TestEveryFieldIsAnsweredInBlocks: each name of the language, alone and with each operator that it takes, over random
// numbers.
func TestEveryFieldIsAnsweredInBlocks(t *testing.T) {
	for _, f := range Fields() {
		t.Run(f.Name, func(t *testing.T) { rapid.Check(t, func(t *rapid.T) { askField(t, f) }) })
	}
}

func askField(t *rapid.T, f FieldHelp) {
	value := rapid.SampledFrom([]string{"", ":0", ":1,3", "=2", "!=1", "<2", "<=2", ">1", ">=1", ":1..5", "~/a/", ":ab"}).Draw(t, "value")
	q, err := Parse(f.Name + value)
	if err != nil {
		q, err = Parse(f.Example)
	}
	if err != nil {
		t.Fatal(err)
	}
	b := fakeBlock{rows: make([]fakeRow, rapid.IntRange(1, 70).Draw(t, "rows"))}
	field := byName[f.Name]
	for i := range b.rows {
		r := drawRow(t)
		if field.class == classText {
			r.texts[field.field] = rapid.SampledFrom([]string{"", "ab", "xa"}).Draw(t, "text")
		} else if rapid.Bool().Draw(t, "has") {
			r.numbers[field.field] = rapid.Int64Range(0, 5).Draw(t, "number")
		}
		b.rows[i] = r
	}
	var pass Bits
	pass.SetFirst(len(b.rows))
	got := q.Scanner().PushBlock(nil, 0, &b, len(b.rows), pass, Bits{})
	var want []uint64
	for i, r := range b.rows {
		if naive(q.root, b.rows, i) {
			want = append(want, uint64(i))
		}
		if q.Match(r) != naive(q.root, b.rows, i) {
			t.Fatalf("%s of %+v: Match is %v", q, r, q.Match(r))
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s shows %v, want %v", q, got, want)
	}
}

// TestAFinderFindsWhatTheStandardLibraryFinds, also where text and payload nearly agree everywhere.
func TestAFinderFindsWhatTheStandardLibraryFinds(t *testing.T) {
	letters := rapid.SampledFrom([]byte("aabAB0\xc3\xff"))
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(letters, 1, 12).Draw(t, "text"))
		b := rapid.SliceOfN(letters, 0, 80).Draw(t, "bytes")
		if rapid.Bool().Draw(t, "long") {
			text = rapid.SampledFrom([]string{"b", "B", ""}).Draw(t, "begin") + strings.Repeat("a", rapid.IntRange(1, 400).Draw(t, "times"))
			b = append(bytes.Repeat([]byte("aaaA"[:rapid.IntRange(3, 4).Draw(t, "period")]), 2000), b...)
		}
		f := newFinder(text)
		want := bytes.Index(b, f.text)
		if f.fold {
			want = bytes.Index(lowered(b), f.text)
		}
		if got := f.index(b); got != want {
			t.Fatalf("%q in %q: %d, want %d", text, b, got, want)
		}
	})
}

func lowered(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c | 0x20
		}
	}
	return out
}
