package pcap

import (
	"maps"
	"sync"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// Counts says of a capture that is still being read what was passed over so far; see [Options]. Its methods may be called from any goroutine.
type Counts struct {
	mu   sync.Mutex
	of   *streams          // while it is read
	last []record.Omission // once it ended
}

// List returns what was passed over so far, by reason. A connection that is open counts as what its bytes are up to now.
func (c *Counts) List() []record.Omission {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		return c.last
	}
	return c.of.omitted()
}

// begin begins to count. It returns what each packet is taken in.
func (c *Counts) begin(s *streams) (each func(func() error) error) {
	if c == nil {
		return func(take func() error) error { return take() }
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of = s
	return func(take func() error) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		return take()
	}
}

// end keeps the counts of a capture that has ended.
func (c *Counts) end(list []record.Omission) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of, c.last = nil, list
}

// omitted lists what was passed over, with the connections that are not over.
func (s *streams) omitted() []record.Omission {
	o := s.omissions
	o.streams = maps.Clone(o.streams)
	for _, st := range s.byEnds {
		o.stream(st)
	}
	return o.list(s.dissector.Omitted())
}
