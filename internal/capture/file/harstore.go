package file

import (
	"errors"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// ErrHARBudget is the damage of a HAR file whose records do not fit into [budget.Importers].
var ErrHARBudget = errors.New("the records of the files that are being read take more memory than they may: the rest of this one is not read")

// storeChunk is the size in bytes of the pieces of a store.
const storeChunk = 256 << 10

// store holds records in their binary form until they can be put in order. There one takes what it says and some 30 bytes; as a
// [record.Record] it takes 450 more.
type store struct {
	chunks [][]byte
	taken  int64 // of the budget
	full   bool  // there was no room for the last record: no other should follow
}

// stored says where a record is in a store, and has of it what its place depends on and what is known later than the rest.
type stored struct {
	seq       uint64
	time      int64
	conn      uint32
	chunk, at uint32
}

// storedSize is what a stored takes in a list that grows, in bytes.
const storedSize = 2 * 32

// add appends a record.
func (s *store) add(r *record.Record) stored {
	n := len(s.chunks)
	need := 256 + len(r.Payload) + len(r.Body) + len(r.Head) + len(r.Name) + len(r.Reason) + len(r.Remote) + 64*len(r.Transits)
	if n == 0 || cap(s.chunks[n-1])-len(s.chunks[n-1]) < need {
		size := max(need, storeChunk)
		s.take(int64(size))
		s.chunks = append(s.chunks, make([]byte, 0, size))
		n++
	}
	s.take(storedSize)
	chunk := s.chunks[n-1]
	s.chunks[n-1] = record.AppendRecord(chunk, r)
	return stored{r.Seq, r.Time, r.Conn, uint32(n - 1), uint32(len(chunk))}
}

func (s *store) take(n int64) {
	if s.full = s.full || !budget.Importers.Take(n); !s.full {
		s.taken += n
	}
}

// free returns what the store has of the budget.
func (s *store) free() {
	budget.Importers.Return(s.taken)
	*s = store{}
}

// read returns a record. Its slices are the store's.
func (s *store) read(e stored) (record.Record, error) {
	r, err := record.Read(s.chunks[e.chunk][e.at:])
	r.Seq, r.Time, r.Conn = e.seq, e.time, e.conn
	return r, err
}
