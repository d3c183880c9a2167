package demo

import (
	"context"
	"sync"
)

// Runner runs at most one client of the demo at a time. Its zero value is ready; its methods may be called from any
// goroutine.
type Runner struct {
	mu     sync.Mutex
	cancel context.CancelFunc // of the run in progress; nil when there is none
	done   sync.WaitGroup
	closed bool
}

// Start calls run in a goroutine, unless a run is in progress. It reports false when the runner was stopped.
func (r *Runner) Start(run func(ctx context.Context)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	if r.cancel != nil {
		return true
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	r.done.Go(func() {
		run(ctx)
		cancel()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.cancel = nil
	})
	return true
}

// Stop ends the run in progress and waits for its end. Nothing can be started after it.
func (r *Runner) Stop() {
	r.mu.Lock()
	r.closed = true
	if r.cancel != nil {
		r.cancel()
	}
	r.mu.Unlock()
	r.done.Wait()
}
