package tether

import (
	"context"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// WithHello sends first words on every connection, before anything that is queued: for authentication by first message, or
// to subscribe again. f is called for each connection, on a goroutine of its own, and what it returns is sent in order. The
// client is [StateOpen] afterwards; until then the attempt is not over, and [WithConnectTimeout] bounds it. ctx ends with the attempt.
//
// An error of f, or a panic, fails the attempt as one of an [Endpoint] does: [Permanent] stops, [RetryAfter] waits, any other
// is tried again. Out is what the client sends; for a [Typed] client that is [codec.Message]. Messages that arrive meanwhile
// are kept, within the bounds of the inbox, and read afterwards.
//
// With [WithResume] first words are messages of the session, behind those that it sends again: return none if
// [Opened].Resumed is set.
func WithHello[Out any](f func(ctx context.Context, o Opened) ([]Out, error)) Option {
	return func(o *options) error {
		if f == nil {
			return &OptionError{"WithHello", "the function is nil"}
		}
		g := o.greet()
		g.sends = (*Out)(nil)
		g.words = func(ctx context.Context, o Opened) (words []any, err error) {
			list, err := f(ctx, o)
			for _, w := range list {
				words = append(words, w)
			}
			return words, err
		}
		return nil
	}
}

// WithHelloAnswer keeps a connection from being [StateOpen] until the server has answered the first words, or, without
// [WithHello], until it has greeted. f gets each message that arrives, until it returns true; these messages are not read by
// the application. An error of f fails the attempt, as in [WithHello]. f runs on the client's goroutine: it must return at once and
// must not call the client. A message that the codec cannot decode fails the attempt.
func WithHelloAnswer[In any](f func(In) (done bool, err error)) Option {
	return func(o *options) error {
		if f == nil {
			return &OptionError{"WithHelloAnswer", "the function is nil"}
		}
		g := o.greet()
		g.receives = (*In)(nil)
		g.answer = func(v any) (bool, error) { return f(v.(In)) }
		return nil
	}
}

// greet returns the greeting of the options, which it makes if there is none.
func (o *options) greet() *greeting {
	g, ok := o.greeter.(*greeting)
	if !ok {
		g = &greeting{newContext: func() (context.Context, context.CancelFunc) { return context.WithCancel(context.Background()) }}
		o.greeter = g
	}
	return g
}

// greeter says the first words of connections. Only [WithHello] and [WithHelloAnswer] fill it, so that the linker leaves it out of
// other programs. Its methods are called with shell.stepping held.
type greeter interface {
	// bind checks that the options are for this client.
	bind(w wording) error
	// active reports whether a connection is not open yet because of it.
	active() bool
	// take keeps an event from the machine.
	take(c connecting, ev *engine.Event) (taken bool)
	// said goes on when the words are known, or time has passed: the answer to an event of its own.
	said(c connecting, gen uint32)
	// end forgets the connection.
	end()
}

// connecting is the client's shell as its greeter sees it: what it needs of a connection that is not open yet.
type connecting interface {
	generation() uint32
	attempt() int
	inboxLimits() Limits
	wake(ev engine.Event) // from any goroutine
	panicked(value any)   // from any goroutine
	notify(e Event)       // on the client's goroutine, like all below
	step(ev *engine.Event)
	sendFirst(m codec.Message) (ok bool) // not ok: the end of the connection follows
	abandon()
}

// wording is a client as its greeter sees it.
type wording interface {
	sends(pointer any) bool
	receives(pointer any) bool
	encodeAny(v any) (codec.Message, error)
	decodeAny(m codec.Message) (any, error)
}

// greeting implements greeter.
type greeting struct {
	sends, receives any // nil pointers to the types of the functions; nil: no function
	words           func(context.Context, Opened) ([]any, error)
	answer          func(any) (bool, error)
	newContext      func() (context.Context, context.CancelFunc)
	client          wording

	current *greeted // nil: no connection waits
}

// greeted is one connection that is not open yet.
type greeted struct {
	opened engine.Event
	cancel context.CancelFunc
	result chan firstWords // holds one
	spoken bool            // the words were sent
	kept   []codec.Message
	bytes  int
}

// firstWords is what the function returned.
type firstWords struct {
	messages []codec.Message
	err      error
}

func (g *greeting) bind(w wording) error {
	g.client = w
	switch {
	case g.sends != nil && !w.sends(g.sends):
		return &OptionError{"WithHello", "the function returns another type than the client sends"}
	case g.receives != nil && !w.receives(g.receives):
		return &OptionError{"WithHelloAnswer", "the function takes another type than the client receives"}
	}
	return nil
}

func (g *greeting) active() bool { return g.current != nil }

func (g *greeting) end() {
	if c := g.current; c != nil {
		g.current = nil
		c.cancel()
	}
}

func (g *greeting) take(host connecting, ev *engine.Event) bool {
	if ev.Generation != host.generation() {
		return false
	}
	switch ev.Kind { //nolint:exhaustive // the machine has all others
	case engine.EventOpened:
		g.begin(host, ev)
		return true
	case engine.EventReceived:
		return g.received(host, ev.Message)
	case engine.EventEnded:
		if g.active() {
			ev.Ended.Opened = false // for the client it never was
			g.end()
		}
	}
	return false
}

// begin asks for the first words of a new connection.
func (g *greeting) begin(host connecting, ev *engine.Event) {
	c := &greeted{opened: *ev, result: make(chan firstWords, 1)}
	var ctx context.Context
	ctx, c.cancel = g.newContext()
	g.current = c
	opened := Opened{host.attempt(), ev.Opened.Subprotocol, ev.Opened.Extensions, ev.Opened.Resumed}
	gen := ev.Generation
	go func() {
		w := firstWords{err: ErrGoexit}
		defer func() {
			c.result <- w
			host.wake(engine.Event{Kind: engine.EventGreeted, Generation: gen})
		}()
		w = g.compose(ctx, host, opened)
	}()
}

// compose calls the function and encodes what it returns.
func (g *greeting) compose(ctx context.Context, host connecting, o Opened) (w firstWords) {
	if g.words == nil {
		return w
	}
	var list []any
	value, panicked := recovered(func() { list, w.err = g.words(ctx, o) })
	if panicked {
		host.panicked(value)
		w.err = errHelloPanicked
	}
	for _, v := range list {
		if w.err != nil {
			break
		}
		var m codec.Message
		m, w.err = g.client.encodeAny(v)
		w.messages = append(w.messages, m)
	}
	return w
}

func (g *greeting) said(host connecting, gen uint32) {
	c := g.current
	if c == nil || gen != c.opened.Generation {
		return // of a connection that is over
	}
	w := <-c.result
	if w.err != nil {
		g.fail(host, w.err)
		return
	}
	for _, m := range w.messages {
		if !host.sendFirst(m) {
			return
		}
	}
	c.spoken = true
	early := c.kept
	c.kept, c.bytes = nil, 0
	if g.answer == nil {
		g.open(host, early)
		return
	}
	for i, m := range early {
		if done, failed := g.answered(host, m); failed {
			return
		} else if done {
			g.open(host, early[i+1:])
			return
		}
	}
}

// received takes a message that arrives before the client is open.
func (g *greeting) received(host connecting, m codec.Message) (taken bool) {
	c := g.current
	if c == nil {
		return false
	}
	if c.spoken && g.answer != nil {
		if done, _ := g.answered(host, m); done {
			g.open(host, nil)
		}
		return true
	}
	c.kept = append(c.kept, m)
	limits := host.inboxLimits()
	if c.bytes += len(m.Data); len(c.kept) > limits.Messages || c.bytes > limits.Bytes {
		g.fail(host, ErrInboxFull)
	}
	return true
}

// answered passes one message to the answer function.
func (g *greeting) answered(host connecting, m codec.Message) (done, failed bool) {
	var err error
	value, panicked := recovered(func() {
		var v any
		if v, err = g.client.decodeAny(m); err == nil {
			done, err = g.answer(v)
		}
	})
	if panicked {
		host.notify(Panicked{value})
		err = errHelloPanicked
	}
	if err != nil {
		g.fail(host, err)
		return false, true
	}
	return done, false
}

// open passes the connection to the machine, and then what was kept.
func (g *greeting) open(host connecting, kept []codec.Message) {
	c := g.current
	g.end()
	host.step(openedEvent(&c.opened))
	for _, m := range kept {
		host.step(&engine.Event{Kind: engine.EventReceived, Generation: c.opened.Generation, Message: m})
	}
}

// openedEvent marks an event as one that the greeter has done with.
func openedEvent(ev *engine.Event) *engine.Event {
	ev.Greeted = true
	return ev
}

// fail ends the attempt.
func (g *greeting) fail(host connecting, err error) {
	c := g.current
	g.end()
	host.abandon()
	host.step(&engine.Event{
		Kind: engine.EventEnded, Generation: c.opened.Generation,
		Ended: &engine.CloseInfo{Code: engine.AbnormalClosure, Err: err},
	})
}
