package message

import (
	"slices"
	"sync"
)

// Router passes messages to the functions that are registered for their types. Its zero value is ready to use. One router may
// serve any number of connections, and any goroutine may register and remove functions while messages are dispatched.
//
// Dispatch calls the functions one after the other: those of the message's type in the order of registration, then those of
// All. If one panics and Panicked is set, the others are called nevertheless.
type Router struct {
	// Panicked is called with the value of a function's panic. It must be set before the first Dispatch. Without it the panic
	// passes through Dispatch, and the remaining functions are not called.
	Panicked func(value any)

	mu   sync.RWMutex
	list map[string][]*handler // by type; "" is All
}

// handler is one function, by address so that it can be found again.
type handler struct {
	call func(Message) error
	once sync.Once // used by the first message, if the function is for one message only
	one  bool
}

// On calls f for every message of type t until cancel is called.
func On[T any](r *Router, t *Type[T], f func(T)) (cancel func()) { return add(r, t, f, false) }

// Once calls f for the next message of type t that is valid.
func Once[T any](r *Router, t *Type[T], f func(T)) (cancel func()) { return add(r, t, f, true) }

func add[T any](r *Router, t *Type[T], f func(T), one bool) (cancel func()) {
	h := &handler{one: one}
	h.call = func(m Message) error {
		v, err := t.Decode(m)
		if err != nil {
			return err
		}
		if !one {
			f(v)
			return nil
		}
		h.once.Do(func() {
			r.remove(t.name, h)
			f(v)
		})
		return nil
	}
	return r.add(t.name, h)
}

// All calls f for every message, those of unknown types included.
func (r *Router) All(f func(Message)) (cancel func()) {
	return r.add("", &handler{call: func(m Message) error { f(m); return nil }})
}

func (r *Router) add(name string, h *handler) (cancel func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.list == nil {
		r.list = map[string][]*handler{}
	}
	r.list[name] = append(slices.Clone(r.list[name]), h)
	return func() { r.remove(name, h) }
}

func (r *Router) remove(name string, h *handler) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rest := slices.DeleteFunc(slices.Clone(r.list[name]), func(o *handler) bool { return o == h })
	if r.list[name] = rest; len(rest) == 0 {
		delete(r.list, name)
	}
}

func (r *Router) of(name string) []*handler {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.list[name]
}

// Dispatch calls the functions for m. known is false if none is registered for its type. err is the first [*Error] of a
// function whose type could not decode m; the others are called nevertheless.
func (r *Router) Dispatch(m Message) (known bool, err error) {
	own := r.of(m.Type)
	for _, list := range [2][]*handler{own, r.of("")} {
		for _, h := range list {
			if e := r.call(h, m); err == nil {
				err = e
			}
		}
	}
	return len(own) > 0, err
}

func (r *Router) call(h *handler, m Message) error {
	if r.Panicked != nil {
		defer func() {
			if value := recover(); value != nil {
				r.Panicked(value)
			}
		}()
	}
	return h.call(m)
}
