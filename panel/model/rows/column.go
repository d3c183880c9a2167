package rows

import (
	mathbits "math/bits"
	"slices"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// Column implements [query.Block]. What a field is of one row stands nowhere else: [queryRow.Number] asks for a column of
// one.
func (b *Block) Column(f query.Field, dst []int64, has *query.Bits) {
	c, from := b.chunk, b.from
	has.SetFirst(b.n)
	each := func(value func(i int) int64) {
		for i := range dst {
			dst[i] = value(from + i)
		}
	}
	keep := func(test func(i int) bool) { has.Keep(func(i int) bool { return test(from + i) }) }
	switch f { //nolint:exhaustive // what only frames have is asked below; Ratio and Hex are never asked of a row
	case query.Kind:
		each(func(i int) int64 { return kindNumber(c.kind[i]) })
	case query.Seq:
		fill(dst, c.seq[from:])
	case query.Conn:
		fill(dst, c.conn[from:])
		keep(func(i int) bool { return c.conn[i] != 0 })
	case query.Dir:
		bitsOf(dst, c.stream[from:], 0, 1)
		b.directed(has)
	case query.Leg:
		bitsOf(dst, c.stream[from:], 1, 0x7F)
		keep(func(i int) bool { return c.conn[i] != 0 })
	case query.At:
		fill(dst, c.time[from:])
		began := b.lookup.Began()
		for i := range dst {
			dst[i] -= began
		}
	case query.Clock:
		zone := b.lookup.Zone()
		each(func(i int) int64 { return query.TimeOfDay(c.time[i], zone) })
	case query.Delta:
		fill(dst, c.delta[from:])
		keep(func(i int) bool { return c.delta[i] >= 0 })
	case query.Lint:
		fill(dst, c.violations[from:])
	case query.Is:
		fill(dst, c.marks[from:])
	case query.Mark:
		b.marked(dst)
	case query.By:
		fill(dst, c.size[from:])
		keep(func(i int) bool { return c.kind[i] == record.KindClose || c.kind[i] == record.KindEnd })
	case query.Clean:
		each(func(i int) int64 { return oneIf(c.flags[i]&flagClean != 0) })
		keep(func(i int) bool { return c.kind[i] == record.KindClose })
	case query.Code:
		keep(func(i int) bool { return b.at(i).HasCode() })
		has.Keep(func(i int) bool { dst[i] = b.at(from + i).closeCode(); return true })
	case query.Cut:
		each(func(i int) int64 { return oneIf(b.at(i).cut(b.view)) })
		keep(func(i int) bool { return c.kind[i] != KindGap })
	case query.TargetTime:
		b.answered(dst, has)
	default:
		b.frames(has)
		b.frameColumn(f, dst, has)
	}
}

// frameColumn writes what only frames and messages have.
func (b *Block) frameColumn(f query.Field, dst []int64, has *query.Bits) {
	c, from := b.chunk, b.from
	keep := func(test func(i int) bool) { has.Keep(func(i int) bool { return test(from + i) }) }
	if seenOnlyOnTheWire(f) {
		b.onWire(has)
	}
	switch f { //nolint:exhaustive // the others are asked of every row, in Column
	case query.Op:
		if b.view == Messages {
			fill(dst, c.opcode[from:])
			return
		}
		bitsOf(dst, c.first[from:], 0, 0xF)
	case query.Fin:
		bitsOf(dst, c.first[from:], 7, 1)
	case query.Rsv:
		bitsOf(dst, c.first[from:], 4, 7)
	case query.Mask:
		bitsOf(dst, c.flags[from:], mathbits.TrailingZeros8(flagMasked), 1)
	case query.Compressed:
		bitsOf(dst, c.flags[from:], mathbits.TrailingZeros8(flagCompressed), 1)
	case query.Len:
		b.whole(dst, c.inflated[from:], c.length[from:])
	case query.Wire:
		b.whole(dst, c.wire[from:], c.length[from:])
	case query.Msg:
		fill(dst, c.message[from:])
		keep(func(i int) bool { return c.message[i] > 0 })
	case query.Frames:
		fill(dst, c.frames[from:])
		keep(func(i int) bool { return c.frames[i] > 0 && c.flags[i]&flagFinal != 0 })
	case query.Frag:
		for i := range dst {
			k := from + i
			dst[i] = oneIf(b.at(k).IsPart() || c.first[k]&0xF == 0)
		}
	case query.ProxyDelay:
		fill(dst, c.delay[from:])
		keep(func(i int) bool { return c.delay[i] > 0 })
	case query.RTT:
		fill(dst, c.response[from:])
		keep(func(i int) bool { return c.response[i] > 0 && c.first[i]&8 != 0 })
	case query.Latency:
		fill(dst, c.response[from:])
		keep(func(i int) bool { return c.response[i] > 0 && c.first[i]&8 == 0 })
	default:
		*has = query.Bits{}
	}
}

// fill copies a column. Four at a time: in WebAssembly a Go program's jump costs more than a copy.
func fill[T ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int64](dst []int64, column []T) {
	column = column[:len(dst)]
	for len(dst) >= 4 && len(column) >= 4 {
		d, c := (*[4]int64)(dst), (*[4]T)(column)
		d[0], d[1], d[2], d[3] = int64(c[0]), int64(c[1]), int64(c[2]), int64(c[3])
		dst, column = dst[4:], column[4:]
	}
	for i, v := range column {
		dst[i] = int64(v)
	}
}

// bitsOf writes bits of a column: the lowest so many that mask has, after the move.
func bitsOf(dst []int64, column []uint8, right int, mask uint8) {
	fill(dst, column)
	for len(dst) >= 4 {
		d := (*[4]int64)(dst)
		d[0], d[1] = d[0]>>(right&7)&int64(mask), d[1]>>(right&7)&int64(mask)
		d[2], d[3] = d[2]>>(right&7)&int64(mask), d[3]>>(right&7)&int64(mask)
		dst = dst[4:]
	}
	for i, v := range dst {
		dst[i] = v >> (right & 7) & int64(mask)
	}
}

// whole writes what is said of the message where the row stands for one, and of the frame where not.
func (b *Block) whole(dst []int64, message, frame []uint64) {
	frames, flags := b.chunk.frames[b.from:][:len(dst)], b.chunk.flags[b.from:][:len(dst)]
	message = message[:len(dst)]
	fill(dst, frame)
	if b.view == Messages {
		for len(dst) >= 4 && len(flags) >= 4 && len(message) >= 4 {
			d, f, m := (*[4]int64)(dst), (*[4]uint8)(flags), (*[4]uint64)(message)
			d[0], d[1] = either(f[0]&flagFinal, m[0], d[0]), either(f[1]&flagFinal, m[1], d[1])
			d[2], d[3] = either(f[2]&flagFinal, m[2], d[2]), either(f[3]&flagFinal, m[3], d[3])
			dst, flags, message, frames = dst[4:], flags[4:], message[4:], frames[4:]
		}
	}
	for i := range dst {
		if b.view == Messages || frames[i] == 1 {
			dst[i] = either(flags[i]&flagFinal, message[i], dst[i])
		}
	}
}

// either returns the message's number where the frame is final, without a branch.
func either(final uint8, message uint64, frame int64) int64 {
	if final != 0 {
		frame = int64(message)
	}
	return frame
}

// frames says which rows are frames. Most captures are little else.
func (b *Block) frames(has *query.Bits) {
	kinds := b.chunk.kind[b.from : b.from+b.n]
	if slices.ContainsFunc(kinds, func(k record.Kind) bool { return k != record.KindFrame }) {
		has.Keep(func(i int) bool { return kinds[i] == record.KindFrame })
	}
}

// seenOnlyOnTheWire reports whether a field is one that no page knows.
func seenOnlyOnTheWire(f query.Field) bool {
	switch f { //nolint:exhaustive // the others are known to pages too
	case query.Fin, query.Rsv, query.Mask, query.Compressed, query.Wire, query.Frames, query.Frag:
		return true
	}
	return false
}

// onWire says which rows no page reported.
func (b *Block) onWire(has *query.Bits) {
	flags := b.chunk.flags[b.from : b.from+b.n]
	if slices.ContainsFunc(flags, func(f uint8) bool { return f&flagFromPage != 0 }) {
		has.Keep(func(i int) bool { return flags[i]&flagFromPage == 0 })
	}
}

// directed says which rows are something that one side sent.
func (b *Block) directed(has *query.Bits) {
	kinds := b.chunk.kind[b.from : b.from+b.n]
	if slices.ContainsFunc(kinds, func(k record.Kind) bool { return k != record.KindFrame }) {
		has.Keep(func(i int) bool { return b.at(b.from + i).HasDir() })
	}
}

// answered writes of each response of a target how long that took.
func (b *Block) answered(dst []int64, has *query.Bits) {
	has.Keep(func(i int) bool {
		if b.chunk.kind[b.from+i] != record.KindResponse {
			return false
		}
		dst[i] = b.lookup.TargetTime(b.chunk.conn[b.from+i])
		return dst[i] > 0
	})
}

// marked writes 1 for each marked row and 0 for the others.
func (b *Block) marked(dst []int64) {
	clear(dst)
	for _, id := range b.lookup.Marked(b.first) {
		if id >= b.first+uint64(b.n) {
			return
		}
		dst[id-b.first] = 1
	}
}

func kindNumber(k record.Kind) int64 {
	if k == KindGap {
		return 0
	}
	return int64(k)
}
