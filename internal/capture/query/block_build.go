package query

import "math"

// buildBlock compiles a node to look at blocks. It means what build's test means.
func buildBlock(n node) blockTest {
	switch n := n.(type) {
	case *allOf:
		return allBlocks(plan(n.kids))
	case *anyOf:
		return anyBlocks(plan(n.kids))
	case *notOf:
		kid := buildBlock(n.kid)
		return func(r *run, sel *Bits) {
			held := *sel
			kid(r, &held)
			sel.AndNot(&held)
		}
	case *has:
		if n.field.class != classText {
			return outside(n.field.field, []span{{0, 0}})
		}
	case *number:
		if n.op == opNe {
			return outside(n.field.field, n.ranges())
		}
		return within(n.field.field, n.ranges())
	case *names:
		return maskBlocks(n)
	case *text:
		f := newFinder(n.text)
		return func(r *run, sel *Bits) {
			found := *sel
			r.find(&f, &found)
			sel.AndNot(&found)
			r.worded(&f, sel)
			sel.Or(&found)
		}
	case *bytesIn:
		f := exactFinder(n.bytes)
		return func(r *run, sel *Bits) { r.find(&f, sel) }
	}
	one := build(n)
	return func(r *run, sel *Bits) { sel.Keep(func(i int) bool { return one(r.b.Row(i)) }) }
}

func eachBlock(kids []node) []blockTest {
	out := make([]blockTest, len(kids))
	for i, k := range kids {
		out[i] = buildBlock(k)
	}
	return out
}

func allBlocks(kids []node) blockTest {
	tests := eachBlock(kids)
	return func(r *run, sel *Bits) {
		for _, t := range tests {
			if t(r, sel); sel.none() {
				return
			}
		}
	}
}

func anyBlocks(kids []node) blockTest {
	tests := eachBlock(kids)
	return func(r *run, sel *Bits) {
		var found Bits
		for _, t := range tests {
			held := *sel
			t(r, &held)
			found.Or(&held)
			if sel.AndNot(&held); sel.none() {
				break
			}
		}
		*sel = found
	}
}

// within holds for rows whose number lies in one of the spans.
func within(f Field, spans []span) blockTest {
	read := columnReader(f)
	return func(r *run, sel *Bits) {
		read(r)
		r.words(sel, func(col *[64]int64) (in uint64) {
			for _, s := range spans {
				in |= wordIn(col, s.lo, uint64(s.hi)-uint64(s.lo))
			}
			return in
		})
	}
}

// outside holds for rows that have a number which lies in none of the spans.
func outside(f Field, spans []span) blockTest {
	read := columnReader(f)
	return func(r *run, sel *Bits) {
		read(r)
		r.words(sel, func(col *[64]int64) (in uint64) {
			for _, s := range spans {
				in |= wordIn(col, s.lo, uint64(s.hi)-uint64(s.lo))
			}
			return ^in
		})
	}
}

// wordIn says which of 64 numbers are lo or at most width above it.
//
// Like its sisters it goes in steps of eight and has no other branch: in WebAssembly a Go program's jump costs as much as
// several comparisons.
func wordIn(col *[64]int64, lo int64, width uint64) (in uint64) {
	for i := 0; i < 64; i += 8 {
		c := (*[8]int64)(col[i:])
		in = in>>8 | (isIn(c[0], lo, width)|isIn(c[1], lo, width)<<1|isIn(c[2], lo, width)<<2|isIn(c[3], lo, width)<<3|
			isIn(c[4], lo, width)<<4|isIn(c[5], lo, width)<<5|isIn(c[6], lo, width)<<6|isIn(c[7], lo, width)<<7)<<56
	}
	return in
}

func isIn(v, lo int64, width uint64) uint64 { return bit01(uint64(v)-uint64(lo) <= width) }

func bit01(on bool) uint64 {
	if on {
		return 1
	}
	return 0
}

func maskBlocks(n *names) blockTest {
	f, mask, flip := n.field.field, n.mask, uint64(0)
	if n.not {
		flip = math.MaxUint64
	}
	look := wordNamed
	if f.isSet() {
		look = wordMasked
	}
	return func(r *run, sel *Bits) {
		r.column(f)
		r.words(sel, func(col *[64]int64) uint64 { return look(col, mask) ^ flip })
	}
}

// wordNamed says which of 64 numbers are bits of mask.
func wordNamed(col *[64]int64, mask uint64) (in uint64) {
	for i := 0; i < 64; i += 8 {
		c := (*[8]int64)(col[i:])
		in = in>>8 | (mask>>(c[0]&63)&1|mask>>(c[1]&63)&1<<1|mask>>(c[2]&63)&1<<2|mask>>(c[3]&63)&1<<3|
			mask>>(c[4]&63)&1<<4|mask>>(c[5]&63)&1<<5|mask>>(c[6]&63)&1<<6|mask>>(c[7]&63)&1<<7)<<56
	}
	return in
}

// wordMasked says which of 64 numbers have a bit of mask.
func wordMasked(col *[64]int64, mask uint64) (in uint64) {
	for _, v := range col {
		in = in>>1 | bit01(uint64(v)&mask != 0)<<63
	}
	return in
}

func columnReader(f Field) func(*run) {
	if f == Ratio {
		return (*run).ratio
	}
	return func(r *run) { r.column(f) }
}

// ratio works out a column from two.
func (r *run) ratio() {
	r.b.Column(Len, r.other[:r.n], &r.more)
	r.column(Wire)
	r.has.And(&r.more)
	r.has.Keep(func(i int) bool { return r.col[i] > 0 })
	for i := range r.n {
		r.col[i] = ratioOf(r.other[i], r.col[i])
	}
}
