package engine

import "time"

// Engine decides for a connection that JS carries: the same machine that drives a tether.Client, without its queues,
// goroutine and transports.
//
// A message of a plain web page that travels through Go costs three times the CPU of one that stays in JS. So the JS module
// keeps sockets and messages in JS and asks Go only what to do next: a [Step] in, each [Order] out.
//
// An Engine has no clock: each step says when it happened. It starts no goroutine and must be used by one goroutine at a
// time.
type Engine struct {
	machine   Machine
	random    func() float64
	permanent func(error) error
	clock     Clock
	out       []Command
	orders    []Order
}

// NewEngine returns an engine that waits for [StepRun]. c must be checked and complete. random is in [0,1), for the jitter;
// permanent marks an error of [StepUnresolved] that waiting cannot cure, for the policy in c.
func NewEngine(c *Config, random func() float64, permanent func(error) error) *Engine {
	if c.Lifecycle == nil {
		c.Lifecycle = NewLifecycle(Lifecycle{})
	}
	return &Engine{machine: New(c), random: random, permanent: permanent}
}

// Step takes one step and returns the orders that follow, valid until the next call.
func (e *Engine) Step(s Step) []Order {
	e.orders = e.orders[:0]
	now := e.clock.Advance(duration(s.Mono), int64(s.Wall*1e6))
	ev, ok := s.event(e.permanent)
	if ok && e.feed(ev, now) {
		// JS dials, and it also knows where to: the machine need not wait for the address.
		e.feed(Event{Kind: EventResolved, Generation: e.machine.gen}, now)
	}
	return e.orders
}

// feed reports whether the machine asks where to connect to.
func (e *Engine) feed(ev Event, now time.Duration) (asks bool) {
	ev.Random, ev.Now = e.random(), now
	e.out = e.machine.Step(&ev, e.out[:0])
	for i := range e.out {
		e.order(&e.out[i])
		asks = asks || e.out[i].Kind == CommandResolve
	}
	clear(e.out) // the errors in it are not to be kept alive
	return asks
}
