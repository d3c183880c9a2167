package tether

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Source is what one can listen to: a [Client].
type Source interface{ listeners() *listeners }

// On calls f for every event of type E that happens from now on, and returns how to stop that. E may be [Event] itself:
// then f gets every event.
//
// Run calls the listeners of a client one at a time, on a goroutine that is not the client's own, in the order in which they were
// added, with events in the order in which they happened. A listener may block without harm to the connection and to
// Messages; it may use the client freely, but it must not wait for Run to return. A panic of one affects no other:
// [Panicked] reports it, as it does [ErrGoexit] when one ends its goroutine, as testing.T.FailNow does. If listeners fall more than 1024 events behind, the oldest are left out, and [Skipped] says how
// many; the change to Closed always comes.
func On[E Event](s Source, f func(E)) (cancel func()) {
	return s.listeners().add(func(e Event) bool {
		own, ok := e.(E)
		if ok {
			f(own)
		}
		return ok
	})
}

// listener is one function, by address so that it can be found again.
type listener struct {
	call func(Event) (wanted bool)
	gone atomic.Bool
}

// listeners is a list that is replaced, never changed: who reads it needs no lock, and may add and remove meanwhile.
type listeners struct {
	mu   sync.Mutex
	list atomic.Pointer[[]*listener]
}

func (l *listeners) add(call func(Event) bool) (cancel func()) {
	n := &listener{call: call}
	l.replace(func(old []*listener) []*listener { return append(slices.Clone(old), n) })
	return func() {
		n.gone.Store(true)
		l.replace(func(old []*listener) []*listener {
			return slices.DeleteFunc(slices.Clone(old), func(o *listener) bool { return o == n })
		})
	}
}

func (l *listeners) replace(change func([]*listener) []*listener) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := change(l.all())
	l.list.Store(&list)
}

func (l *listeners) all() []*listener {
	if p := l.list.Load(); p != nil {
		return *p
	}
	return nil
}

// emitter calls listeners, on one goroutine at a time. What one of them interrupts by ending its goroutine goes on where it was, on another.
type emitter struct {
	to    *listeners
	stack []emission // an event, and above it the panic of one of its listeners
}

// emission is an event on its way.
type emission struct {
	event  Event
	left   []*listener // that have not been called
	wanted bool
}

// begin makes e the next event to be passed, before the rest of the one that is under way.
func (m *emitter) begin(e Event) { m.stack = append(m.stack, emission{event: e, left: m.to.all()}) }

// run calls every listener that is left and reports those that panic. A panic that no listener wants, and that of a listener for
// Panicked, is printed: it is never silent.
func (m *emitter) run() {
	for len(m.stack) > 0 {
		top := &m.stack[len(m.stack)-1]
		if len(top.left) == 0 {
			if p, ok := top.event.(Panicked); ok && !top.wanted {
				printPanic(p.Value)
			}
			*top = emission{}
			m.stack = m.stack[:len(m.stack)-1]
			continue
		}
		n := top.left[0]
		if top.left = top.left[1:]; !n.gone.Load() {
			m.call(n)
		}
	}
}

// call calls one listener for the event on top. Nothing stops a goroutine that ends (runtime.Goexit): that is noted like a panic.
func (m *emitter) call(n *listener) {
	top := len(m.stack) - 1
	returned := false
	defer func() {
		if returned {
			return
		}
		value := recover()
		if value == nil {
			value = ErrGoexit
		}
		if _, ok := m.stack[top].event.(Panicked); ok {
			m.stack[top].wanted = true // by who panicked at it
			printPanic(value)
			return
		}
		m.begin(Panicked{value})
	}()
	if n.call(m.stack[top].event) {
		m.stack[top].wanted = true
	}
	returned = true
}

// survive runs f on a goroutine of group, and again on another one whenever a function of the user has ended that goroutine: then
// exited is called first.
func survive(group *sync.WaitGroup, exited, f func()) {
	group.Go(func() {
		returned := false
		defer func() {
			if returned {
				return
			}
			if value := recover(); value != nil {
				panic(value) // a fault of this package
			}
			exited()
			survive(group, exited, f)
		}()
		f()
		returned = true
	})
}

// recovered calls f and returns what it panicked with.
func recovered(f func()) (value any, panicked bool) {
	defer func() {
		if panicked {
			value = recover()
		}
	}()
	panicked = true
	f()
	return nil, false
}

// print1 prints one text to standard error. The builtin print costs no package. A test puts its own in its place.
var print1 = func(text string) { print(text) }

// printPanic prints a panic for which there is no listener.
func printPanic(value any) {
	text := "add a listener for Panicked to see the value"
	switch v := value.(type) {
	case error:
		text = v.Error()
	case string:
		text = v
	}
	print1("tether: a listener or option function panicked: " + text + "\n")
}
