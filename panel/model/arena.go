package model

// chunkSize is the size of an ordinary chunk of the arena in bytes. A longer payload gets a chunk of its own.
const chunkSize = 1 << 20

// arena keeps payloads in chunks, oldest first, so that the garbage collector has a few large blocks without pointers to
// look at and not a million small ones. An address is the chunk's number in its upper 32 bits and the place in it in the
// lower. Payloads leave in the order in which they came, a chunk at a time.
type arena struct {
	chunks [][]byte // chunks[0] has number first; len is what is used, cap what is there
	first  uint32
	spare  []byte // the ordinary chunk freed last, used next
	size   int    // bytes that the chunks take, used or not
}

// needs returns how many bytes a new chunk would add for a payload of n bytes, 0 when the last chunk has room.
func (a *arena) needs(n int) int {
	if k := len(a.chunks); k > 0 && cap(a.chunks[k-1])-len(a.chunks[k-1]) >= n {
		return 0
	}
	return max(n, chunkSize)
}

// put keeps a copy of x followed by y and returns the address.
func (a *arena) put(x, y []byte) uint64 {
	n := len(x) + len(y)
	if grow := a.needs(n); grow > 0 {
		a.chunks = append(a.chunks, a.chunk(grow))
		a.size += grow
	}
	last := len(a.chunks) - 1
	c := a.chunks[last]
	at := uint64(a.first+uint32(last))<<32 | uint64(len(c))
	a.chunks[last] = append(append(c, x...), y...)
	return at
}

func (a *arena) chunk(size int) []byte {
	if size == chunkSize && a.spare != nil {
		c := a.spare
		a.spare = nil
		return c[:0]
	}
	return make([]byte, 0, size)
}

// get returns the n bytes at an address that has not been freed. The slice is valid until the next free.
func (a *arena) get(at uint64, n int) []byte {
	c := a.chunks[uint32(at>>32)-a.first]
	from := int(uint32(at))
	return c[from : from+n : from+n]
}

// free lets go of every chunk before the one that holds address at.
func (a *arena) free(at uint64) {
	for len(a.chunks) > 0 && a.first != uint32(at>>32) {
		c := a.chunks[0]
		a.size -= cap(c)
		if cap(c) == chunkSize {
			a.spare = c
		}
		a.chunks[0] = nil
		a.chunks = a.chunks[1:]
		a.first++
	}
}
