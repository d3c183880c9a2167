package tether

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/broadcast"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// shell connects the machine (package engine) with the world: one goroutine that waits for an event, steps the machine and
// executes the commands. It decides nothing. Two kinds of events may be processed without that goroutine: shell_inline.go.
type shell struct {
	options    *options
	transport  transport
	layer      layer // over transport; nil: none
	events     *eventQueue
	inbox      *inbox
	listeners  listeners
	dispatcher *dispatcher

	// Guarded by stepping.
	stepping sync.Mutex
	machine  engine.Machine
	conn     conn
	buffered int // bytes in conn when it was last asked: now there are as many or fewer
	timers   [engine.Timers]stopper
	commands []engine.Command
	inline   *engine.Event      // the event that shell_inline.go processes; nil until there was one
	followUp *engine.Event      // the event that follow processes: kept, so that no flush allocates one
	stopAsk  context.CancelFunc // ends the endpoint provider's context
	stopExam func()             // ends an examination
	created  time.Time
	clock    engine.Clock
	flow     engine.Flow // of the event that is processed
	proof    proof       // of what the peer has read
	refresh  refresh     // of refused credentials

	// Shared.
	outbox     outbox
	started    atomic.Bool
	state      atomic.Uint32
	changed    broadcast.Broadcaster // every change of state
	done       chan struct{}         // closed when the state is Closed
	err        error                 // what Run returns; valid after done
	receipts   receiptTracker
	history    history
	tap        func(codec.Message) (taken bool) // sees messages before the inbox, on the client's goroutine; may be nil
	background func()                           // runs beside the client's goroutine until everything was read; may be nil
	counts     counters
}

func newShell(o *options) *shell {
	s := &shell{options: o, events: newEventQueue(), done: make(chan struct{}), created: time.Now()}
	s.inbox = newInbox(o.inbox, func() { s.events.push(engine.Event{Kind: engine.EventInboxLow}) })
	s.inbox.oldest = o.inboxOverflow == InboxOverflowDropOldest
	s.dispatcher = newDispatcher(&s.listeners)
	s.transport = o.dialer
	if s.transport == nil {
		s.transport = o.dialing.transport(o.maxMessage + o.framing)
	}
	if o.layer != nil {
		engine.AnswersPings(o.config.Heartbeat) // its pings are the session's own
		s.layer = o.layer(s, s.transport)
		s.transport = s.layer
		s.receipts.keeps = true
	}
	s.outbox.list = outboxList{limits: o.outbox, overflow: o.overflow}
	s.outbox.changed = func() { s.events.push(engine.Event{Kind: engine.EventQueued}) }
	config := o.config
	config.Decide = s.decide
	config.CloseError = func(c engine.CloseInfo) error { return &CloseError{closeInfo(c)} }
	config.StopError = func(rule string, cause error) error { return &StopError{rule, cause} }
	s.machine = engine.New(&config)
	return s
}

// decide asks the user's policy. When it panics, the default policy decides.
func (s *shell) decide(c engine.CloseInfo) engine.Decision {
	var d Decision
	info := closeInfo(c)
	value, panicked := recovered(func() { d = s.options.decide(info) })
	if panicked {
		s.notify(Panicked{value})
		d = DefaultDecide(info)
	}
	if s.options.endpoint != nil && !s.options.ownDecide {
		d = s.refresh.decide(info, d, s.options.config.Backoff.MinUptime)
	}
	if f := s.options.failover; f != nil {
		d = f.ended(info, d, s.options.ownDecide, time.Now())
	}
	return engine.Decision(d)
}

// run is Client.Run.
func (s *shell) run(ctx context.Context) error {
	if !s.started.CompareAndSwap(false, true) {
		select {
		case <-s.done:
			return s.err
		default:
			return ErrRunning
		}
	}
	var helpers, reading sync.WaitGroup
	if s.background != nil {
		survive(&reading, func() { s.dispatcher.push(Panicked{ErrGoexit}) }, s.background)
	}
	s.dispatcher.open(&helpers)
	s.events.push(engine.Event{Kind: engine.EventRun})
	stop := s.listen()
	defer func() { // a function of the user may have ended this goroutine
		select {
		case <-s.done:
		default:
			return // a panic of this package: nothing that could wait without limit may hide it
		}
		stop()
		reading.Wait()
		s.dispatcher.close()
		helpers.Wait()
	}()
	s.processUntilClosed(ctx)
	return s.err
}

