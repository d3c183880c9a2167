package tether

import "time"

// Engine decides for a connection that somebody else carries: the same machine that drives a [Client], without its
// queues, goroutine and transports.
//
// It exists for the JS module. A message of a plain web page that travels through Go costs three times the CPU of one
// that stays in JS, so the module keeps sockets and messages in JS and asks Go only what to do next. It is exported
// because the module is another package; a Go program wants a [Client].
//
// What happened goes in by a method, what is to be done comes out. An Engine has no clock: [Engine.At] tells it the time. It
// starts no goroutine and must be used by one goroutine at a time. The slice a method returns is valid until the next call.
type Engine struct {
	machine machine
	random  func() float64
	elapsed elapsed
	now     time.Duration
	out     []command
	orders  []Order
}

// EngineOptions are the numbers that an [Engine] decides by. Zero values mean the defaults of a [Client].
type EngineOptions struct {
	Backoff        Backoff
	ConnectTimeout time.Duration
	CloseTimeout   time.Duration
	Random         func() float64 // in [0,1), for the jitter; required

	// Heartbeat notices dead connections if it is not nil. Its functions are not used: a ping is an [OrderPing], and whoever
	// has the messages tells [Engine.Received] what each is to the heartbeat.
	Heartbeat *Heartbeat
}

// Answer is what an inbound message is to the heartbeat of an [Engine].
type Answer = answer

// The kinds of [Answer].
const (
	AnswerNone = answerNone // a message like any other: a sign of life
	AnswerPong = answerPong // the answer to a ping
	AnswerEcho = answerEcho // our own ping, come back: no sign of life
)

// Hint is what a platform tells an [Engine] of the network or the page.
type Hint = hint

// The kinds of [Hint] that an [Engine] follows. Hiding, freezing and caching a page are for whoever has the sockets.
const (
	HintOnline  = hintOnline
	HintOffline = hintOffline
	HintVisible = hintVisible
	HintThaw    = hintThaw
)

// OrderKind is what is to be done.
type OrderKind uint8

// The kinds of [Order], with the fields that they use.
const (
	OrderDial      OrderKind = iota // begin an attempt: Generation
	OrderAbandon                    // let go of the current connection: nothing of it counts any more
	OrderCloseConn                  // begin the closing handshake: Code, Reason
	OrderArm                        // report Fired(Timer, ID) after Delay, in place of what the timer had been armed with
	OrderDisarm                     // forget Timer
	OrderState                      // tell the user: State, Cause
	OrderRetrying                   // tell the user: Attempt, Delay, Cause, Reason
	OrderFinish                     // it is over for good: Cause, empty when it was closed as asked
	OrderPing                       // send the heartbeat's ping: ID is its nonce, never 0
	OrderPong                       // tell the user: the ping was answered after Delay
)

// Order is one thing to do. Orders are to be carried out in the order in which they come.
type Order struct {
	Kind       OrderKind
	Generation uint32 // to be given back with what happens to the attempt
	Timer, ID  uint32
	Delay      time.Duration
	State      State
	Attempt    int // the number that the next attempt has since the last good connection
	Code       Code
	Reason     string // of a close frame, at most 123 bytes; of a retry, the rule that chose the delay
	Cause      string // in words for a person
}

// NewEngine returns an engine that waits for Run. It returns an [*OptionError] when an option is out of its range.
func NewEngine(o EngineOptions) (*Engine, error) {
	p := &plan{
		connectTimeout: o.ConnectTimeout, closeTimeout: o.CloseTimeout, backoff: o.Backoff.filled(), decide: DefaultDecide,
		watch: &page{},
	}
	if p.connectTimeout == 0 {
		p.connectTimeout = defaultConnectTimeout
	}
	if p.closeTimeout == 0 {
		p.closeTimeout = defaultCloseTimeout
	}
	if problem := p.backoff.problem(); problem != "" {
		return nil, &OptionError{"WithBackoff", problem}
	}
	if p.connectTimeout < 0 || p.closeTimeout < 0 {
		return nil, &OptionError{"timeout", "negative value"}
	}
	if o.Random == nil {
		return nil, &OptionError{"Random", "is required"}
	}
	if o.Heartbeat != nil {
		h, err := o.Heartbeat.timed()
		if err != nil {
			return nil, err
		}
		p.pulse = &heartbeat{Heartbeat: h}
	}
	return &Engine{machine: machine{plan: p}, random: o.Random}, nil
}

// At tells the time at which happened what is reported next: mono on a clock that never goes back, wall in nanoseconds
// since 1970. Both are needed, because the first may stand still while a device sleeps. An engine that is never told
// works without hints and heartbeat.
func (e *Engine) At(mono time.Duration, wall int64) { e.now = e.elapsed.advance(mono, wall) }

