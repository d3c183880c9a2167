package tether

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// shell is the machine's hands: one goroutine that waits for an event, steps the machine and performs the commands. It
// decides nothing. What comes while that goroutine is at rest may be taken on the spot, see turn.go.
type shell struct {
	options   *options
	transport transport
	layer     layer // over transport; nil: none
	queue     *queue
	inbox     *inbox
	heard     listeners
	tell      *dispatcher

	// Owned by the goroutine of Run, or by who has the turn.
	turn     sync.Mutex
	machine  machine
	conn     conn
	held     int // bytes that the connection had buffered when it was last asked: since then it can only be fewer
	clocks   [timers]stopper
	commands []command
	here     event              // what turn.go takes
	inner    event              // what follow takes: here, so that it need not go to the heap for each flush
	stopAsk  context.CancelFunc // ends the endpoint provider's context
	stopExam func()             // ends an examination
	born     time.Time
	elapsed  elapsed

	// Shared.
	out     sendQueue
	started atomic.Bool
	state   atomic.Uint32
	changed beacon        // lit with every change of state
	done    chan struct{} // closed when the state is Closed
	err     error         // what Run returns; valid after done
	track   tracker
	past    history
	tap     func(codec.Message) (taken bool) // sees messages before the inbox, on the client's goroutine; or nil
	beside  func()                           // runs along until everything was read; or nil
	counts  counters
}

func newShell(o *options) *shell {
	s := &shell{options: o, queue: newQueue(), done: make(chan struct{}), born: time.Now()}
	s.inbox = newInbox(o.inbox, func() { s.queue.push(event{kind: evInboxLow}) })
	s.inbox.oldest = o.inboxOverflow == InboxDropOldest
	s.tell = newDispatcher(&s.heard)
	s.transport = o.dialer
	if s.transport == nil {
		s.transport = o.platform.transport(o.maxMessage + o.framing)
	}
	if o.layer != nil {
		s.layer = o.layer(s, s.transport)
		s.transport = s.layer
		s.track.keeps = true
	}
	s.out.box = outbox{limits: o.outbox, overflow: o.overflow}
	p := o.plan
	p.decide = s.decide
	s.machine.plan = &p
	return s
}

// decide asks the user's policy. One that panics is replaced by the default for this time.
func (s *shell) decide(c CloseInfo) (d Decision) {
	value, panicked := guard(func() { d = s.options.decide(c) })
	if panicked {
		s.notify(Panicked{value})
		d = DefaultDecide(c)
	}
	return d
}

// run is the life of a client.
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
	if s.beside != nil {
		reading.Go(s.beside)
	}
	helpers.Go(s.tell.run)
	helpers.Go(func() { s.closeWith(ctx) })
	s.queue.push(event{kind: evRun})
	stop := s.listen()
	var batch []event
	for over := false; !over; {
		batch = s.queue.swap(batch)
		over = s.hearAll(batch)
	}
	stop()
	reading.Wait()
	s.tell.close()
	helpers.Wait()
	return s.err
}

// closeWith closes the client when ctx ends first. A goroutine does it because context.AfterFunc makes a context of its
// own, and with that every js program would carry the formatting of dates.
func (s *shell) closeWith(ctx context.Context) {
	select {
	case <-ctx.Done():
		s.queue.push(event{kind: evClose, err: context.Cause(ctx)})
	case <-s.done:
	}
}

// hearAll takes a batch of the queue, and says whether the client is closed.
func (s *shell) hearAll(batch []event) (over bool) {
	s.turn.Lock()
	defer s.turn.Unlock()
	for i := range batch {
		s.hear(&batch[i])
	}
	s.reportSkipped()
	return s.machine.state == Closed
}

// hear takes an event of the queue.
func (s *shell) hear(ev *event) {
	if s.layer != nil {
		s.layer.take(ev)
		s.track.acknowledged(s.layer.pending())
		return
	}
	s.take(ev)
}

// unacknowledged returns how many messages a layer keeps until it knows that they arrived.
func (s *shell) unacknowledged() int {
	if s.layer == nil {
		return 0
	}
	return s.layer.pending()
}

