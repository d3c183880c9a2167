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
	"github.com/tetherscope/tetherscope/panel/model"
)

func main() {
	// The memory of a WebAssembly program never shrinks: collect early, so that it does not grow for garbage.
	debug.SetGCPercent(50)
	page := newBrowserPage()
	paint := newPainter()
	desk := panel.NewDesk(model.New(model.Options{Zone: time.Local}), page, address(), paint.wake)
	paint.desk, page.desk = desk, desk
	desk.SetMode(page.mode())
	if page.mode() == panel.ModeServer {
		desk.Acts(newActor())
	}
	desk.Restore()
	page.listen(desk, paint)
	page.follow(desk)
	page.files(desk)
	page.takeFiles(desk)
	go runSources(desk, page)
	app.RouteWithRegexp(".*", func() app.Composer { return panel.New(desk, paint.mount) })
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
