package rows

import (
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// blockBytes is about how many bytes the payloads of one block have at most: a block is not interrupted.
const blockBytes = 256 << 10

// Lookup answers what a query asks of a row and the row itself does not know.
type Lookup interface {
	// Began returns when the capture began, in ns since 1970 UTC.
	Began() int64
	// Zone returns the time zone of the person who looks.
	Zone() *time.Location
	// Words returns what a connection is called.
	Words(conn uint32) record.Words
	// TargetTime returns how long the target of a proxied connection took to respond to the handshake, in ns; 0 for none.
	TargetTime(conn uint32) int64
	// Note returns what a person wrote on a row.
	Note(id uint64) string
	// Marked returns the IDs of the rows that a person marked, sorted, from a row on.
	Marked(from uint64) []uint64
}

// Block is a run of rows of one chunk of a store, as a query sees it. It implements [query.Block].
type Block struct {
	lookup   Lookup
	view     View
	store    *Store
	first    uint64 // ID of the first row
	chunk    *chunk
	from, n  int // rows from ≤ i < from+n of the chunk
	row      queryRow
	searched int // bytes handed out
}

// NewBlock returns a block of a view of a store's rows. Call [Block.Move] before anything is asked of it.
func NewBlock(s *Store, v View, l Lookup) *Block { return &Block{store: s, view: v, lookup: l} }

// Len returns how many rows the block has.
func (b *Block) Len() int { return b.n }

// Searched returns how many bytes of payload were asked for since the block was moved.
func (b *Block) Searched() int { return b.searched }

// at returns row i of the chunk.
func (b *Block) at(i int) Row { return Row{b.store, b.chunk, i} }

// Move moves to the rows from id on, at most so many; where payloads are asked for, fewer when they are long.
func (b *Block) Move(id uint64, most int, payloads bool) {
	s := b.store
	b.first, b.searched = id, 0
	r := s.Row(id)
	b.chunk, b.from = r.chunk, r.i
	b.n = int(min(uint64(most), query.BlockRows, uint64(ChunkRows-b.from), s.end-id))
	if !payloads {
		return
	}
	bytes := 0
	kept, body := b.chunk.kept[b.from:b.from+b.n], b.chunk.body[b.from:b.from+b.n]
	for i := range kept {
		if bytes += int(kept[i]) + int(body[i]); bytes > blockBytes {
			b.n = i + 1
			return
		}
	}
}

// Row implements [query.Block].
func (b *Block) Row(i int) query.Row {
	b.row.row = b.at(b.from + i)
	b.row.block = b
	return &b.row
}

// Worded implements [query.Block].
func (b *Block) Worded(has *query.Bits) {
	has.SetFirst(b.n)
	has.Keep(func(i int) bool { return b.at(b.from + i).worded() })
}

// Piece implements [query.Block]: rows whose payloads lie in the same segment of the arena, or one whose payload was fetched.
func (b *Block) Piece(from int, start, end []uint32) (piece []byte, n int) {
	c, segment := b.chunk, b.chunk.at[b.from+from]>>32
	for n = 0; from+n < b.n; n++ {
		i := b.from + from + n
		if shown, ok := b.fetched(i); ok {
			if n > 0 {
				break
			}
			start[0], end[0] = 0, uint32(len(shown))
			b.searched += len(shown)
			return shown, 1
		}
		at, size := c.at[i], c.kept[i]
		if at>>32 != segment {
			break
		}
		if c.flags[i]&flagHasBody != 0 && b.at(i).showsContent(b.view) {
			at, size = at+uint64(size), c.body[i]
		}
		start[n], end[n] = uint32(at), uint32(at)+size
	}
	b.searched += int(end[n-1] - start[0])
	return b.store.arena.get(segment<<32, int(end[n-1])), n
}

// fetched returns what row i of the chunk shows, when that is not in the arena.
func (b *Block) fetched(i int) (shown []byte, ok bool) {
	if !b.chunk.wholes {
		return nil, false
	}
	r := b.at(i)
	if _, ok = r.whole(); ok {
		shown = r.Shown(b.view)
	}
	return shown, ok
}

// Pass says which rows everything but the query shows, and which are gaps, which nothing hides.
func (b *Block) Pass(f *Filter) (pass, gaps query.Bits) {
	pass.SetFirst(b.n)
	gaps = pass
	c, from := b.chunk, b.from
	if slices.Contains(c.kind[from:from+b.n], KindGap) {
		gaps.Keep(func(i int) bool { return c.kind[from+i] == KindGap })
	} else {
		gaps = query.Bits{}
	}
	if b.view == Messages {
		b.messages(&pass)
	}
	if f.Conn != 0 {
		pass.Keep(func(i int) bool { return c.conn[from+i] == f.Conn })
	}
	if f.HideTypes != 0 {
		pass.Keep(func(i int) bool { return !f.Hides(b.at(from + i).Type(b.view)) })
	}
	if f.HideDir != [2]bool{} {
		pass.Keep(func(i int) bool { return !f.HideDir[c.stream[from+i]&1] || !b.at(from+i).HasDir() })
	}
	if f.To != 0 {
		pass.Keep(func(i int) bool { return c.time[from+i] >= f.From && c.time[from+i] <= f.To })
	}
	if f.Broken {
		pass.Keep(func(i int) bool { return b.at(from + i).Wrong() })
	}
	pass.Or(&gaps)
	return pass, gaps
}

// messages leaves what [Row.ShownIn] shows of the view of messages, without a call for each row: every scan goes through here.
func (b *Block) messages(sel *query.Bits) {
	c := b.chunk
	for w := range sel {
		if sel[w] == 0 {
			return
		}
		at := b.from + 64*w
		if at+64 > ChunkRows { // the end of a chunk
			sel.Keep(func(i int) bool { return i>>6 != w || b.at(b.from+i).ShownIn(Messages) })
			continue
		}
		kind, first, flags := (*[64]record.Kind)(c.kind[at:]), (*[64]uint8)(c.first[at:]), (*[64]uint8)(c.flags[at:])
		var word uint64
		for i := 0; i < 64; i += 4 {
			word = word>>4 | (isMessage(kind[i&63], first[i&63], flags[i&63])|isMessage(kind[(i+1)&63], first[(i+1)&63], flags[(i+1)&63])<<1|
				isMessage(kind[(i+2)&63], first[(i+2)&63], flags[(i+2)&63])<<2|isMessage(kind[(i+3)&63], first[(i+3)&63], flags[(i+3)&63])<<3)<<60
		}
		sel[w] &= word
	}
}

// isMessage is [Row.ShownIn] as a number, for a loop without branches.
func isMessage(kind record.Kind, first, flags uint8) uint64 {
	if uint(first&8)|uint(flags&(flagFinal|flagTruncated))|uint(kind^record.KindFrame) != 0 {
		return 1
	}
	return 0
}
