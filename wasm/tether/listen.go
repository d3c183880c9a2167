package tether

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Source is what one can listen to: a [Client].
type Source interface{ listeners() *listeners }

// On calls f for every event of type E that happens from now on, and returns how to stop that. E may be [Event] itself:
// then f hears everything.
//
// All listeners of a client run on one goroutine of Run that is not the client's own, in the order in which they were
// added, and hear events in the order in which they happened. A listener may block without harm to the connection and to
// Messages; it may use the client freely, but it must not wait for Run to return. One that panics harms nobody:
// [Panicked] tells. If listeners fall more than 1024 events behind, the oldest are left out.
func On[E Event](s Source, f func(E)) (cancel func()) {
	return s.listeners().add(func(e Event) {
		if e, ok := e.(E); ok {
			f(e)
		}
	})
}

// listener is one function, by address so that it can be found again.
type listener struct {
	call func(Event)
	gone atomic.Bool
}

// listeners is a list that is replaced, never changed: who reads it needs no lock, and may add and remove meanwhile.
type listeners struct {
	mu   sync.Mutex
	list atomic.Pointer[[]*listener]
}

func (l *listeners) add(call func(Event)) (cancel func()) {
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

// emit calls every listener and reports those that panic.
func (l *listeners) emit(e Event) {
	for _, n := range l.all() {
		if n.gone.Load() {
			continue
		}
		if value, panicked := guard(func() { n.call(e) }); panicked {
			l.report(value, e)
		}
	}
}

// report tells that somebody panicked over e. A listener for [Panicked] that panics itself is not told about itself.
func (l *listeners) report(value any, e Event) {
	if _, nested := e.(Panicked); nested || len(l.all()) <= 1 {
		complain(value)
		return
	}
	l.emit(Panicked{value})
}

// guard calls f and returns what it panicked with.
func guard(f func()) (value any, panicked bool) {
	defer func() {
		if panicked {
			value = recover()
		}
	}()
	panicked = true
	f()
	return nil, false
}

// complain is for a panic that nobody listens to. The builtin costs no package.
func complain(value any) {
	switch v := value.(type) {
	case error:
		print("tether: a listener panicked: ", v.Error(), "\n")
	case string:
		print("tether: a listener panicked: ", v, "\n")
	default:
		print("tether: a listener panicked; add a listener for Panicked to see the value\n")
	}
}
