package main

import (
	"syscall/js"

	"github.com/tetherscope/tetherscope/panel"
	"github.com/tetherscope/tetherscope/panel/model"
)

// runSources joins the sources that there are where the panel runs: the server's feed and the pages of its origin, the
// inspected page, or nothing but the file that the page itself is.
func runSources(desk *panel.Desk, page *browserPage) {
	switch page.mode() {
	case panel.ModeServer:
		runPages(desk, page)
		runFeed(desk, page)
	case panel.ModeDevtools:
		desk.Send(model.Feed{State: model.FeedLive, Note: "the inspected page"})
		runPages(desk, page)
	case panel.ModeShared: // static/page.js opens what is in it
	}
}

func (p *browserPage) mode() panel.Mode { return panel.Mode(p.js.Get("mode").String()) }

// runPages takes what pages tell, for as long as this page lives. See static/listen.js.
func runPages(desk *panel.Desk, page *browserPage) {
	page.js.Call("pages", js.FuncOf(func(_ js.Value, args []js.Value) any {
		batch := make([]byte, args[1].Length())
		js.CopyBytesToGo(batch, args[1])
		desk.Send(model.PageBatch{Page: args[0].String(), Bytes: batch})
		return nil
	}))
}
