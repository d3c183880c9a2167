package main

import (
	"context"

	"github.com/tetherscope/tetherscope/panel"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// feedProtocol is the subprotocol of the feed: one batch of records in each binary message.
const feedProtocol = "tetherscope.tap.v1"

// runFeed reads batches from the server into the model for as long as the page lives. What was missed while the feed was
// down comes again from the server's ring, or becomes a gap.
func runFeed(desk *panel.Desk, page *browserPage) {
	client, err := tether.New("/api/tap", codec.Bytes(), tether.WithSubprotocols(feedProtocol, "token."+page.token()))
	if err != nil {
		desk.Send(model.Feed{State: model.FeedStopped, Note: err.Error()})
		return
	}
	follow(client, desk, page)
	ctx := context.Background()
	go func() {
		if err := client.Run(ctx); err != nil {
			desk.Send(model.Feed{State: model.FeedStopped, Note: err.Error()})
		}
	}()
	for batch, err := range client.Messages(ctx) {
		if err != nil {
			desk.Note(err.Error())
			continue
		}
		desk.Send(model.Batch{Bytes: batch})
	}
}

// follow shows how the feed is doing. A browser does not say why a handshake failed, so after a failure the page is asked
// whether the server was restarted: then its token is a new one and this page can only be loaded again.
func follow(client *tether.Client[[]byte, []byte], desk *panel.Desk, page *browserPage) {
	tether.On(client, func(tether.Opened) { desk.Send(model.Feed{State: model.FeedLive}) })
	tether.On(client, func(e tether.Retrying) {
		desk.Send(model.Feed{State: model.FeedWaiting, Note: "attempt " + model.Count(uint64(e.Attempt))})
		page.restarted(func(yes bool) {
			if yes {
				client.Close()
				desk.Send(model.Feed{State: model.FeedStopped, Note: "the server was restarted and its capture began anew"})
			}
		})
	})
}
