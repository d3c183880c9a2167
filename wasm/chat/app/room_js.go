package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/wasm/chat"
	"github.com/tetherscope/tetherscope/wasm/chat/catchup"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

const (
	askEvery    = 4 * time.Second         // between two questions who is here
	patience    = 9 * time.Second         // without any answer, after which the connection is given up: a browser cannot ping by itself
	placeEvery  = time.Minute             // between two questions where the history ends
	morePace    = 1100 * time.Millisecond // before more of the history is asked for: the server takes few messages in a second
	mostWaiting = 8                       // messages kept while there is no connection: fewer than the server takes in a second
)

// endings are what the application's close codes mean to a person.
var endings = map[tether.Code]string{
	4000: "This server does not accept pages of this origin.",
	4001: "Login required.",
	4002: "Your token is invalid.",
	4003: "Rate limit exceeded: too many messages per second.",
}

// loggedOut is the reason of a 4002 for a client that was logged out, here or elsewhere.
const loggedOut = "Logged out"

// room is the connection, for as long as the person stays.
type room struct {
	client *tether.Client[incoming, any]
	page   *page
	me     chat.Welcome
	asked  time.Time // when the question was asked that is not answered yet
	missed catchup.Reader
}

// newRoom makes a room that is not connected yet: run does that.
func newRoom(s *session, p *page) (*room, error) {
	c, err := tether.New("", jsoncodec.New[incoming, any](),
		tether.WithEndpoint(s.target),
		tether.WithOutbox(tether.Limits{Messages: mostWaiting}, tether.OverflowReject))
	return &room{client: c, page: p}, err
}

// run stays connected until the person leaves or the server says stop, and returns why it ended; nil: the person left.
func (r *room) run() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go r.ask(ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.client.Run(ctx) }()
	for item := range r.client.Events(ctx) { // events and messages, in the order in which they happened
		r.show(item)
	}
	return <-ended
}

// show shows one thing that happened.
func (r *room) show(item tether.Item) {
	switch e := item.(type) {
	case tether.StateChanged:
		r.page.state(e.New)
	case tether.Opened:
		r.asked = time.Time{}
	case tether.Retrying:
		r.page.waiting(e.Delay, e.Attempt, e.Cause)
	case tether.Lost:
		r.lost(e.CloseInfo)
	case tether.Dropped:
		r.page.note("bad", fmt.Sprintf("%d messages were not sent: %v", e.Messages, e.Cause))
	case tether.Received[incoming]:
		r.asked = time.Time{}
		if e.Err != nil {
			r.page.note("bad", e.Err.Error())
			return
		}
		r.message(e.Value.value)
	}
}

// lost reports a connection that ended, unless the client is closed: then run reports why.
func (r *room) lost(c tether.CloseInfo) {
	switch _, final := endings[c.Code]; {
	case final, c.Code == tether.CodeNormalClosure:
	case c.Code == tether.CodeServiceRestart:
		r.page.note("wait", "Connection lost: server restart")
	default:
		r.page.note("wait", "Connection lost: "+words(c))
	}
}

// message shows one message of the server.
func (r *room) message(value any) {
	p := r.page
	switch m := value.(type) {
	case chat.Welcome:
		r.me = m
		p.welcome(m)
		r.question()
		r.askHistory(r.missed.Connected())
	case chat.History:
		r.history(m)
	case noHistory:
		r.say(r.missed.Failed())
	case chat.Presence:
		p.people.show(m.Clients, m.Total)
	case chat.Chat:
		r.say(r.missed.Message(m))
	case chat.Broadcast:
		at, err := time.Parse(time.RFC3339, m.Timestamp)
		if err != nil {
			at = time.Now()
		}
		p.log.message(line{kind: chat.TypeBroadcast, user: m.User, from: m.Sender, text: m.Content, at: at})
	case chat.Private:
		p.log.message(line{kind: chat.TypePrivate, user: m.User, from: m.From, text: m.Message + m.Content, at: time.UnixMilli(m.Timestamp)})
	case chat.Error:
		p.note("bad", strings.Trim(m.Message+"; "+strings.Join(m.Errors, "; "), "; "))
	case chat.Gap:
		p.note("wait", gap(m))
	}
}

