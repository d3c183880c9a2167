package requests

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/recordfilter"
	"github.com/tetherscope/tetherscope/scope/act"
)

// closingTime is how long the answer to our close frame is waited for.
const closingTime = 2 * time.Second

// Options say how a file is run.
type Options struct {
	Vars map[string]string                // take the place of those of the file, and add to them
	Env  func(name string) (string, bool) // values of the environment; nil refuses them
	Only string                           // name of the one request to run; "" for all
}

// Do is what is to be done next.
type Do uint8

// What is to be done.
const (
	Dial   Do = iota // open the connection of Action.Dial, then call [Run.Opened] or [Run.NotOpened]
	Write            // send Action.Payload as a message, then call [Run.Sent]
	Finish           // send a close frame with Action.Code and Action.Reason, then ask again
	Await            // wait until Action.Until, or until something happens, then ask again
	Leave            // end the TCP connection, then ask again
	Stop             // all is done
)

// Action is what is to be done next.
type Action struct {
	Do      Do
	Dial    *Request // its variables filled in
	Binary  bool     // the message to write
	Payload []byte
	Code    uint16
	Reason  string
	Until   time.Time
}

// phase is where a request stands.
type phase uint8

const (
	before phase = iota
	opening
	stepping
	closing
	leaving
)

// Run runs the requests of a file, one after another. Its methods are called by one goroutine.
type Run struct {
	file  *File
	todo  []Request
	vars  vars
	phase phase
	n     int // of the request in todo
	step  int // of the step of it

	row      *recordfilter.Row
	inbox    []*record.Record // messages that no step has looked at
	last     *record.Record   // the message that a step has looked at last
	passed   int              // messages that were looked at by this step
	sent     uint64           // messages of this connection
	closed   bool             // the server sent a close frame
	code     uint16
	reason   string
	ended    string    // why nothing more will come; "" while something may
	began    time.Time // of the step
	waiting  bool      // the step has begun
	begin    time.Time // of the run
	conn     uint32
	failed   bool // a step of this request
	finished bool // our close frame was sent

	results []act.StepResult // which [Run.Results] has not returned
	end     act.RequestsEnd
}

