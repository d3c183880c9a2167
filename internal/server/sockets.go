package server

import (
	"context"
	"sync"
)

// sockets are the WebSocket connections being served. http.Server forgets a connection that was hijacked, so its
// Shutdown does not close them: this does.
type sockets struct {
	limit   int
	mu      sync.Mutex
	open    map[*socket]struct{}
	closing bool
	all     sync.WaitGroup
}

// socket is one of them, or a place kept for one whose handshake is not over.
type socket struct {
	owner *sockets
	end   func(ctx context.Context) // closes it with 1001, or at once when ctx ends; nil during the handshake
}

// reserve keeps a place. It returns nil when there is none: the caller answers 503.
func (s *sockets) reserve() *socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || len(s.open) >= s.limit {
		return nil
	}
	if s.open == nil {
		s.open = map[*socket]struct{}{}
	}
	k := &socket{owner: s}
	s.open[k] = struct{}{}
	s.all.Add(1)
	return k
}

// opened says how to close the socket. A server that began to close meanwhile does it now.
func (k *socket) opened(end func(ctx context.Context)) {
	k.owner.mu.Lock()
	k.end = end
	closing := k.owner.closing
	k.owner.mu.Unlock()
	if closing {
		ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		end(ctx)
	}
}

// release gives the place back. The handler of the socket calls it last.
func (k *socket) release() {
	k.owner.mu.Lock()
	delete(k.owner.open, k)
	k.owner.mu.Unlock()
	k.owner.all.Done()
}

// count returns how many there are.
func (s *sockets) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// closeAll closes every socket at the same time, takes no new ones, and waits for their handlers, but not past ctx.
func (s *sockets) closeAll(ctx context.Context) {
	s.mu.Lock()
	s.closing = true
	for k := range s.open {
		if k.end != nil {
			go k.end(ctx)
		}
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.all.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
