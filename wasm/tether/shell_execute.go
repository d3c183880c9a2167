package tether

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// execute does one of the commands that ev led to.
func (s *shell) execute(c *engine.Command, ev *engine.Event) {
	switch c.Kind {
	case engine.CommandResolve:
		s.resolve(c.Generation, Attempt{Number: c.Attempt.Number, Cause: c.Attempt.Cause})
	case engine.CommandForget:
		s.endAsk()
	case engine.CommandDial:
		s.endAsk()
		s.receipts.begin()
		s.proof.begin()
		s.conn, s.buffered = s.transport.dial(c.Generation, Target(*c.Target), s), 0
	case engine.CommandFlush:
		s.flush(c.Generation)
	case engine.CommandWatch:
		s.conn.watch(c.Mark)
	case engine.CommandDeliver:
		s.deliver(ev.Message)
	case engine.CommandThrottle, engine.CommandRelease:
		if t, ok := s.conn.(throttler); ok {
			t.throttle(c.Kind == engine.CommandThrottle)
		}
	case engine.CommandCloseConn:
		s.proof.code = Code(engine.LegalCode(c.Code, browser))
		s.conn.close(s.proof.code, engine.LegalReason(c.Reason))
	case engine.CommandAbandon:
		if s.options.greeter != nil {
			s.options.greeter.end()
		}
		s.abandon()
	case engine.CommandArm:
		s.arm(c.Timer, c.ID, c.Delay)
	case engine.CommandDisarm:
		s.timers[c.Timer].Stop()
	case engine.CommandNotify:
		s.notify(eventOf(c.Notice))
	case engine.CommandPing:
		s.ping(c.Generation, c.ID)
	case engine.CommandExamine:
		s.examine(c.Target.URL, c.Err)
	case engine.CommandFinish:
		s.finish(c.Err)
	}
}

func (s *shell) arm(t engine.Timer, id uint32, d time.Duration) {
	if old := s.timers[t]; old != nil {
		old.Stop()
	}
	s.timers[t] = s.afterFunc(d, func() { s.events.push(engine.Event{Kind: t.Fired(), Timer: id}) })
}

// finish ends the client for all who wait for something.
func (s *shell) finish(err error) {
	s.endAsk()
	s.endMonitors()
	s.receipts.finished()
	left := s.outbox.clear()
	if left.Messages > 0 {
		s.notify(Dropped{false, left.Messages, left.Bytes, ErrClosed})
	}
	s.err = err
	s.proof.unsent = left.Messages
	if s.layer != nil {
		s.proof.uncertain = s.unacknowledged()
	}
	if s.layer != nil {
		s.layer.finish()
	}
	s.inbox.close()
	s.events.close()
	close(s.done)
}
