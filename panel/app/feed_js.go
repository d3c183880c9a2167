package main

import (
	"context"
	"strconv"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// runFeed reads batches from the server into the model for as long as the page lives. Records missed while the feed was
// down come again from the server's ring, or becomes a gap.
func runFeed(ctrl *controller.Controller, page *browserPage) {
	token := page.session()
	if token == "" {
		ctrl.Send(model.Feed{State: model.FeedStopped, Note: "this browser has no key of the server; open the panel by the address that the server prints"})
		return
	}
	client, err := tether.New(feed.Path+"?"+feed.CutParameter+"="+strconv.Itoa(controller.FeedCut), codec.Bytes(), tether.WithSubprotocols(feed.Subprotocols(token)...))
	if err != nil {
		ctrl.Send(model.Feed{State: model.FeedStopped, Note: err.Error()})
		return
	}
	follow(client, ctrl, page)
	ctx := context.Background()
	go func() {
		if err := client.Run(ctx); err != nil {
			ctrl.Send(model.Feed{State: model.FeedStopped, Note: err.Error()})
		}
	}()
	for batch, err := range client.Messages(ctx) {
		if err != nil {
			ctrl.Note(err.Error())
			continue
		}
		ctrl.Send(model.Batch{Bytes: batch})
	}
}

// follow shows how the feed is doing. A browser does not say why a handshake failed, so after a failure the page finds out
// whether the server was restarted: then its token is a new one and this page can only be loaded again.
func follow(client *tether.Client[[]byte, []byte], ctrl *controller.Controller, page *browserPage) {
	tether.On(client, func(tether.Opened) { ctrl.Send(model.Feed{State: model.FeedLive}) })
	tether.On(client, func(e tether.Retrying) {
		ctrl.Send(model.Feed{State: model.FeedWaiting, Note: "attempt " + format.Count(uint64(e.Attempt))})
		page.restarted(func(yes bool) {
			if yes {
				client.Close()
				ctrl.Send(model.Feed{State: model.FeedStopped, Note: "the server was restarted; its capture started over"})
			}
		})
	})
}
