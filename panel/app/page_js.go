package main

import (
	"syscall/js"
	"unicode/utf16"

	"github.com/tetherscope/tetherscope/panel/controller"
)

// browserPage is controller.Page over static/panel/page.js.
type browserPage struct {
	js   js.Value
	ctrl *controller.Controller
}

func newBrowserPage() *browserPage { return &browserPage{js: js.Global().Get("tetherscopePage")} }

// session waits for the token of the run; "" when the server does not give it to this browser.
func (p *browserPage) session() string {
	token := make(chan string, 1)
	p.once("session", func(args []js.Value) { token <- args[0].String() })
	return <-token
}

// listen hands key presses to the controller for as long as the page lives.
func (p *browserPage) listen(ctrl *controller.Controller, paint *painter) {
	p.js.Call("keys", js.FuncOf(func(_ js.Value, args []js.Value) any {
		used := ctrl.Key(args[0].String(), args[1].String())
		if used {
			paint.soon()
		}
		return used
	}))
}

// follow hands the record or the query that the address names to the controller, now and when the address changes.
func (p *browserPage) follow(ctrl *controller.Controller) {
	p.js.Call("links", js.FuncOf(func(_ js.Value, args []js.Value) any {
		ctrl.Seek(uint64(args[0].Int()))
		return nil
	}), js.FuncOf(func(_ js.Value, args []js.Value) any {
		ctrl.Search(args[0].String())
		return nil
	}))
}

func (p *browserPage) Link(seq uint64, note, query string) {
	p.js.Call("link", float64(seq), note, query)
}
func (p *browserPage) Theme(name string) { p.js.Call("theme", name) }
func (p *browserPage) CopyLink()         { p.js.Call("copyLink") }
func (p *browserPage) FocusNote()        { p.js.Call("focusNote") }

func (p *browserPage) Copy(text string) { p.js.Call("copy", text) }

func (p *browserPage) Download(name, mime string, data []byte) {
	p.js.Call("download", name, mime, bytesOf(data))
}

func bytesOf(data []byte) js.Value {
	bytes := js.Global().Get("Uint8Array").New(len(data))
	js.CopyBytesToJS(bytes, data)
	return bytes
}

// takeFiles hands files that the person chose or dropped to the controller: purpose, name, bytes; or what is wrong with one.
func (p *browserPage) takeFiles(ctrl *controller.Controller) {
	p.js.Call("takeFiles", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if args[2].Type() == js.TypeString {
			ctrl.Note(args[2].String())
			return nil
		}
		data := make([]byte, args[2].Length())
		js.CopyBytesToGo(data, args[2])
		ctrl.TakeFile(args[0].String(), args[1].String(), data)
		return nil
	}))
}

func (p *browserPage) StartDemo() {
	p.ctrl.Note("Starting demo traffic…")
	p.once("startDemo", func(args []js.Value) {
		if problem := args[0].String(); problem != "" {
			p.ctrl.Note("The demo traffic could not be started: " + problem)
			return
		}
		p.ctrl.Note("Demo traffic started")
	})
}

// restarted asks whether the server was restarted with another token.
func (p *browserPage) restarted(answer func(bool)) {
	p.once("restarted", func(args []js.Value) { answer(args[0].Bool()) })
}

// once calls a function of the page that answers once through its only argument.
func (p *browserPage) once(name string, answer func([]js.Value)) {
	var f js.Func
	f = js.FuncOf(func(_ js.Value, args []js.Value) any {
		answer(args)
		f.Release()
		return nil
	})
	p.js.Call(name, f)
}

func (p *browserPage) Reload()      { js.Global().Get("location").Call("reload") }
func (p *browserPage) FocusFilter() { p.js.Call("focusFilter") }
func (p *browserPage) SetFilterText(text string, caret int) {
	p.js.Call("setFilterText", text, len(utf16.Encode([]rune(text[:caret]))))
}
func (p *browserPage) ShowCompletion(i int) { p.js.Call("showCompletion", i) }
func (p *browserPage) Remember(key, text string) bool {
	return p.js.Call("remember", key, text).Bool()
}
func (p *browserPage) Recall(key string) string { return p.js.Call("recall", key).String() }
func (p *browserPage) Keep(key, text string)    { p.js.Call("keep", key, text) }
func (p *browserPage) Kept(key string) string   { return p.js.Call("kept", key).String() }
func (p *browserPage) PickFile(purpose string)  { p.js.Call("pickFile", purpose) }
func (p *browserPage) Picture(mime string, data []byte) string {
	if len(data) == 0 {
		return p.js.Call("picture", mime, js.Null()).String()
	}
	return p.js.Call("picture", mime, bytesOf(data)).String()
}
func (p *browserPage) FocusGoTo()   { p.js.Call("focusGoTo") }
func (p *browserPage) FocusGrid()   { p.js.Call("focusGrid") }
func (p *browserPage) FocusDetail() { p.js.Call("focusDetail") }
