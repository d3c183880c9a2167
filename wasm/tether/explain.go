package tether

import (
	"errors"
	"strconv"
	"sync"
	"time"
)

// maxSteps is how many changes of state [Client.Explain] remembers.
const maxSteps = 64

// triggers says in words what can lead to a change of state.
var triggers = [eventKinds]string{
	evRun: "Run was called", evResolved: "the endpoint is known", evUnresolved: "the endpoint function failed",
	evOpened: "the connection is open", evReceived: "a message came", evEnded: "the connection or attempt ended",
	evConnectTimer: "the attempt took too long", evRetryTimer: "the wait is over", evUptimeTimer: "the connection lasted",
	evCloseTimer: "the peer did not answer the close frame",
	evBeatTimer:  "the heartbeat was due", evHiddenTimer: "the page was hidden for long", evAlive: "the peer answered",
	evHint: "the network or the page changed", evDiagnosed: "it was found out why attempts fail",
	evQueued: "a message was sent", evFlushed: "the outbox was sent", evDrained: "the transport has room", evInboxHigh: "the reader fell behind",
	evInboxLow: "the reader caught up", evInboxFull: "the inbox was full", evTooBig: "a message was too big",
	evReconnect: "Reconnect was called", evPause: "Pause was called", evResume: "Resume was called",
	evShutdown: "Shutdown was called", evClose: "Close was called or the context ended", evAbort: "Shutdown was cut short",
}

// Step is one change of state and what led to it.
type Step struct {
	At       time.Time
	Old, New State
	Trigger  string        // in a few words, for a person
	Cause    error         // nil when nothing went wrong
	Attempt  int           // New is Waiting: the number that the next attempt will have
	Delay    time.Duration // New is Waiting: until it starts
	Rule     string        // the rule that chose the delay, or that stopped the client
}

// String returns the step on one line: what, why, and what was planned. Texts of the peer are quoted.
func (s Step) String() string {
	line := s.Old.String() + " → " + s.New.String() + ": " + s.Trigger
	if s.Cause != nil {
		line += ": " + s.Cause.Error()
	}
	if s.New == Waiting {
		line += "; attempt " + strconv.Itoa(s.Attempt) + " in " + s.Delay.String()
	}
	if s.Rule != "" {
		line += " (" + s.Rule + ")"
	}
	return line
}

// Explanation is how a client came to where it is.
type Explanation struct {
	State State
	Since time.Time // of the last change; zero if there was none
	Next  time.Time // when the next attempt starts; zero if none is planned
	Steps []Step    // the last 64 changes of state, the oldest first
}

// String returns the steps, one on a line, with their time of day.
func (e Explanation) String() string {
	text := e.State.String() + "\n"
	for _, s := range e.Steps {
		text += s.At.Format("15:04:05.000 ") + s.String() + "\n"
	}
	return text
}

// step is a Step without its String, so that a program that never asks does not carry the words.
type step Step

// history remembers the last steps.
type history struct {
	trigger eventKind // of what is being taken; the client's goroutine owns it

	mu    sync.Mutex
	steps [maxSteps]step
	count int // ever
}

func (h *history) last() *step { return &h.steps[(h.count+maxSteps-1)%maxSteps] }

// note keeps what matters of an event that the listeners are told. Any but the client's goroutine may read meanwhile.
func (h *history) note(e Event) {
	switch e := e.(type) {
	case StateChanged:
		s := step{At: time.Now(), Old: e.Old, New: e.New, Trigger: triggers[h.trigger], Cause: e.Cause}
		if stop, ok := errors.AsType[*StopError](e.Cause); ok {
			s.Rule, s.Cause = stop.Rule, stop.Err
		}
		h.mu.Lock()
		h.count++
		*h.last() = s
		h.mu.Unlock()
	case Retrying:
		h.mu.Lock()
		s := h.last()
		s.Attempt, s.Delay, s.Rule = e.Attempt, e.Delay, e.Rule
		h.mu.Unlock()
	}
}

func (s *shell) explain() Explanation {
	h := &s.past
	h.mu.Lock()
	defer h.mu.Unlock()
	e := Explanation{State: s.State()}
	for i := max(0, h.count-maxSteps); i < h.count; i++ {
		e.Steps = append(e.Steps, Step(h.steps[i%maxSteps]))
	}
	if n := len(e.Steps); n > 0 {
		last := e.Steps[n-1]
		e.State, e.Since = last.New, last.At
		if last.New == Waiting {
			e.Next = last.At.Add(last.Delay)
		}
	}
	return e
}

// Explain says how the client came to where it is: the last changes of state with their causes, the rule that stopped it
// or planned the next attempt, and when that is.
func (c *Client[In, Out]) Explain() Explanation { return c.shell.explain() }

// Explain is [Client.Explain].
func (c *Typed) Explain() Explanation { return c.client.Explain() }
