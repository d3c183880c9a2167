package inspect

import (
	"sync"
	"syscall/js"

	"github.com/tetherscope/tetherscope/wasm/tether"
)

// channelName is the BroadcastChannel of panels and pages.
const channelName = "tetherscope.v1"

// Panel reports c to an open panel of this origin until cancel is called or c is closed for good. The panel shows it under
// name, an address by custom: leave tokens out of it. Call it before c runs, so that the first attempt is reported.
func Panel(c Client, name string) (cancel func()) {
	t := &reporter{name: name}
	t.find()
	stop := tether.On(c, func(e tether.Event) { t.event(e, c) })
	return func() {
		stop()
		t.end()
	}
}

// reporter passes the events of one client to the tap.
type reporter struct {
	name string

	mu      sync.Mutex
	api     js.Value // the tap's; undefined until it is there
	handle  js.Value // this client's, of the tap
	channel js.Value // open while there is no tap
	onHello js.Func
	over    bool
}

// tap returns the interface of tap.js where the page has it.
func tap() js.Value {
	found := js.Global().Get("Reflect").Call("get", js.Global(), js.Global().Get("Symbol").Call("for", "tetherscope.tap"))
	if found.Type() == js.TypeObject && found.Get("open").Type() == js.TypeFunction {
		return found
	}
	return js.Undefined()
}

// find joins the tap, or waits for a panel that says where it is.
func (t *reporter) find() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.join() || js.Global().Get("BroadcastChannel").Type() != js.TypeFunction {
		return
	}
	defer func() { _ = recover() }() // a page of an opaque origin has no channels: then nothing is reported
	t.channel = js.Global().Get("BroadcastChannel").New(channelName)
	t.onHello = js.FuncOf(func(_ js.Value, args []js.Value) any {
		data := args[0].Get("data")
		if data.Type() == js.TypeObject && data.Get("kind").Equal(js.ValueOf("hello")) {
			t.load(data.Get("tap"))
		}
		return nil
	})
	t.channel.Set("onmessage", t.onHello)
	t.channel.Call("postMessage", map[string]any{"kind": "page"})
}

// join opens a handle if the tap is there.
func (t *reporter) join() bool {
	if t.over || t.handle.Type() == js.TypeObject {
		return true
	}
	if t.api = tap(); t.api.IsUndefined() {
		return false
	}
	t.handle = t.api.Call("open", t.name, "tether for Go")
	t.silence()
	return true
}

// load takes the tap from where the panel has it, which is this origin, as the channel is. Another client may have done so.
func (t *reporter) load(url js.Value) {
	t.mu.Lock()
	defer t.mu.Unlock()
	document := js.Global().Get("document")
	if t.join() || url.Type() != js.TypeString || document.IsUndefined() {
		return
	}
	origin := js.Global().Get("location").Get("origin").String()
	if js.Global().Get("URL").New(url, origin).Get("origin").String() != origin {
		return
	}
	script := document.Call("createElement", "script")
	var done js.Func
	done = js.FuncOf(func(js.Value, []js.Value) any {
		done.Release()
		t.mu.Lock()
		defer t.mu.Unlock()
		t.join()
		return nil
	})
	script.Set("onload", done)
	script.Set("src", url)
	document.Get("head").Call("append", script)
	t.channel.Set("onmessage", js.Null())
}

// silence gives the channel up.
func (t *reporter) silence() {
	if t.channel.Type() != js.TypeObject {
		return
	}
	t.channel.Call("close")
	t.channel = js.Undefined()
	t.onHello.Release()
}

func (t *reporter) event(e tether.Event, c Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.handle.Type() != js.TypeObject {
		if t.join(); t.handle.Type() != js.TypeObject {
			return
		}
	}
	if s, ok := e.(tether.StateChanged); ok && s.New == tether.StateClosed {
		code, reason, clean := ending(s.Cause)
		t.handle.Call("closed", code, reason, clean)
		return
	}
	if !t.api.Get("listening").Bool() {
		return
	}
	if word, reason := note(e, c.Stats().Outbox); word != "" {
		t.handle.Call("note", word, reason)
	}
}

func (t *reporter) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over, t.handle = true, js.Undefined()
	t.silence()
}

// ending returns how a client ended for good.
func ending(cause error) (code int, reason string, clean bool) {
	if cause == nil {
		return 1000, "", true
	}
	return 1006, cause.Error(), false
}
