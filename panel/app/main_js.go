// Package main is the panel's program: it joins the feed (package tether), the model and the screen (package panel), and
// is built to panel.wasm. Batches go straight into the model and never through go-app; the grid is painted once per
// animation frame, the rest of the panel drawn ten times a second at most.
package main

import (
	"runtime/debug"
	"syscall/js"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel"
	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
)

func main() {
	// The memory of a WebAssembly program never shrinks: collect early, so that it does not grow for garbage.
	debug.SetGCPercent(50)
	page := newBrowserPage()
	paint := newPainter()
	ctrl := controller.New(model.New(model.Options{Zone: time.Local}), page, address(), paint.wake)
	paint.ctrl, page.ctrl = ctrl, ctrl
	ctrl.SetMode(page.mode())
	if page.mode() == controller.ModeServer {
		ctrl.SetControl(newControlClient())
	}
	ctrl.Restore()
	page.listen(ctrl, paint)
	page.follow(ctrl)
	page.files(ctrl)
	page.takeFiles(ctrl)
	go runSources(ctrl, page)
	app.RouteWithRegexp(".*", func() app.Composer { return panel.New(ctrl, paint.mount) })
	app.RunWhenOnBrowser()
}

// address returns where clients connect to.
func address() string {
	l := js.Global().Get("location")
	scheme := "ws://"
	if l.Get("protocol").String() == "https:" {
		scheme = "wss://"
	}
	return scheme + l.Get("host").String()
}
