package server

import "sync"

// byConn keeps a value for connections of the capture, by their numbers, under many locks: connections that are busy at the same time
// rarely wait for one another. The zero value is ready.
type byConn[V any] struct {
	shards [64]connShard[V]
}

// connShard has the connections whose numbers have the same remainder. Its padding keeps the next one's lock off its cache line.
type connShard[V any] struct {
	mu sync.Mutex
	of map[uint32]V
	_  [64]byte
}

// lock locks and returns the shard of a connection. The caller unlocks it.
func (b *byConn[V]) lock(conn uint32) *connShard[V] {
	s := &b.shards[conn%uint32(len(b.shards))]
	s.mu.Lock()
	return s
}

// put keeps a value for a connection. The caller has locked its shard.
func (s *connShard[V]) put(conn uint32, v V) {
	if s.of == nil {
		s.of = map[uint32]V{}
	}
	s.of[conn] = v
}

// count returns for how many connections there is a value.
func (b *byConn[V]) count() (n int) {
	for conn := range uint32(len(b.shards)) {
		s := b.lock(conn)
		n += len(s.of)
		s.mu.Unlock()
	}
	return n
}
