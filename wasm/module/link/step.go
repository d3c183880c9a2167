package link

import (
	"errors"

	"github.com/tetherscope/tetherscope/wasm/tether"
)

// StepKind is what happened to a link. static/tether/engine.mjs has the same numbers.
type StepKind uint32

// The kinds of [Step], with the fields that they use.
const (
	Run        StepKind = iota
	Opened              // Generation
	Received            // Generation, A: [tether.Answer], B: nonce of a pong
	Ended               // Generation, A: close code, B: flags, Text: reason
	Unresolved          // Generation, A: 1 when waiting cannot cure it, Text: why
	Fired               // A: timer, B: its id
	Reconnect           // Text: why
	Close
	Hinted // A: [tether.Hint]
)

// Flags of [Ended].
const (
	FlagClean  = 1 << 0 // the closing handshake was completed
	FlagOpened = 1 << 1 // the connection had been open
)

// Step is one thing that happened, as JS tells it.
type Step struct {
	Kind       StepKind
	Generation uint32
	A, B       uint32
	Text       string
	Mono, Wall float64 // when: milliseconds on a clock that never goes back, and since 1970
}

func (s Step) closeInfo() tether.CloseInfo {
	return tether.CloseInfo{
		Code: tether.Code(s.A), Reason: s.Text,
		Clean: s.B&FlagClean != 0, Opened: s.B&FlagOpened != 0,
	}
}

func (s Step) err() error {
	err := errors.New(s.Text)
	if s.A == 1 {
		return tether.Permanent(err)
	}
	return err
}
