package main

import (
	"syscall/js"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
)

// runSources joins the sources that there are where the panel runs: the server's feed and the pages of its origin, the
// inspected page, or nothing but the file that the page itself is.
func runSources(ctrl *controller.Controller, page *browserPage) {
	switch page.mode() {
	case controller.ModeServer:
		runPages(ctrl, page)
		runFeed(ctrl, page)
	case controller.ModeDevtools:
		ctrl.Send(model.Feed{State: model.FeedLive, Note: "the inspected page"})
		runPages(ctrl, page)
	case controller.ModeShared: // static/panel/page.js opens what is in it
	}
}

func (p *browserPage) mode() controller.Mode { return controller.Mode(p.js.Get("mode").String()) }

// runPages takes the records that pages report, for as long as this page lives. See static/panel/listen.js.
func runPages(ctrl *controller.Controller, page *browserPage) {
	page.js.Call("pages", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if args[1].IsNull() {
			ctrl.Send(model.PageGone{Page: args[0].String()})
			return nil
		}
		batch := make([]byte, args[1].Length())
		js.CopyBytesToGo(batch, args[1])
		ctrl.Send(model.PageBatch{Page: args[0].String(), Bytes: batch})
		return nil
	}))
}
