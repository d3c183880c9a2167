package tether

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// State is where a client is in its life.
type State uint8

// The states. Closed is final.
const (
	StateIdle       = State(engine.Idle)       // not run yet
	StateConnecting = State(engine.Connecting) // an attempt is under way, asking the [Endpoint] included
	StateOpen       = State(engine.Open)       // messages flow
	StateWaiting    = State(engine.Waiting)    // between attempts
	StatePaused     = State(engine.Paused)     // by Pause; no attempt until Resume
	StateClosing    = State(engine.Closing)    // the closing handshake is under way
	StateClosed     = State(engine.Closed)     // for good
)

// String returns the name of the constant.
func (s State) String() string { return engine.State(s).String() }

// Item is what [Client.Events] yields: an [Event] or a [Received].
type Item interface{ item() }

// Event is something that happened in the life of a client. Listen with [On].
type Event interface {
	Item
	event()
}

type (
	// StateChanged comes with every change of state.
	StateChanged struct {
		Old, New State
		Cause    error // nil when nothing went wrong
	}
	// Opened comes when a connection is open.
	Opened struct {
		Attempt     int // attempts it took since the last good connection, from 1
		Subprotocol string
		Extensions  string // as the server accepted them; empty where the platform does not report them
		Resumed     bool   // the session of the last connection goes on and nothing was lost; see [WithResume]
	}
	// Lost comes when an open connection ended, on either side.
	Lost struct {
		CloseInfo
		Unflushed int // bytes handed to the platform that had not left the process: whether they arrived is uncertain
	}
	// Retrying comes when the next attempt was planned.
	Retrying struct {
		Attempt int           // the number that the next attempt will have
		Delay   time.Duration // until it starts
		Cause   error         // a [CloseError], or what the [Endpoint] failed with
		Rule    string        // the rule that chose the delay
	}
	// Dropped comes when messages were given up.
	Dropped struct {
		Inbound  bool
		Messages int
		Bytes    int
		Cause    error
	}
	// Panicked comes when a listener, or a function given as an option, panicked, or ended its goroutine ([ErrGoexit]). Without a listener for it the value
	// is printed to standard error.
	Panicked struct{ Value any }
	// Skipped comes to listeners that fell behind: so many events, older than the next one, were left out.
	Skipped struct{ Events int }
)

// Received is one message in the order of [Client.Events].
type Received[In any] struct {
	Value In
	Err   error // of the codec; Value is then meaningless
}

func (StateChanged) event() {}
func (Opened) event()       {}
func (Lost) event()         {}
func (Retrying) event()     {}
func (Dropped) event()      {}
func (Panicked) event()     {}
func (Skipped) event()      {}
func (StateChanged) item()  {}
func (Opened) item()        {}
func (Lost) item()          {}
func (Retrying) item()      {}
func (Dropped) item()       {}
func (Panicked) item()      {}
func (Skipped) item()       {}
func (Received[In]) item()  {}

// eventOf returns the event that says what the machine reports.
func eventOf(n engine.Notice) Event {
	switch n := n.(type) {
	case engine.StateChanged:
		return StateChanged{State(n.Old), State(n.New), n.Cause}
	case engine.Opened:
		return Opened(n)
	case engine.Lost:
		return Lost{closeInfo(n.CloseInfo), n.Unflushed}
	case engine.Retrying:
		return Retrying(n)
	case engine.PongReceived:
		return PongReceived(n)
	case engine.Diagnosed:
		if d, ok := n.Finding.(*Diagnosis); ok { //nolint:errorlint // what examine found: nothing wraps it
			return Diagnosed{*d}
		}
	}
	return nil
}
