package app

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// isoMillis is the timestamp of a broadcast: what JavaScript's toISOString writes.
const isoMillis = "2006-01-02T15:04:05.000Z"

// presenceTimeout is how long a client waits for the broker's answer about who is connected.
const presenceTimeout = time.Second

// Chat serves the chat.
func (a *App) Chat() http.Handler {
	return a.upgrade(endpoint{
		path: "/ws/chat", maxBytes: a.cfg.Limits.MessageBytes, subprotocols: []string{chat.Subprotocol}, serve: (*App).serveChat,
	})
}

// serveChat welcomes c and serves it until its connection ends. A client that has received the welcome misses no later
// message: the welcome is queued first, and written when c is registered.
func (a *App) serveChat(c *client, from *address) {
	c.pauseWrites(func() {
		c.sendText(envelope(chat.TypeWelcome, chat.Welcome{
			Message: "Welcome", ClientID: c.id, User: c.identity.User, Server: a.cfg.Node, Timestamp: time.Now().UnixMilli(),
			Capture: c.capture,
		}))
		a.join(c)
	})
	defer a.leave(c)
	a.read(c, from, "/ws/chat", func(kind websocket.MessageType, b []byte) {
		if kind != websocket.MessageText {
			c.fail("Binary messages belong to /ws/bin")
			return
		}
		a.request(c, b)
	})
}

// join registers c on this node and with the broker.
func (a *App) join(c *client) {
	a.clients.add(c)
	a.cfg.Broker.Join(broker.Client{ID: c.id, User: c.identity.User, Connected: c.opened})
	a.mu.Lock()
	gap := a.gap
	a.mu.Unlock()
	if gap != nil {
		c.sendText(gapMessage(*gap))
	}
}

func (a *App) leave(c *client) {
	a.clients.remove(c)
	a.cfg.Broker.Leave(c.id)
}

// request answers one message of c.
func (a *App) request(c *client, b []byte) {
	r, errs := parseRequest(b, c.id, c.identity.User)
	if len(errs) > 0 {
		c.refuse(r.Call, errs...)
		return
	}
	if scoped(r.Type) && !c.identity.Allows(r.Type) {
		c.refuse(r.Call, chat.NotAllowed)
		return
	}
	now := time.Now()
	switch v := r.Value.(type) {
	case chat.Chat:
		v.ID, v.From, v.User, v.Timestamp = newID(), c.id, c.identity.User, now.UnixMilli()
		a.sendLine(envelope(r.Type, v))
	case chat.Broadcast:
		v.Sender, v.User, v.Timestamp = c.id, c.identity.User, now.UTC().Format(isoMillis)
		a.sendAll(envelope(r.Type, v))
	case chat.Private:
		a.private(c, v, now)
	case chat.Echo:
		v.Timestamp = now.UnixMilli()
		c.sendText(reply(r.Type, v, r.Call))
	case chat.Ping:
		c.sendText(reply(chat.TypePong, chat.Pong{Timestamp: now.UnixMilli()}, r.Call))
	case chat.Presence:
		a.presence(c, r.Call, now)
	case chat.History:
		a.history(c, r.Call, v)
	case chat.Logout:
		a.logoutUser(c)
	}
}

// scoped reports whether a token's scope must include the type: those that reach other clients, and logout, which ends the
// user's other connections and revokes their tokens.
func scoped(name string) bool {
	switch name {
	case chat.TypeChat, chat.TypeBroadcast, chat.TypePrivate, chat.TypeLogout:
		return true
	}
	return false
}

// sendAll sends message to all clients of all nodes: to those of this node directly, to the others through the broker, which
// does not deliver it here again.
func (a *App) sendAll(message []byte) {
	sink{a}.DeliverAll(message)
	a.cfg.Broker.Publish(message)
}

// sendLine is sendAll for a message that belongs into the history. It comes into the history first: a client that connects meanwhile
// gets it from there, or from here too, and knows it by its ID.
func (a *App) sendLine(message []byte) {
	a.cfg.Broker.PublishKept(message)
	sink{a}.DeliverAll(message)
}

// private sends v to its target only, and reports to the sender when it could not be delivered.
func (a *App) private(c *client, v chat.Private, now time.Time) {
	target := v.TargetID
	v.TargetID, v.From, v.User, v.Timestamp = "", c.id, c.identity.User, now.UnixMilli()
	message := envelope(chat.TypePrivate, v)
	if here := a.clients.find(target); here != nil {
		here.sendText(message)
		return
	}
	a.cfg.Broker.Send(target, message, func(o broker.Outcome) {
		switch o {
		case broker.Sent:
		case broker.NotPresent:
			c.fail(chat.TargetNotPresent)
		case broker.Unreachable:
			c.fail("Other servers cannot be reached: not sent")
		case broker.Unknown:
			c.fail(chat.TargetUnknown)
		}
	})
}

// presence sends c the list of connected clients.
func (a *App) presence(c *client, call string, now time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), presenceTimeout)
	defer cancel()
	some, total, err := a.cfg.Broker.Presence(ctx, chat.MaxPresence)
	if err != nil {
		c.refuse(call, "Other servers cannot be reached: presence is not known")
		return
	}
	p := chat.Presence{Clients: make([]chat.Client, len(some)), Total: total, Timestamp: now.UnixMilli()}
	for i, s := range some {
		p.Clients[i] = chat.Client{ID: s.ID, User: s.User}
	}
	c.sendText(reply(chat.TypePresence, p, call))
}

// fail sends c an error: one message if its text was not JSON, otherwise the list of all errors.
func (c *client) fail(errs ...string) { c.refuse("", errs...) }

// refuse is fail for a request that expects an answer with the id call.
func (c *client) refuse(call string, errs ...string) {
	e := chat.Error{Errors: errs}
	if len(errs) == 1 && errs[0] == chat.InvalidJSON {
		e = chat.Error{Message: chat.InvalidJSON}
	}
	c.sendText(reply(chat.TypeError, e, call, errs...))
}
