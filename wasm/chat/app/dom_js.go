package main

import (
	"errors"
	"syscall/js"
)

var document = js.Global().Get("document")

// element is an element of the page.
type element struct{ js.Value }

// byID finds an element of the page's HTML.
func byID(id string) element { return element{document.Call("getElementById", id)} }

// newElement makes <tag class="class"> with text in it, which never becomes markup.
func newElement(tag, class, text string) element {
	e := element{document.Call("createElement", tag)}
	e.Set("className", class)
	e.Set("textContent", text)
	return e
}

// with adds children and returns e.
func (e element) with(children ...element) element {
	for _, c := range children {
		e.Call("append", c.Value)
	}
	return e
}

// attr sets an attribute and returns e.
func (e element) attr(name, value string) element {
	e.Call("setAttribute", name, value)
	return e
}

// setText writes only what changes, so that screen readers announce changes only.
func (e element) setText(text string) {
	if e.Get("textContent").String() != text {
		e.Set("textContent", text)
	}
}

func (e element) value() string         { return e.Get("value").String() }
func (e element) setValue(value string) { e.Set("value", value) }
func (e element) setHidden(hidden bool) { e.Set("hidden", hidden) }
func (e element) focus()                { e.Call("focus") }

// on calls f for each event, for as long as the page lives. f must not wait: the page stands still meanwhile.
func (e element) on(event string, f func(event js.Value)) {
	e.Call("addEventListener", event, js.FuncOf(func(_ js.Value, args []js.Value) any {
		f(args[0])
		return nil
	}))
}

// onResize calls f when the size of e changes, for as long as the page lives.
func (e element) onResize(f func()) {
	observer := js.Global().Get("ResizeObserver").New(js.FuncOf(func(js.Value, []js.Value) any {
		f()
		return nil
	}))
	observer.Call("observe", e.Value)
}

// await waits for a promise. It must not be called in an event's function.
func await(promise js.Value) (js.Value, error) {
	type result struct {
		value js.Value
		err   error
	}
	done := make(chan result, 1)
	settled := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- result{value: args[0]}
		return nil
	})
	failed := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- result{err: errors.New(args[0].Get("message").String())}
		return nil
	})
	defer settled.Release()
	defer failed.Release()
	promise.Call("then", settled, failed)
	r := <-done
	return r.value, r.err
}
