package message

import (
	"slices"
	"sync"
)

// Router hears messages. Its zero value is ready. One router may serve any number of connections, and any goroutine may
// add and remove while messages are heard.
//
// Dispatch calls the functions one after the other: those of the message's type in the order in which they were added, then
// those of All. A function that panics does not keep the message from the others: Panicked is told, if it is set.
type Router struct {
	// Panicked is told what a function panicked with. It must be set before the first Dispatch. Without it Dispatch panics
	// with that value when everybody has heard.
	Panicked func(value any)

	mu   sync.RWMutex
	list map[string][]*handler // by type; "" is All
}

// handler is one function, by address so that it can be found again.
type handler struct {
	call func(Message) error
	once sync.Once // taken by the first message, if it is to hear one only
	one  bool
}

// On calls f for every message of type t, and returns how to stop that.
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

// Dispatch lets m be heard. known is false if nobody listens to its type. err is the first [*Error] of somebody who could
// not decode it: everybody else has heard it nevertheless.
func (r *Router) Dispatch(m Message) (known bool, err error) {
	own := r.of(m.Type)
	for _, list := range [2][]*handler{own, r.of("")} {
		for _, h := range list {
			if e := r.tell(h, m); err == nil {
				err = e
			}
		}
	}
	return len(own) > 0, err
}

func (r *Router) tell(h *handler, m Message) error {
	if r.Panicked != nil {
		defer func() {
			if value := recover(); value != nil {
				r.Panicked(value)
			}
		}()
	}
	return h.call(m)
}
