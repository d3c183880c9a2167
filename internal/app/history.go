package app

import (
	"context"
	"encoding/json"

	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// history sends c what was logged after a position.
func (a *App) history(c *client, call string, after chat.History) {
	ctx, cancel := context.WithTimeout(context.Background(), presenceTimeout)
	defer cancel()
	past, err := a.cfg.Broker.History(ctx, broker.Position{Epoch: after.Epoch, Offset: after.Offset})
	if err != nil {
		c.refuse(call, "The history cannot be reached: try again")
		return
	}
	c.sendText(reply(chat.TypeHistory, historyOf(past), call))
}

// historyOf is an answer with typed messages. One that another version of the server logged and this one cannot read counts as lost.
func historyOf(past broker.Past) chat.History {
	h := chat.History{Epoch: past.At.Epoch, Offset: past.At.Offset, Lost: past.Lost, More: past.More}
	for _, b := range past.Messages {
		var line chat.Chat
		if json.Unmarshal(b, &line) != nil || line.ID == "" {
			h.Lost = true
			continue
		}
		h.Messages = append(h.Messages, line)
	}
	return h
}
