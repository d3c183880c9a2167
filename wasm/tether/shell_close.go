package tether

import (
	"context"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// waitOpen waits for the state Open, or for the end.
func (s *shell) waitOpen(ctx context.Context) error {
	for {
		changed := s.changed.Next()
		if s.State() == StateOpen {
			return nil
		}
		select {
		case <-s.done:
			if s.err != nil {
				return s.err
			}
			return ErrClosed
		default:
		}
		select {
		case <-changed:
		case <-s.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// end hands ev to the client's goroutine. A client that was never run, and now never will be, is closed on the spot.
func (s *shell) end(ev engine.Event) {
	if s.started.CompareAndSwap(false, true) {
		ev.Kind = engine.EventAbort
		s.step(&ev)
		return
	}
	s.events.push(ev)
}

func (s *shell) close() {
	s.outbox.shut()
	s.end(engine.Event{Kind: engine.EventClose})
}

func (s *shell) shutdown(ctx context.Context, last CloseInfo) error {
	s.outbox.shut()
	if ev := (engine.Event{Kind: engine.EventShutdown, Ended: last.engine()}); s.outbox.size().Messages == 0 {
		s.end(ev)
	} else {
		s.events.push(ev) // Run may be about to begin
	}
	var cause error
	select {
	case <-s.done:
	case <-ctx.Done():
		cause = context.Cause(ctx)
		s.end(engine.Event{Kind: engine.EventAbort, Err: cause})
		<-s.done
	}
	return s.proof.result(cause)
}
