package cli

import (
	"sync"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// recorder writes what happens on links to a file, numbered as it happens.
type recorder struct {
	mu  sync.Mutex
	to  *target
	seq uint64
}

// newRecorder begins a file; without a name there is none.
func newRecorder(io *IO, name string, force bool) (*recorder, error) {
	if name == "" {
		return &recorder{}, nil
	}
	t, err := create(io, name, force, false)
	return &recorder{to: t}, err
}

func (r *recorder) see(one *record.Record) error {
	if r.to == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	one.Seq = r.seq
	return r.to.write(one)
}

func (r *recorder) close() error {
	if r.to == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.to.close()
}
