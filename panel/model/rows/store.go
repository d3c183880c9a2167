package rows

import "strings"

// None is no ID: larger than that of every row.
const None = ^uint64(0)

// Store is the ring of rows. Rows are numbered by ID from 0 up; those from Oldest to before End are kept. It is not safe for
// use by several goroutines at once.
type Store struct {
	chunks      []*chunk // chunks[0] has the oldest row
	spare       *chunk
	arena       arena
	wholes      wholes
	oldest, end uint64
	maxRows     uint64
	maxBytes    int
	evicted     uint64 // rows
}

// NewStore returns a store of at most so many rows, and so many bytes of payload, at least 4 MiB.
func NewStore(maxRows, maxBytes int) *Store {
	return &Store{maxRows: uint64(max(maxRows, 1)), maxBytes: max(maxBytes, 4*segmentSize)}
}

// Oldest returns the ID of the oldest row that is kept.
func (s *Store) Oldest() uint64 { return s.oldest }

// End returns the ID of the row that will be added next.
func (s *Store) End() uint64 { return s.end }

// Evicted returns how many rows were evicted to stay within the limits.
func (s *Store) Evicted() uint64 { return s.evicted }

// PayloadBytes returns how many bytes the payloads take.
func (s *Store) PayloadBytes() int { return s.arena.size }

// Has reports whether a row is kept.
func (s *Store) Has(id uint64) bool { return id >= s.oldest && id < s.end }

// Row returns a row that the store has.
func (s *Store) Row(id uint64) Row {
	return Row{s, s.chunks[id>>chunkBits-s.oldest>>chunkBits], int(id & chunkMask)}
}

// maxKept is the most that is kept of one record, so that one giant cannot evict everything else.
func (s *Store) maxKept() int { return s.maxBytes / 4 }

// push makes room for one row whose bytes are payload and body, keeps them, and returns the row with all other columns zero.
func (s *Store) push(payload, body []byte) Row {
	payload = payload[:min(len(payload), s.maxKept()/2)]
	body = body[:min(len(body), s.maxKept()/2)]
	s.makeRoom(len(payload) + len(body))
	if s.end>>chunkBits-s.oldest>>chunkBits == uint64(len(s.chunks)) {
		s.chunks = append(s.chunks, s.newChunk(s.end&^chunkMask))
	}
	r := s.Row(s.end)
	s.end++
	c, i := r.chunk, r.i
	c.at[i] = s.arena.put(payload, body)
	c.kept[i], c.body[i] = uint32(len(payload)), uint32(len(body))
	c.clear(i)
	return r
}

func (s *Store) newChunk(firstID uint64) *chunk {
	c := s.spare
	s.spare = nil
	if c == nil {
		c = new(chunk)
	}
	c.firstID, c.wholes = firstID, false
	return c
}

func (s *Store) makeRoom(n int) {
	for s.end-s.oldest >= s.maxRows {
		s.evict()
	}
	for s.end > s.oldest && s.arena.size+s.arena.needs(n) > s.maxBytes && s.arena.needs(n) > 0 {
		s.evict()
	}
}

// evict drops the oldest row, and the arena segment and the chunk that it was the last to use.
func (s *Store) evict() {
	s.wholes.drop(s.oldest)
	s.oldest++
	s.evicted++
	if s.oldest&chunkMask == 0 {
		s.spare, s.chunks[0] = s.chunks[0], nil
		s.chunks = s.chunks[1:]
	}
	if s.oldest < s.end {
		r := s.Row(s.oldest)
		s.arena.free(r.chunk.at[r.i])
		return
	}
	s.arena.free(uint64(s.arena.first+uint32(len(s.arena.segments))) << 32)
}

// Payload returns the kept bytes of a row's payload: unmasked frame payload, HTTP head or reason.
func (r Row) Payload() []byte {
	if w, ok := r.whole(); ok {
		return w.payload
	}
	return r.store.arena.get(r.chunk.at[r.i], int(r.chunk.kept[r.i]))
}

// Content returns the kept bytes of what the application got: the body of a fragmented or compressed message, else the
// payload.
func (r Row) Content() []byte {
	if r.chunk.flags[r.i]&flagHasBody == 0 {
		return r.Payload()
	}
	if w, ok := r.whole(); ok {
		return w.body
	}
	return r.second()
}

// second returns what the arena keeps of a row behind its payload.
func (r Row) second() []byte {
	return r.store.arena.get(r.chunk.at[r.i]+uint64(r.chunk.kept[r.i]), int(r.chunk.body[r.i]))
}

// Parties returns a request's name and the client's address.
func (r Row) Parties() (name, remote string) {
	name, remote, _ = strings.Cut(string(r.second()), "\x00")
	return name, remote
}
