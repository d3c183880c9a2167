package main

import (
	"context"
	"syscall/js"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// controlClient is controller.ControlClient over static/panel/compose.js and tether.
type controlClient struct{ js js.Value }

func newControlClient() *controlClient { return &controlClient{js.Global().Get("tetherscopeControl")} }

func (a *controlClient) SetValue(id, text string) { a.js.Call("setValue", id, text) }
func (a *controlClient) FocusBox(id string)       { a.js.Call("focusBox", id) }

func (a *controlClient) Call(method, path, body string, answer func(status int, text string)) {
	var f js.Func
	f = js.FuncOf(func(_ js.Value, args []js.Value) any {
		f.Release()
		answer(args[0].Int(), args[1].String())
		return nil
	})
	a.js.Call("call", method, path, body, f)
}

func (a *controlClient) Every(ms int, tick func()) (stop func()) {
	f := js.FuncOf(func(js.Value, []js.Value) any {
		tick()
		return nil
	})
	handle := a.js.Call("every", ms, f)
	return func() {
		handle.Call("abort")
		f.Release()
	}
}

func (a *controlClient) Stream(path, body string, line func(string), done func(problem string)) (stop func()) {
	var each, end js.Func
	each = js.FuncOf(func(_ js.Value, args []js.Value) any {
		line(args[0].String())
		return nil
	})
	end = js.FuncOf(func(_ js.Value, args []js.Value) any {
		each.Release()
		end.Release()
		done(args[0].String())
		return nil
	})
	handle := a.js.Call("stream", path, body, each, end)
	return func() { handle.Call("abort") }
}

func (a *controlClient) PickFile(most int, picked func(name string, data []byte, problem string)) {
	var f js.Func
	f = js.FuncOf(func(_ js.Value, args []js.Value) any {
		f.Release()
		data := make([]byte, args[1].Get("length").Int())
		js.CopyBytesToGo(data, args[1])
		picked(args[0].String(), data, args[2].String())
		return nil
	})
	a.js.Call("pickFile", most, f)
}

// Dial opens a connection through tether, which does not reconnect: the person who opened it sees how it ends.
func (a *controlClient) Dial(url string, subprotocols []string, state func(text string, over bool)) (closeConn func()) {
	client, err := tether.New(url, codec.Bytes(), tether.WithSubprotocols(subprotocols...), tether.WithDecide(func(tether.CloseInfo) tether.Decision {
		return tether.Decision{Stop: true, Rule: "opened by a person, who sees how it ends"}
	}))
	if err != nil {
		state(err.Error(), true)
		return func() {}
	}
	tether.On(client, func(tether.Opened) { state("open", false) })
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for _, err := range client.Messages(ctx) {
			_ = err // messages and what is wrong with them are in the grid, as the tap saw them
		}
	}()
	go func() {
		err := client.Run(ctx)
		cancel()
		text := "closed"
		if err != nil {
			text = err.Error()
		}
		state(text, true)
	}()
	return func() { client.Close() }
}