// processUntilClosed is the client's goroutine, which closes the client when ctx ends. Should a function of the user end it, the
// client is closed at once: there is no other.
func (s *shell) processUntilClosed(ctx context.Context) {
	over := false
	defer func() {
		if over {
			return
		}
		if value := recover(); value != nil {
			panic(value) // a fault of this package
		}
		s.stepping.Lock()
		defer s.stepping.Unlock()
		s.step(&engine.Event{Kind: engine.EventAbort, Err: ErrGoexit})
	}()
	var batch []engine.Event
	for end := ctx.Done(); !over; {
		batch = s.events.swap(batch, end)
		if len(batch) == 0 && end != nil && ctx.Err() != nil {
			end = nil
			s.events.push(engine.Event{Kind: engine.EventClose, Err: context.Cause(ctx)})
			continue
		}
		over = s.processAll(batch)
	}
}

// processAll processes a batch of the queue, and reports whether the client is closed.
func (s *shell) processAll(batch []engine.Event) (over bool) {
	s.stepping.Lock()
	defer s.stepping.Unlock()
	for i := range batch {
		s.process(&batch[i])
	}
	s.reportSkipped()
	return s.machine.State() == engine.Closed
}

// process processes one event of the queue.
func (s *shell) process(ev *engine.Event) {
	if ev.Kind == engine.EventGreeted {
		s.options.greeter.said(s, ev.Generation)
	}
	if s.layer != nil {
		s.layer.process(ev)
		s.receipts.acknowledged(s.layer.pending())
		return
	}
	s.step(ev)
}

// unacknowledged returns how many messages a layer keeps until it knows that they arrived.
func (s *shell) unacknowledged() int {
	if s.layer == nil {
		return 0
	}
	return s.layer.pending()
}

// step steps the machine with one event and executes what follows.
func (s *shell) step(ev *engine.Event) {
	if s.options.greeter != nil && !ev.Greeted && s.options.greeter.take(s, ev) {
		return
	}
	if ev.Kind != engine.EventReceived || s.options.heartbeat != nil {
		ev.Random = s.options.random()
	}
	s.history.trigger = ev.Kind
	s.monitor(ev)
	s.proof.answer = ev.Nonce
	if s.machine.Draining() {
		ev.Empty = s.outbox.size().Messages+s.unacknowledged() == 0
	}
	if ev.Kind == engine.EventShutdown {
		ev.Left = s.outbox.size().Messages + s.unacknowledged()
	} else if s.conn != nil && mayEnd[ev.Kind] {
		ev.Left = s.conn.buffered()
	}
	commands := s.machine.Step(ev, s.commands[:0])
	s.commands = nil // a command may lead to an event that is processed at once
	for i := range commands {
		s.execute(&commands[i], ev)
	}
	clear(commands)
	if len(commands) == 1 { // as many as follow from messages: those of an opening are not kept for them
		s.commands = commands
	}
	if ev.Kind != engine.EventReceived {
		s.reportDropped()
	}
}

// mayEnd says which events can end a connection. The bytes that are buffered then are lost.
var mayEnd = [engine.EventKinds]bool{
	engine.EventEnded: true, engine.EventCloseTimer: true, engine.EventBeatTimer: true, engine.EventAlive: true,
	engine.EventHint: true, engine.EventReconnect: true, engine.EventClose: true, engine.EventAbort: true,
}

// follow processes an event that a command led to, before the next one of the queue. None of these leads to another.
func (s *shell) follow(ev engine.Event) {
	if s.followUp == nil {
		s.followUp = new(engine.Event)
	}
	*s.followUp = ev
	s.step(s.followUp)
}

// State returns the state that the listeners were last notified of.
func (s *shell) State() State { return State(s.state.Load()) }
