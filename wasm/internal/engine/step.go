package engine

import (
	"errors"
	"time"
)

// StepKind is what happened to a connection that JS carries. static/tether/engine.mjs has the same numbers.
type StepKind uint32

// The kinds of [Step], with the fields that they use.
const (
	StepRun        StepKind = iota // must be the first
	StepOpened                     // the attempt became a connection: Generation
	StepReceived                   // a message arrived: Generation, A: [Answer], B: nonce of a pong, 0 if it has none
	StepEnded                      // the attempt failed or the connection ended: Generation, A: close code, B: flags, Text: reason
	StepUnresolved                 // the address could not be found out: Generation, A: 1 when waiting cannot cure it, Text: why
	StepFired                      // the delay of a timer is over: A: timer, B: its id
	StepReconnect                  // drop the connection or the wait and try again at once: Text: why
	StepClose                      // close for good, with a closing handshake when there is a connection
	StepHinted                     // the platform gave a hint: A: [Hint]
)

// Flags of [StepEnded].
const (
	FlagClean  = 1 << 0 // the closing handshake was completed
	FlagOpened = 1 << 1 // the connection had been open
)

// Step is one thing that happened to a connection that JS carries, in plain numbers.
//
// Without a heartbeat the first StepReceived of each generation is enough. With one, the next after each ping and every
// pong are needed too, and one in every second keeps the heartbeat going where timers are slowed down.
type Step struct {
	Kind       StepKind
	Generation uint32
	A, B       uint32
	Text       string
	Flow       *Flow   // StepFired, StepHinted: how bytes move; nil: unknown
	Mono, Wall float64 // when: milliseconds on a clock that never goes back, and since 1970. Both, because the first may stop while a device sleeps
}

// event translates s for the machine. ok is false for a step that does not exist.
func (s Step) event(permanent func(error) error) (ev Event, ok bool) {
	ev.Generation = s.Generation
	switch s.Kind {
	case StepRun:
		ev.Kind = EventRun
	case StepOpened:
		ev.Kind = EventOpened
	case StepReceived:
		ev.Kind, ev.Answer, ev.Nonce = EventReceived, Answer(s.A), s.B
	case StepEnded:
		ev.Kind = EventEnded
		ev.Ended = &CloseInfo{Code: Code(s.A), Reason: s.Text, Clean: s.B&FlagClean != 0, Opened: s.B&FlagOpened != 0}
	case StepUnresolved:
		ev.Kind, ev.Err = EventUnresolved, errors.New(s.Text)
		if s.A == 1 {
			ev.Err = permanent(ev.Err)
		}
	case StepFired:
		if s.A >= uint32(Timers) {
			return ev, false
		}
		ev.Kind, ev.Timer, ev.Flow = Timer(s.A).Fired(), s.B, s.Flow
	case StepReconnect:
		ev.Kind, ev.Err = EventReconnect, errors.New(s.Text)
	case StepClose:
		ev.Kind = EventClose
	case StepHinted:
		ev.Kind, ev.Hint, ev.Flow = EventHint, Hint(s.A), s.Flow
		return ev, s.A < uint32(hints)
	default:
		return ev, false
	}
	return ev, true
}

// duration converts milliseconds of JS.
func duration(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
