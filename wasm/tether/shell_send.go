package tether

import "context"

// send puts an encoded message into the outbox, unless ctx is over. With wait it waits for room if the policy is OverflowBlock.
func (s *shell) send(ctx context.Context, p outgoing, wait bool) error {
	if p.receipt != nil {
		p.receipt.accept(&s.outbox)
	}
	err := s.enqueue(ctx, p, wait)
	if err != nil {
		p.receipt.settle(StageDiscarded, err)
	}
	return err
}

func (s *shell) enqueue(ctx context.Context, p outgoing, wait bool) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if p.volatile && s.State() != StateOpen {
		s.outbox.discard(&p)
		return nil
	}
	var room <-chan struct{}
	for {
		v, wake := s.outbox.put(p)
		switch v {
		case queued, notTaken: // both need the client's goroutine: to send the message, or to report the drop
			if wake {
				s.sent()
			}
			return nil
		case tooLarge:
			return ErrMessageTooBig
		case shut:
			return ErrClosed
		case noRoom:
			if !wait || s.options.overflow != OverflowBlock {
				return ErrQueueFull
			}
		}
		if room == nil {
			room = s.outbox.room.Next() // and try once more: room may have come in between
			continue
		}
		select {
		case <-room:
			room = nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
