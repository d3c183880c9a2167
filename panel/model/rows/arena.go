package rows

// segmentSize is the size of an ordinary segment of the arena in bytes. A longer payload gets a segment of its own.
const segmentSize = 1 << 20

// arena keeps payloads in segments, oldest first, so that the garbage collector has a few large blocks without pointers to
// look at and not a million small ones. An address is the segment's number in its upper 32 bits and the place in it in the
// lower. Payloads leave in the order in which they came, a segment at a time.
type arena struct {
	segments [][]byte // segments[0] has number first; len is what is used, cap what is there
	first    uint32
	spare    []byte // the ordinary segment freed last, used next
	size     int    // bytes that the segments take, used or not
}

// needs returns how many bytes a new segment would add for a payload of n bytes, 0 when the last segment has room.
func (a *arena) needs(n int) int {
	if k := len(a.segments); k > 0 && cap(a.segments[k-1])-len(a.segments[k-1]) >= n {
		return 0
	}
	return max(n, segmentSize)
}

// put keeps a copy of x followed by y and returns the address.
func (a *arena) put(x, y []byte) uint64 {
	n := len(x) + len(y)
	if grow := a.needs(n); grow > 0 {
		a.segments = append(a.segments, a.segment(grow))
		a.size += grow
	}
	last := len(a.segments) - 1
	c := a.segments[last]
	at := uint64(a.first+uint32(last))<<32 | uint64(len(c))
	a.segments[last] = append(append(c, x...), y...)
	return at
}

func (a *arena) segment(size int) []byte {
	if size == segmentSize && a.spare != nil {
		c := a.spare
		a.spare = nil
		return c[:0]
	}
	return make([]byte, 0, size)
}

// get returns the n bytes at an address that has not been freed. The slice is valid until the next free.
func (a *arena) get(at uint64, n int) []byte {
	c := a.segments[uint32(at>>32)-a.first]
	from := int(uint32(at))
	return c[from : from+n : from+n]
}

// free drops every segment before the one that holds address at.
func (a *arena) free(at uint64) {
	for len(a.segments) > 0 && a.first != uint32(at>>32) {
		c := a.segments[0]
		a.size -= cap(c)
		if cap(c) == segmentSize {
			a.spare = c
		}
		a.segments[0] = nil
		a.segments = a.segments[1:]
		a.first++
	}
}
