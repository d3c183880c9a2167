package tether

import (
	"strconv"
	"time"
)

// State is where a client is in its life.
type State uint8

// The states. Closed is final.
const (
	Idle       State = iota // not run yet
	Connecting              // an attempt is under way, asking the [Endpoint] included
	Open                    // messages flow
	Waiting                 // between attempts
	Paused                  // by Pause; no attempt until Resume
	Closing                 // the closing handshake is under way
	Closed                  // for good
)

var stateNames = [...]string{"Idle", "Connecting", "Open", "Waiting", "Paused", "Closing", "Closed"}

// String returns the name of the constant.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

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
		Extensions  string // as the server accepted them; empty where the platform does not tell
		Resumed     bool   // the session of the last connection goes on and nothing was lost; see [WithResume]
	}
	// Lost comes when a connection that was open ended, whoever ended it.
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
	// Panicked comes when a listener, or a function given as an option, panicked. Without a listener for it the value
	// is printed to standard error.
	Panicked struct{ Value any }
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
func (StateChanged) item()  {}
func (Opened) item()        {}
func (Lost) item()          {}
func (Retrying) item()      {}
func (Dropped) item()       {}
func (Panicked) item()      {}
func (Received[In]) item()  {}
