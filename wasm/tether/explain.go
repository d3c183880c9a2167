package tether

import (
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// maxSteps is how many changes of state [Client.Explain] remembers.
const maxSteps = 64

// triggers says in words what can lead to a change of state.
var triggers = [engine.EventKinds]string{
	engine.EventRun: "Run was called", engine.EventResolved: "the endpoint is known", engine.EventUnresolved: "the endpoint function failed",
	engine.EventOpened: "the connection is open", engine.EventReceived: "a message came", engine.EventEnded: "the connection or attempt ended",
	engine.EventConnectTimer: "the attempt took too long", engine.EventRetryTimer: "the wait is over",
	engine.EventCloseTimer: "the peer did not answer the close frame",
	engine.EventBeatTimer:  "the heartbeat was due", engine.EventHiddenTimer: "the page was hidden for long", engine.EventAlive: "the peer answered",
	engine.EventHint: "the network or the page changed", engine.EventDiagnosed: "it was found out why attempts fail",
	engine.EventQueued: "a message was sent", engine.EventFlushed: "the outbox was sent", engine.EventDrained: "the transport has room", engine.EventInboxHigh: "the reader fell behind",
	engine.EventInboxLow: "the reader caught up", engine.EventInboxFull: "the inbox was full", engine.EventTooBig: "a message was too big",
	engine.EventReconnect: "Reconnect was called", engine.EventPause: "Pause was called", engine.EventResume: "Resume was called",
	engine.EventShutdown: "Shutdown was called", engine.EventClose: "Close was called or the context ended", engine.EventAbort: "Shutdown was cut short",
	engine.EventGreeted: "the first words were ready",
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
	if s.New == StateWaiting {
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
	trigger engine.EventKind // of what is being taken; the client's goroutine owns it

	mu    sync.Mutex
	steps []step // grows with use: an idle client has a few
	count int    // ever
	next  time.Time
}

// last returns the last step: of a history without one, a step that is forgotten.
func (h *history) last() *step {
	if h.count == 0 {
		return &step{}
	}
	return &h.steps[(h.count-1)%maxSteps]
}

// add makes s the last step. The lock is held.
func (h *history) add(s step) {
	if len(h.steps) < maxSteps {
		h.steps = append(h.steps, s)
	} else {
		h.steps[h.count%maxSteps] = s
	}
	h.count++
}

// note keeps what matters of an event. Other goroutines may read meanwhile.
func (h *history) note(e Event) {
	switch e := e.(type) {
	case StateChanged:
		s := step{At: time.Now(), Old: e.Old, New: e.New, Trigger: triggers[h.trigger], Cause: e.Cause}
		if stop, ok := errors.AsType[*StopError](e.Cause); ok {
			s.Rule, s.Cause = stop.Rule, stop.Err
		}
		h.mu.Lock()
		h.add(s)
		h.next = time.Time{}
		h.mu.Unlock()
	case Retrying:
		h.mu.Lock()
		s := h.last()
		s.Attempt, s.Delay, s.Rule = e.Attempt, e.Delay, e.Rule
		h.next = time.Now().Add(e.Delay) // not since the change of state: a hint may have changed the plan
		h.mu.Unlock()
	}
}

func (s *shell) explain() Explanation {
	h := &s.history
	h.mu.Lock()
	defer h.mu.Unlock()
	e := Explanation{State: s.State()}
	for i := max(0, h.count-maxSteps); i < h.count; i++ {
		e.Steps = append(e.Steps, Step(h.steps[i%maxSteps]))
	}
	if n := len(e.Steps); n > 0 {
		last := e.Steps[n-1]
		e.State, e.Since = last.New, last.At
		if last.New == StateWaiting {
			e.Next = h.next
		}
	}
	return e
}
