package query

import (
	"math/bits"
	"slices"
)

// BlockRows is how many rows a [Block] has at most.
const BlockRows = 1024

// Bits says something of each row of a block: row i has bit i%64 of word i/64.
type Bits [BlockRows / 64]uint64

// Set says it of row i.
func (b *Bits) Set(i int) { b[i>>6&(len(b)-1)] |= 1 << (i & 63) }

// Has reports whether it is said of row i.
func (b *Bits) Has(i int) bool { return b[i>>6&(len(b)-1)]>>(i&63)&1 != 0 }

// SetFirst says it of the first n rows, and of no other.
func (b *Bits) SetFirst(n int) {
	for w := range b {
		b[w] = 1<<max(0, min(n-64*w, 64)) - 1
	}
}

// Or adds what o says.
func (b *Bits) Or(o *Bits) {
	for w := range b {
		b[w] |= o[w]
	}
}

// AndNot takes away what o says.
func (b *Bits) AndNot(o *Bits) {
	for w := range b {
		b[w] &^= o[w]
	}
}

// And leaves what o says too.
func (b *Bits) And(o *Bits) {
	for w := range b {
		b[w] &= o[w]
	}
}

func (b *Bits) none() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

// Keep leaves the rows for which a test holds; the others are not asked.
func (b *Bits) Keep(test func(i int) bool) {
	for w, word := range b {
		for left := word; left != 0; left &= left - 1 {
			if k := bits.TrailingZeros64(left); !test(w<<6 + k) {
				b[w] &^= 1 << k
			}
		}
	}
}

// Append appends first+i for every row i of which it is said.
func (b *Bits) Append(ids []uint64, first uint64) []uint64 {
	for w, word := range b {
		if word == 0 {
			continue
		}
		n, at := bits.OnesCount64(word), first+uint64(w)<<6
		ids = slices.Grow(ids, n)
		free := ids[len(ids) : len(ids)+n]
		for i := range free {
			free[i] = at + uint64(bits.TrailingZeros64(word))
			word &= word - 1
		}
		ids = ids[:len(ids)+n]
	}
	return ids
}

// Block is a run of rows in a store of columns. A test of the wire looks at a column of all its rows at once, and a text
// is looked for in the payloads of many.
type Block interface {
	// Column writes what [Row.Number] says of each row to dst, and which rows have the field. Both are as they were left
	// by the call before; dst is as long as the block has rows.
	Column(f Field, dst []int64, has *Bits)
	// Row returns row i. The one returned before is not used any more.
	Row(i int) Row
	// Worded says which rows may have [Words].
	Worded(*Bits)
	// Piece returns a piece of memory in which payloads of the n ≥ 1 rows from row from on stand in their order: that of row
	// from+k is piece[start[k]:end[k]]. Both lists are as long as the block has rows.
	Piece(from int, start, end []uint32) (piece []byte, n int)
}

// run is a block while tests look at it, and where they write. A Scanner has one for all its blocks.
type run struct {
	b          Block
	n          int
	col, other [BlockRows]int64
	has, more  Bits
	start, end [BlockRows]uint32
}

// blockTest is a compiled part of a query: it takes the rows of sel for which it does not hold out of sel, and looks at no
// other.
type blockTest func(r *run, sel *Bits)

// column reads a column.
func (r *run) column(f Field) { r.b.Column(f, r.col[:r.n], &r.has) }

// words calls each for every 64 rows of which one is left and has the field, and keeps of them what it returns.
func (r *run) words(sel *Bits, each func(*[64]int64) uint64) {
	for w := range sel {
		if sel[w] &= r.has[w]; sel[w] != 0 {
			sel[w] &= each((*[64]int64)(r.col[w<<6:]))
		}
	}
}