// NewRun prepares to run a file. The error is an [*Error]: a variable has no source, or no request has the name.
func NewRun(f *File, o Options) (*Run, error) {
	r := &Run{file: f, vars: vars{file: f.Vars, literal: map[string]string{}, env: o.Env, hidden: map[string]string{}}}
	for name, value := range o.Vars {
		r.vars.literal[name] = value
	}
	for _, q := range f.Requests {
		if o.Only == "" || q.Name == o.Only {
			r.todo = append(r.todo, q)
		}
	}
	if len(r.todo) == 0 {
		return nil, &Error{f.Name, Position{1, 1}, fmt.Sprintf("no request is called %q", o.Only)}
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return r, nil
}

// Results returns what became of the steps since it was called last.
func (r *Run) Results() []act.StepResult {
	list := r.results
	r.results = nil
	return list
}

// End returns how many requests passed and failed so far.
func (r *Run) End() act.RequestsEnd { return r.end }

// Next says what is to be done at a time.
func (r *Run) Next(now time.Time) Action {
	if r.begin.IsZero() {
		r.begin = now
	}
	for {
		r.end.Millis = millis(now.Sub(r.begin))
		if r.n == len(r.todo) {
			return Action{Do: Stop}
		}
		if a, ok := r.act(now); ok {
			return a
		}
	}
}

// act does what can be done at once, and reports whether the caller has to do something.
func (r *Run) act(now time.Time) (Action, bool) {
	switch r.phase {
	case before:
		return r.open(now)
	case opening:
		return Action{Do: Await, Until: now.Add(time.Hour)}, true // the caller's own limit ends it
	case stepping:
		if r.step < len(r.now().Steps) && !r.failed {
			return r.doStep(now)
		}
		r.skip()
		r.phase, r.began = closing, now
	case closing:
		return r.close(now)
	case leaving:
		r.next()
		return Action{Do: Leave}, true
	}
	return Action{}, false
}

func (r *Run) now() *Request { return &r.todo[r.n] }

// open asks for the connection of a request.
func (r *Run) open(now time.Time) (Action, bool) {
	r.began, r.row = now, &recordfilter.Row{}
	q, err := r.resolved()
	if err != nil {
		r.NotOpened(now, err)
		return Action{}, false
	}
	r.phase = opening
	return Action{Do: Dial, Dial: q}, true
}

// resolved returns the request with its variables filled in.
func (r *Run) resolved() (*Request, error) {
	q := *r.now()
	var err error
	put := func(text *string) {
		if err == nil {
			*text, err = fill(*text, r.vars.values(), nil, nil)
		}
	}
	q.Header, q.Subprotocols = slices.Clone(q.Header), slices.Clone(q.Subprotocols)
	put(&q.URL)
	put(&q.CA)
	put(&q.CAFile)
	for i := range q.Header {
		put(&q.Header[i])
	}
	for i := range q.Subprotocols {
		put(&q.Subprotocols[i])
	}
	return &q, err
}

// Opened says that the connection is open. conn is its number in the capture, 0 if there is none.
func (r *Run) Opened(now time.Time, conn uint32) {
	r.conn, r.phase = conn, stepping
	r.result(Step{Position: r.now().Position, Kind: Open, Text: r.now().URL}, now, act.StepResult{}, nil)
}

// NotOpened says why the connection could not be opened.
func (r *Run) NotOpened(now time.Time, err error) {
	r.result(Step{Position: r.now().Position, Kind: Open, Text: r.now().URL}, now, act.StepResult{}, err)
	r.skip()
	r.next()
}

// Message says that a message was received. It keeps m.
func (r *Run) Message(m *record.Record) { r.inbox = append(r.inbox, m) }

// CloseFrame says that the server sent a close frame.
func (r *Run) CloseFrame(code uint16, reason string) {
	r.closed, r.code, r.reason = true, code, reason
}

// Ended says that nothing more will come, and why.
func (r *Run) Ended(why string) { r.ended = why }

// doStep does the step that is next, or a part of it.
func (r *Run) doStep(now time.Time) (Action, bool) {
	s := r.now().Steps[r.step]
	if !r.waiting {
		r.waiting, r.began, r.passed = true, now, 0
	}
	text, err := s.filled(r.vars.values())
	if err == nil {
		if p := problem(s.Kind, text); p != "" {
			err = fmt.Errorf("with its variables, %s", p)
		}
	}
	if err == nil && len(text) > 2*act.MaxPayload+2 {
		err = errors.New("with its variables, it has more than 4 MiB")
	}
	if err == nil && r.ended != "" && (s.Kind == Send || s.Kind == JSON || s.Kind == Binary || s.Kind == Close) {
		err = fmt.Errorf("not sent: %s", r.over())
	}
	if err != nil {
		r.done(s, now, act.StepResult{}, err)
		return Action{}, false
	}
	switch s.Kind {
	case Send, JSON, Binary:
		return r.write(s, text), true
	case Close:
		r.finished = true
		r.done(s, now, act.StepResult{}, nil)
		return Action{Do: Finish, Code: s.Code, Reason: s.Reason}, true
	case Closed:
		return r.awaitClose(s, now)
	case Wait, Expect, Open:
	}
	return r.await(s, text, now)
}

// write sends a message.
func (r *Run) write(s Step, text string) Action {
	payload := []byte(text)
	if s.Kind == Binary {
		payload, _ = hex.DecodeString(digits(text)) // it was checked
	}
	return Action{Do: Write, Binary: s.Kind == Binary, Payload: payload}
}

// Sent says that the message of [Write] was sent, or why not.
func (r *Run) Sent(now time.Time, err error) {
	r.sent++
	r.done(r.now().Steps[r.step], now, act.StepResult{Dir: record.Out.String(), Message: r.sent}, err)
}

// awaitClose waits for the server's close frame.
func (r *Run) awaitClose(s Step, now time.Time) (Action, bool) {
	end := r.began.Add(s.Within)
	var err error
	switch {
	case r.closed && r.code == s.Code:
	case r.closed || r.ended != "":
		err = errors.New(r.over())
	case now.Before(end):
		return Action{Do: Await, Until: end}, true
	default:
		err = fmt.Errorf("no close frame came within %v", s.Within)
	}
	r.done(s, now, act.StepResult{}, err)
	return Action{}, false
}

// over says how the connection ended.
func (r *Run) over() string {
	if r.closed {
		return fmt.Sprintf("the server closed the connection with code %d %q", r.code, r.reason)
	}
	return r.ended
}

// close ends the connection of a request whose steps are done.
func (r *Run) close(now time.Time) (Action, bool) {
	end := r.began.Add(closingTime)
	switch {
	case r.ended != "", r.finished && (r.closed || !now.Before(end)):
		r.phase = leaving
		return Action{}, false
	case !r.finished:
		r.finished = true
		code := uint16(1000)
		if r.closed {
			code = r.code
		}
		return Action{Do: Finish, Code: code}, true
	}
	return Action{Do: Await, Until: end}, true
}

// done notes what became of the step that is next.
func (r *Run) done(s Step, now time.Time, with act.StepResult, err error) {
	r.result(s, now, with, err)
	r.step++
	r.waiting = false
}

// result notes what became of a step.
func (r *Run) result(s Step, now time.Time, with act.StepResult, err error) {
	with.Request, with.Line, with.Column, with.Kind, with.Text = r.now().Name, s.Line, s.Column, string(s.Kind), s.Text
	with.Conn, with.Outcome, with.Millis = r.conn, act.StepPassed, millis(now.Sub(r.began))
	if s.Kind != Open {
		with.Step = r.step + 1
	}
	if err != nil {
		r.failed = true
		with.Outcome, with.Problem = act.StepFailed, r.vars.shown(err.Error())
	}
	r.results = append(r.results, with)
}

// skip notes that the steps that are left are not done.
func (r *Run) skip() {
	for ; r.step < len(r.now().Steps); r.step++ {
		s := &r.now().Steps[r.step]
		r.results = append(r.results, act.StepResult{
			Request: r.now().Name, Step: r.step + 1, Line: s.Line, Column: s.Column, Kind: string(s.Kind), Text: s.Text, Outcome: act.StepSkipped, Conn: r.conn,
		})
	}
}

// next goes to the next request.
func (r *Run) next() {
	if r.failed {
		r.end.Failed++
	} else {
		r.end.Passed++
	}
	*r = Run{file: r.file, todo: r.todo, vars: r.vars, n: r.n + 1, begin: r.begin, results: r.results, end: r.end}
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
