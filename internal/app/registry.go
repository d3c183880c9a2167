package app

import "sync"

// registry is who is connected to this node.
type registry struct {
	mu   sync.RWMutex
	byID map[string]*client
}

func newRegistry() *registry { return &registry{byID: map[string]*client{}} }

func (r *registry) add(c *client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byID[c.id] = c
}

func (r *registry) remove(c *client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byID, c.id)
}

// each calls f for every client. f must not block.
func (r *registry) each(f func(*client)) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, c := range r.byID {
		f(c)
	}
}

// find returns the client id, or nil.
func (r *registry) find(id string) *client {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byID[id]
}

func (r *registry) len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.byID)
}
