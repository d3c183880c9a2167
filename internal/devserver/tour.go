package devserver

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// tour is the demo that needs no browser: conversations of a client of our own with /ws/demo, over real TCP, so that the
// tap sees what no browser would send.
type tour struct {
	mu     sync.Mutex
	cancel context.CancelFunc // of the one that runs; nil when none does
	done   sync.WaitGroup
	closed bool
}

// startTour answers POST /api/demo. One tour runs at a time: asking again meanwhile changes nothing.
func (s *Server) startTour(w http.ResponseWriter, r *http.Request) {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		refuse(w, http.StatusInternalServerError, "The address of this server is not known.")
		return
	}
	g := guide{addr: addr.String(), host: r.Host, tls: s.cfg.TLS}
	if !s.tour.start(g.run) {
		refuse(w, http.StatusServiceUnavailable, "The server is shutting down.")
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// start runs a tour unless one is running. It reports false when there will be none.
func (t *tour) start(run func(ctx context.Context)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	if t.cancel != nil {
		return true
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.cancel = cancel
	t.done.Go(func() {
		run(ctx)
		cancel()
		t.mu.Lock()
		defer t.mu.Unlock()
		t.cancel = nil
	})
	return true
}

// stop ends the tour that runs, waits for that, and starts no other.
func (t *tour) stop() {
	t.mu.Lock()
	t.closed = true
	if t.cancel != nil {
		t.cancel()
	}
	t.mu.Unlock()
	t.done.Wait()
}