// Run begins. It must be the first call.
func (e *Engine) Run() []Order { return e.step(event{kind: evRun}) }

// Opened reports that the attempt became a connection.
func (e *Engine) Opened(generation uint32) []Order {
	return e.step(event{kind: evOpened, gen: generation})
}

// Received reports a message. Without a heartbeat the first of each generation is enough; with one, the next after each ping
// and every pong are needed too, and one in every second keeps it going where timers are slowed down. nonce is that of a pong, 0
// if it has none.
func (e *Engine) Received(generation uint32, a Answer, nonce uint32) []Order {
	return e.step(event{kind: evReceived, gen: generation, answer: a, nonce: nonce})
}

// Hinted reports what the platform told. It shortens the wait for the next attempt, never below what the server asked for,
// and makes the heartbeat ask at once.
func (e *Engine) Hinted(h Hint) []Order {
	if h >= hints {
		return nil
	}
	return e.step(event{kind: evHint, hint: h})
}

// Ended reports that the attempt failed, or that the connection ended.
func (e *Engine) Ended(generation uint32, c CloseInfo) []Order {
	return e.step(event{kind: evEnded, gen: generation, ended: &c})
}

// Unresolved reports that it could not be found out where to connect to; see [Permanent] and [RetryAfter].
func (e *Engine) Unresolved(generation uint32, err error) []Order {
	return e.step(event{kind: evUnresolved, gen: generation, err: err})
}

// Fired reports that the delay of a timer is over. One that was disarmed or armed anew since is ignored.
func (e *Engine) Fired(timer, id uint32) []Order {
	if timer >= uint32(timers) {
		return nil
	}
	return e.step(event{kind: timerEvents[timer], timer: id})
}

// Reconnect drops the connection or the wait there is and tries again at once. cause may be nil.
func (e *Engine) Reconnect(cause error) []Order {
	if cause == nil {
		cause = ErrReconnect
	}
	return e.step(event{kind: evReconnect, err: cause})
}

// Close ends it for good: with a closing handshake, bounded in time, when there is a connection.
func (e *Engine) Close() []Order { return e.step(event{kind: evClose}) }

// step lets the machine decide and translates its commands.
func (e *Engine) step(ev event) []Order {
	e.orders = e.orders[:0]
	if e.feed(ev) {
		// Whoever dials also knows where to: the machine need not wait for that.
		e.feed(event{kind: evResolved, gen: e.machine.gen})
	}
	return e.orders
}

// feed reports whether the machine asks where to connect to.
func (e *Engine) feed(ev event) (asks bool) {
	ev.random, ev.now = e.random(), e.now
	e.out = e.machine.step(&ev, e.out[:0])
	for _, c := range e.out {
		e.order(c)
		asks = asks || c.kind == cmdResolve
	}
	clear(e.out) // the errors in it are not to be kept alive
	return asks
}

// order translates one command. What concerns messages is not the engine's.
func (e *Engine) order(c command) {
	switch c.kind {
	case cmdResolve:
		e.add(Order{Kind: OrderDial, Generation: c.gen})
	case cmdAbandon:
		e.add(Order{Kind: OrderAbandon})
	case cmdCloseConn:
		e.add(Order{Kind: OrderCloseConn, Code: legalCode(c.code, true), Reason: legalReason(c.reason)})
	case cmdArm:
		e.add(Order{Kind: OrderArm, Timer: uint32(c.timer), ID: c.id, Delay: c.delay})
	case cmdDisarm:
		e.add(Order{Kind: OrderDisarm, Timer: uint32(c.timer)})
	case cmdNotify:
		e.notice(c.notice)
	case cmdFinish:
		e.add(Order{Kind: OrderFinish, Cause: inWords(c.err)})
	case cmdPing:
		e.add(Order{Kind: OrderPing, ID: c.id})
	case cmdForget, cmdDial, cmdFlush, cmdWatch, cmdDeliver, cmdThrottle, cmdRelease, cmdExamine:
		// The sockets are not ours, and neither are the messages.
	}
}

func (e *Engine) notice(n Event) {
	switch n := n.(type) {
	case StateChanged:
		e.add(Order{Kind: OrderState, State: n.New, Cause: inWords(n.Cause)})
	case Retrying:
		e.add(Order{Kind: OrderRetrying, Attempt: n.Attempt, Delay: n.Delay, Cause: inWords(n.Cause), Reason: n.Rule})
	case PongReceived:
		e.add(Order{Kind: OrderPong, Delay: n.RTT})
	}
}

func (e *Engine) add(o Order) { e.orders = append(e.orders, o) }

func inWords(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