// take steps the machine with one event and performs what follows.
func (s *shell) take(ev *event) {
	if ev.kind != evReceived || s.options.pulse != nil {
		ev.random = rand.Float64()
	}
	s.past.trigger = ev.kind
	s.sense(ev)
	if ev.kind == evShutdown {
		ev.left = s.out.size().Messages + s.unacknowledged()
	} else if s.conn != nil && mayEnd[ev.kind] {
		ev.left = s.conn.buffered()
	}
	commands := s.machine.step(ev, s.commands[:0])
	s.commands = nil // a command may lead to an event that is taken at once
	for i := range commands {
		s.perform(&commands[i], ev)
	}
	clear(commands)
	s.commands = commands
	if ev.kind != evReceived {
		s.reportLost()
	}
}

// mayEnd says which events can end a connection. What is buffered then is lost.
var mayEnd = [eventKinds]bool{
	evEnded: true, evCloseTimer: true, evBeatTimer: true, evAlive: true, evHint: true, evReconnect: true, evClose: true, evAbort: true,
}

// follow takes an event that a command led to, before the next one of the queue. None of these leads to another.
func (s *shell) follow(ev event) {
	s.inner = ev
	s.take(&s.inner)
}

// perform does one command of those that ev led to.
func (s *shell) perform(c *command, ev *event) {
	switch c.kind {
	case cmdResolve:
		s.resolve(c.gen, *c.attempt)
	case cmdForget:
		s.endAsk()
	case cmdDial:
		s.endAsk()
		s.track.begin()
		s.conn, s.held = s.transport.dial(c.gen, *c.target, s), 0
	case cmdFlush:
		s.flush(c.gen)
	case cmdWatch:
		s.conn.watch(c.mark)
	case cmdDeliver:
		s.deliver(ev.message)
	case cmdThrottle, cmdRelease:
		if t, ok := s.conn.(throttler); ok {
			t.throttle(c.kind == cmdThrottle)
		}
	case cmdCloseConn:
		s.conn.close(legalCode(c.code, browser), legalReason(c.reason))
	case cmdAbandon:
		s.conn.abandon()
		s.conn = nil
	case cmdArm:
		s.arm(c.timer, c.id, c.delay)
	case cmdDisarm:
		s.clocks[c.timer].Stop()
	case cmdNotify:
		s.notify(c.notice)
	case cmdPing:
		s.ping(c.gen, c.id)
	case cmdExamine:
		s.examine(c.target, c.err)
	case cmdFinish:
		s.finish(c.err)
	}
}

func (s *shell) arm(t timer, id uint32, d time.Duration) {
	if old := s.clocks[t]; old != nil {
		old.Stop()
	}
	s.clocks[t] = s.afterFunc(d, func() { s.queue.push(event{kind: timerEvents[t], timer: id}) })
}

// finish lets everybody know that it is over.
func (s *shell) finish(err error) {
	s.endAsk()
	s.endSenses()
	s.track.finished()
	left := s.out.clear()
	if left.Messages > 0 {
		s.notify(Dropped{false, left.Messages, left.Bytes, ErrClosed})
	}
	s.err = err
	s.counts.undelivered.Store(uint64(left.Messages + s.unacknowledged()))
	if s.layer != nil {
		s.layer.finish()
	}
	s.inbox.close()
	s.queue.close()
	close(s.done)
}

// State returns the state that the listeners were last told.
func (s *shell) State() State { return State(s.state.Load()) }

func (s *shell) opened(gen uint32, subprotocol, extensions string) {
	s.queue.push(event{kind: evOpened, gen: gen, opened: Opened{Subprotocol: subprotocol, Extensions: extensions}})
}

func (s *shell) received(gen uint32, t codec.MessageType, p []byte) {
	s.queue.push(event{kind: evReceived, gen: gen, message: codec.Message{Type: t, Data: p}})
}

func (s *shell) drained(gen uint32) { s.queue.push(event{kind: evDrained, gen: gen}) }

func (s *shell) closed(gen uint32, c CloseInfo) {
	s.queue.push(event{kind: evEnded, gen: gen, ended: &c})
}
