package rows

import (
	"unsafe"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// Flags of a row.
const (
	flagTruncated = 1 << iota
	flagFinal
	flagCompressed
	flagMasked
	flagClean
	flagHasBody
	flagFromPage // a page reported it: the header beyond the opcode, and the wire, are not known
)

const (
	chunkBits = 14
	// ChunkRows is how many rows a chunk has.
	ChunkRows = 1 << chunkBits
	chunkMask = ChunkRows - 1
)

// chunk is a block of rows as a struct of arrays. Some columns mean another thing for another kind of row; [Row] says which.
type chunk struct {
	firstID    uint64            // of the row at place 0
	wholes     bool              // rows of it may have fetched bytes
	seq        [ChunkRows]uint64 // of the record; of the first missing record in a gap
	time       [ChunkRows]int64
	offset     [ChunkRows]uint64
	violations [ChunkRows]uint64
	message    [ChunkRows]uint64
	length     [ChunkRows]uint64 // declared payload length; records missing in a gap
	wire       [ChunkRows]uint64
	inflated   [ChunkRows]uint64
	delta      [ChunkRows]int64  // ns since the row before on the same connection; -1 for the first
	response   [ChunkRows]int64  // of an answer: ns since what it answers; 0 when it answers nothing
	delay      [ChunkRows]int64  // ns in the proxy; 0 when that is not known
	pair       [ChunkRows]uint64 // ID, plus 1, of the row that this one answers or that answers it; of a part, of the frame that ends its message; 0 for none
	at         [ChunkRows]uint64 // address of the payload in the arena, the body after it
	kept       [ChunkRows]uint32 // bytes of payload (or head, or reason) kept
	body       [ChunkRows]uint32 // bytes of body kept
	conn       [ChunkRows]uint32
	frames     [ChunkRows]uint32 // of the message that the frame ends; of another part, its place in the message
	back       [ChunkRows]uint32 // rows back to the frame before in the same direction of the connection; 0 for none
	key        [ChunkRows][4]byte
	code       [ChunkRows]uint16
	kind       [ChunkRows]record.Kind
	stream     [ChunkRows]uint8 // leg<<1 | direction
	first      [ChunkRows]uint8 // first header byte: FIN, RSV, opcode
	size       [ChunkRows]uint8 // header bytes; who did it (record.Side) in close and end
	opcode     [ChunkRows]frame.Opcode
	flags      [ChunkRows]uint8
	marks      [ChunkRows]record.Marks
}

// RowBytes is what the columns of one row take, in bytes.
const RowBytes = int(unsafe.Sizeof(chunk{}) / ChunkRows)

// clear zeroes the columns of row i that [Store.push] did not write.
func (c *chunk) clear(i int) {
	c.seq[i], c.time[i], c.offset[i], c.violations[i], c.message[i] = 0, 0, 0, 0, 0
	c.length[i], c.wire[i], c.inflated[i] = 0, 0, 0
	c.conn[i], c.frames[i], c.key[i], c.code[i] = 0, 0, [4]byte{}, 0
	c.delta[i], c.response[i], c.pair[i], c.back[i], c.delay[i] = -1, 0, 0, 0, 0
	c.kind[i], c.stream[i], c.first[i], c.size[i], c.opcode[i], c.flags[i] = 0, 0, 0, 0, 0, 0
	c.marks[i] = 0
}
