package ring

import (
	"cmp"
	"slices"
	"sync/atomic"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// Chunks are big enough that a few hundred of them make the largest usual ring, and small enough that evicting one
// drops little of a capture. A small ring gets smaller ones.
const (
	maxChunk  = 256 << 10
	minChunk  = 1 << 10
	chunksMin = 16 // a ring has at least this many chunks, so that one eviction drops at most 1/16 of it
)

// fixedSize bounds what the encoding of a record takes beside its payload, body, head and strings: the length, kind,
// way, flags, time, connection, header and every varint at its longest.
const fixedSize = 160

// chunk is whole entries, one behind the other: encoded records and runs of frames.
type chunk struct {
	first uint64 // sequence number of the first record in it
	count uint64
	buf   []byte

	readers atomic.Int32 // that copy from buf without the lock; counted up under the lock only
}

// buffer is chunks, oldest first. Its memory is bounded by limit, one record at least always fits.
type buffer struct {
	chunks  []*chunk
	base    uint64 // number of chunks[0], counted from the first one ever
	spare   *chunk // the last evicted chunk, for reuse
	size    int    // bytes of an ordinary chunk
	limit   int
	bytes   int    // capacity of all chunks
	next    uint64 // sequence number of the next record
	evicted uint64
}

// cursor is a place between two records.
type cursor struct {
	chunk uint64 // number of the chunk, counted from the first one ever
	at    int    // offset in it
	in    uint64 // records of the entry there that are before the place: not 0 inside a run only
	seq   uint64 // sequence number of the record at that place
}

func newBuffer(limit int) buffer {
	return buffer{size: min(max(limit/chunksMin, minChunk), maxChunk), limit: limit, next: 1}
}

// append gives r its sequence number and encodes it.
func (g *buffer) append(r *record.Record) {
	r.Seq = g.next
	c := g.room(fixedSize + len(r.Payload) + len(r.Body) + len(r.Head) + len(r.Name) + len(r.Remote) + len(r.Node) + len(r.Reason))
	c.buf = record.AppendRecord(c.buf, r)
	c.count++
	g.next++
}

// appendRun gives the records of a run their sequence numbers and encodes it, to be expanded for each reader.
func (g *buffer) appendRun(r *record.Run) {
	c := g.room(fixedSize + len(r.Bytes))
	c.buf = record.AppendRun(c.buf, r)
	c.count += uint64(r.Frames)
	g.next += uint64(r.Frames)
}

// room returns the chunk that the next record, of at most n bytes, goes into: the newest, or a new one.
func (g *buffer) room(n int) *chunk {
	if k := len(g.chunks); k > 0 {
		if c := g.chunks[k-1]; cap(c.buf)-len(c.buf) >= n {
			return c
		}
	}
	n = max(n, g.size)
	for len(g.chunks) > 0 && g.bytes+n > g.limit {
		g.evict()
	}
	c := g.spare
	g.spare = nil
	if c == nil || cap(c.buf) < n {
		c = &chunk{buf: make([]byte, 0, n)}
	}
	c.first, c.count, c.buf = g.next, 0, c.buf[:0]
	g.bytes += cap(c.buf)
	g.chunks = append(g.chunks, c)
	return c
}

// evict drops the oldest chunk and keeps its memory for the next one if it is of the ordinary size.
func (g *buffer) evict() {
	c := g.chunks[0]
	copy(g.chunks, g.chunks[1:])
	g.chunks[len(g.chunks)-1] = nil
	g.chunks = g.chunks[:len(g.chunks)-1]
	g.base++
	g.evicted += c.count
	g.bytes -= cap(c.buf)
	if cap(c.buf) == g.size && c.readers.Load() == 0 { // else a reader is copying it: the collector takes it afterwards
		g.spare = c
	}
}

// oldest returns the sequence number of the oldest record held, or of the next one if there is none.
func (g *buffer) oldest() uint64 {
	if len(g.chunks) == 0 {
		return g.next
	}
	return g.chunks[0].first
}

// first returns a cursor at the oldest record.
func (g *buffer) first() cursor { return cursor{chunk: g.base, seq: g.oldest()} }

// find returns a cursor at a record that is held.
func (g *buffer) find(seq uint64) (cursor, bool) {
	if seq < g.oldest() || seq >= g.next {
		return cursor{}, false
	}
	i, found := slices.BinarySearchFunc(g.chunks, seq, func(c *chunk, seq uint64) int { return cmp.Compare(c.first, seq) })
	if !found {
		i--
	}
	c := g.chunks[i]
	at, in := skip(c.buf, 0, seq-c.first)
	return cursor{chunk: g.base + uint64(i), at: at, in: in, seq: seq}, true
}

// from returns a cursor at a record that is held, was held, or will be the next.
func (g *buffer) from(seq uint64) cursor {
	if seq == 0 {
		return g.first()
	}
	if seq < g.oldest() {
		return cursor{chunk: g.base - 1, seq: seq} // which was evicted
	}
	if cur, held := g.find(seq); held || len(g.chunks) == 0 {
		if !held {
			return g.first()
		}
		return cur
	}
	last := len(g.chunks) - 1
	return cursor{chunk: g.base + uint64(last), at: len(g.chunks[last].buf), seq: g.next}
}

// span is a run of records in one chunk that a reader may copy without the lock, until it releases them. What is in it does not
// change: an append to the same chunk writes behind it.
type span struct {
	batch   record.Batch
	entries []byte // that have the records of the batch
	skip    uint64 // records of the first entry that are before them
	from    *chunk
}

// take returns the records from cur up to the end of their chunk, but none from end on, and moves cur behind them. A cursor that
// was overtaken by eviction moves to the oldest record first; the span then says how many it missed. With nothing to read the
// span is empty. The caller must release the span.
func (g *buffer) take(cur *cursor, end uint64) (s span) {
	if cur.chunk < g.base {
		s.batch.Missed = g.oldest() - cur.seq
		*cur = g.first()
	}
	if cur.seq >= end || cur.seq >= g.next {
		return s
	}
	c := g.chunks[cur.chunk-g.base]
	if cur.at == len(c.buf) { // everything here was read before the next chunk began
		cur.chunk, cur.at, cur.in = cur.chunk+1, 0, 0
		c = g.chunks[cur.chunk-g.base]
	}
	next := cursor{chunk: cur.chunk, at: len(c.buf), seq: c.first + c.count}
	upTo := next.at
	if end < next.seq {
		next.at, next.in = skip(c.buf, cur.at, cur.in+end-cur.seq)
		next.seq, upTo = end, next.at
		if next.in > 0 { // the last record is inside of a run
			size, _ := record.Entry(c.buf[next.at:])
			upTo += size
		}
	}
	s.batch = record.Batch{First: cur.seq, Count: next.seq - cur.seq, Missed: s.batch.Missed, Evicted: g.evicted}
	s.entries, s.skip, s.from = c.buf[cur.at:upTo:upTo], cur.in, c
	c.readers.Add(1)
	*cur = next
	return s
}

// appendTo appends the span's records to dst as one batch, unmasked, and releases the span. An empty span leaves dst as it is.
func (s *span) appendTo(dst []byte) []byte {
	if s.from == nil {
		return dst
	}
	dst = record.AppendBatch(slices.Grow(dst, fixedSize+len(s.entries)), s.batch)
	dst = record.AppendEntries(dst, s.entries, s.skip, s.batch.Count)
	s.from.readers.Add(-1)
	return dst
}

// skip returns the place behind n records from the entry at an offset on: the offset of an entry, and how many of its records are before the
// place.
func skip(buf []byte, at int, n uint64) (offset int, in uint64) {
	for n > 0 {
		size, records := record.Entry(buf[at:])
		if records > n {
			return at, n
		}
		at, n = at+size, n-records
	}
	return at, 0
}
