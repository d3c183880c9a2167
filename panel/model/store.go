package model

import (
	"strings"
	"unsafe"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// kindGap is the kind of a row that stands for missing records. It exists only here: a capture says gaps in its batches.
const kindGap record.Kind = 0xFF

// Flags of a row.
const (
	rowTruncated = 1 << iota
	rowFinal
	rowCompressed
	rowMasked
	rowClean
	rowHasBody
	rowPage // a page told of it: the header beyond the opcode, and the wire, are not known
)

// A page is 16,384 rows as a struct of arrays: about 100 bytes a row, nothing in it for the garbage collector to follow,
// and a filter that asks one question touches one column.
const (
	pageBits = 14
	pageRows = 1 << pageBits
	pageMask = pageRows - 1
)

type page struct {
	seq        [pageRows]uint64 // of the record; of the first missing record in a gap
	time       [pageRows]int64
	offset     [pageRows]uint64
	violations [pageRows]uint64
	message    [pageRows]uint64
	length     [pageRows]uint64 // declared payload length; records missing in a gap
	wire       [pageRows]uint64
	inflated   [pageRows]uint64
	delta      [pageRows]int64  // ns since the row before on the same connection; -1 for the first
	took       [pageRows]int64  // of an answer: ns since what it answers; 0 when it answers nothing
	stood      [pageRows]int64  // ns in the proxy; 0 when that is not known
	pair       [pageRows]uint64 // ID, plus 1, of the row that this one answers or that answers it; of a part, of the frame that ends its message; 0 for none
	at         [pageRows]uint64 // address of the payload in the arena, the body after it
	kept       [pageRows]uint32 // bytes of payload (or head, or reason) kept
	body       [pageRows]uint32 // bytes of body kept
	conn       [pageRows]uint32
	frames     [pageRows]uint32 // of the message that the frame ends; of another part, its place in the message
	back       [pageRows]uint32 // rows back to the frame before in the same direction of the connection; 0 for none
	key        [pageRows][4]byte
	code       [pageRows]uint16
	kind       [pageRows]record.Kind
	way        [pageRows]uint8 // leg<<1 | direction
	first      [pageRows]uint8 // first header byte: FIN, RSV, opcode
	size       [pageRows]uint8 // header bytes; who did it (record.Side) in close and end
	opcode     [pageRows]frame.Opcode
	flags      [pageRows]uint8
	marks      [pageRows]record.Marks
}

// store is the ring of rows. Rows are numbered by ID from 0 up; oldest ≤ ID < end are held.
type store struct {
	pages       []*page // pages[0] has the oldest row
	spare       *page
	arena       arena
	oldest, end uint64
	maxRows     uint64
	maxBytes    int
	evicted     uint64 // rows
}

func newStore(maxRows, maxBytes int) store {
	return store{maxRows: uint64(max(maxRows, 1)), maxBytes: max(maxBytes, 4*chunkSize)}
}

// maxKept is the most that is kept of one record, so that one giant cannot evict everything else.
func (s *store) maxKept() int { return s.maxBytes / 4 }

func (s *store) held(id uint64) bool { return id >= s.oldest && id < s.end }

// row returns the page and the place in it of a held row.
func (s *store) row(id uint64) (*page, int) {
	return s.pages[id>>pageBits-s.oldest>>pageBits], int(id & pageMask)
}

// push makes room for one row whose bytes are payload and body, keeps them, and returns where to write its columns. What
// else stood in those columns is cleared by the caller, who writes all of them.
func (s *store) push(payload, body []byte) (*page, int) {
	payload = payload[:min(len(payload), s.maxKept()/2)]
	body = body[:min(len(body), s.maxKept()/2)]
	s.makeRoom(len(payload) + len(body))
	if s.end>>pageBits-s.oldest>>pageBits == uint64(len(s.pages)) {
		s.pages = append(s.pages, s.newPage())
	}
	pg, i := s.row(s.end)
	s.end++
	pg.at[i] = s.arena.put(payload, body)
	pg.kept[i], pg.body[i] = uint32(len(payload)), uint32(len(body))
	return pg, i
}

func (s *store) newPage() *page {
	if pg := s.spare; pg != nil {
		s.spare = nil
		return pg
	}
	return new(page)
}

func (s *store) makeRoom(n int) {
	for s.end-s.oldest >= s.maxRows {
		s.evict()
	}
	for s.end > s.oldest && s.arena.size+s.arena.needs(n) > s.maxBytes && s.arena.needs(n) > 0 {
		s.evict()
	}
}

// evict lets the oldest row go, and the arena chunk and the page that it was the last to use.
func (s *store) evict() {
	s.oldest++
	s.evicted++
	if s.oldest&pageMask == 0 {
		s.spare, s.pages[0] = s.pages[0], nil
		s.pages = s.pages[1:]
	}
	if s.oldest < s.end {
		pg, i := s.row(s.oldest)
		s.arena.free(pg.at[i])
		return
	}
	s.arena.free(uint64(s.arena.first+uint32(len(s.arena.chunks))) << 32)
}

// payload returns the kept bytes of a row's payload: unmasked frame payload, HTTP head or reason. Valid until the next push.
func (s *store) payload(pg *page, i int) []byte { return s.arena.get(pg.at[i], int(pg.kept[i])) }

// content returns the kept bytes of what the application got: the body of a fragmented or compressed message, else the
// payload. Valid until the next push.
func (s *store) content(pg *page, i int) []byte {
	if pg.flags[i]&rowHasBody == 0 {
		return s.payload(pg, i)
	}
	return s.arena.get(pg.at[i]+uint64(pg.kept[i]), int(pg.body[i]))
}

// parties returns a request's name and the client's address.
func (s *store) parties(pg *page, i int) (name, remote string) {
	name, remote, _ = strings.Cut(string(s.arena.get(pg.at[i]+uint64(pg.kept[i]), int(pg.body[i]))), "\x00")
	return name, remote
}

// RowBytes is what the columns of one row take, in bytes.
const RowBytes = int(unsafe.Sizeof(page{}) / pageRows)
