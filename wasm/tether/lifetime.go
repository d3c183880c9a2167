package tether

import "context"

// waitOpen waits for the state Open, or for the end.
func (s *shell) waitOpen(ctx context.Context) error {
	for {
		changed := s.changed.look()
		if s.State() == Open {
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
func (s *shell) end(ev event) {
	if s.started.CompareAndSwap(false, true) {
		ev.kind = evAbort
		s.take(&ev)
		return
	}
	s.queue.push(ev)
}

func (s *shell) close() {
	s.out.shut()
	s.end(event{kind: evClose})
}

func (s *shell) shutdown(ctx context.Context, last CloseInfo) error {
	s.out.shut()
	if ev := (event{kind: evShutdown, ended: &last}); s.out.size().Messages == 0 {
		s.end(ev)
	} else {
		s.queue.push(ev) // Run may be about to begin
	}
	select {
	case <-s.done:
	case <-ctx.Done():
		s.end(event{kind: evAbort, err: context.Cause(ctx)})
		<-s.done
		return context.Cause(ctx)
	}
	if s.counts.undelivered.Load() > 0 {
		return ErrUndelivered
	}
	return nil
}