// say shows chat messages.
func (r *room) say(list []chat.Chat) {
	for _, m := range list {
		r.page.log.message(line{kind: chat.TypeChat, user: m.User, from: m.From, text: m.Message, at: time.UnixMilli(m.Timestamp)})
	}
}

// history shows what was missed, and asks for more if there is more.
func (r *room) history(h chat.History) {
	show, lost, next, more := r.missed.Answer(h)
	if lost {
		r.page.note("wait", "Messages from while you were away may be missing.")
	}
	r.say(show)
	if more {
		time.AfterFunc(morePace, func() { r.askHistory(next) })
	}
}

func (r *room) askHistory(place chat.History) {
	if r.client.State() == tether.StateOpen {
		_ = r.client.TrySend(sendHistory{chat.TypeHistory, historyCall, place}) // the next one will do
	}
}

// send writes to all clients, or to one. It never waits: too many messages that wait already are an error.
func (r *room) send(to target, text string) error {
	switch to.kind {
	case chat.TypeBroadcast:
		return r.client.TrySend(sendBroadcast{to.kind, chat.Broadcast{Content: text}})
	case chat.TypePrivate:
		err := r.client.TrySend(sendPrivate{to.kind, chat.Private{TargetID: to.id, Message: text}})
		if err == nil {
			r.page.log.message(line{kind: to.kind, user: r.me.User, from: r.me.ClientID, to: to.name, text: text, at: time.Now()})
		}
		return err
	}
	return r.client.TrySend(sendChat{chat.TypeChat, chat.Chat{Message: text}})
}

// ask asks now and then who is here. A server that does not answer is not there any more, whatever the browser thinks.
func (r *room) ask(ctx context.Context) {
	tick, place := time.NewTicker(askEvery), time.NewTicker(placeEvery)
	defer tick.Stop()
	defer place.Stop()
	for {
		select {
		case <-tick.C:
		case <-place.C:
			r.askHistory(r.missed.Ask())
			continue
		case <-ctx.Done():
			return
		}
		if r.missed.Behind() {
			r.askHistory(r.missed.Ask())
		}
		if !r.asked.IsZero() && time.Since(r.asked) > patience {
			r.asked = time.Time{}
			r.client.Reconnect(errors.New("the server does not answer"))
			continue
		}
		r.question()
	}
}

func (r *room) question() {
	if r.client.State() != tether.StateOpen || document.Get("hidden").Bool() {
		return
	}
	if r.asked.IsZero() {
		r.asked = time.Now()
	}
	_ = r.client.TrySend(sendPresence{Type: chat.TypePresence}) // the next one will do
}

// why says why a room ended, and whether another login is needed.
func why(err error) (text string, login bool) {
	var end *tether.CloseError
	if !errors.As(err, &end) {
		return err.Error(), true
	}
	if errors.Is(end.Err, errExpired) {
		return errExpired.Error(), true
	}
	return words(end.CloseInfo), end.Code == 4001 || end.Code == 4002
}

func words(c tether.CloseInfo) string {
	if c.Reason == loggedOut {
		return "Logged out in every tab and on every server."
	}
	if text, known := endings[c.Code]; known {
		return text
	}
	if c.Code == tether.CodeAbnormalClosure {
		return "server unreachable"
	}
	return strings.TrimSuffix(fmt.Sprintf("code %d, %s", c.Code, c.Reason), ", ")
}

func gap(g chat.Gap) string {
	text := g.Message + " since " + time.UnixMilli(g.Since).Format(time.TimeOnly)
	if g.Until != 0 {
		text += " until " + time.UnixMilli(g.Until).Format(time.TimeOnly)
	}
	if g.Missed != 0 {
		text += fmt.Sprintf(": %d", g.Missed)
	}
	return text
}
