package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall/js"
	"time"

	"github.com/tetherscope/tetherscope/wasm/chat"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// remembered is where the name is kept for a reload of this tab: the name only, never a token.
const remembered = "tetherscope-chat-name"

// page is what the person sees and does.
type page struct {
	log    *log
	people *people
	room   *room // nil: not logged in
	login  *session
	until  time.Time // when the next attempt comes
	next   string    // its name
}

func newPage() *page { return &page{log: newLog(), people: newPeople()} }

// start listens to the person.
func (p *page) start() {
	byID("login-form").on("submit", func(event js.Value) {
		event.Call("preventDefault")
		name, token := strings.TrimSpace(byID("name").value()), strings.TrimSpace(byID("token").value())
		byID("token").setValue("")
		go p.join(name, token)
	})
	byID("message-form").on("submit", func(event js.Value) {
		event.Call("preventDefault")
		p.submit()
	})
	byID("message").on("keydown", func(event js.Value) {
		if event.Get("key").String() == "Enter" && !event.Get("shiftKey").Bool() && !event.Get("isComposing").Bool() {
			event.Call("preventDefault")
			p.submit()
		}
	})
	byID("again").on("click", func(js.Value) { p.enter(p.login) })
	byID("leave").on("click", func(js.Value) { p.leave("") })
	byID("logout").on("click", func(js.Value) { p.logout() })
	element{document.Call("querySelector", `[data-written="go"]`)}.attr("aria-current", "page")
	go p.countDown()
	p.show(false)
	byID("join").Set("disabled", false)
	if name := storage().Call("getItem", remembered); !name.IsNull() {
		go p.join(name.String(), "")
	}
}

// join logs in, by name or with a token from elsewhere.
func (p *page) join(name, token string) {
	byID("login-error").setText("")
	s := &session{token: token}
	if token == "" {
		s.user = name
		if err := s.login(); err != nil {
			byID("login-error").setText(err.Error())
			if errors.Is(err, errNoTokens) {
				byID("token-box").Set("open", true)
			}
			return
		}
		storage().Call("setItem", remembered, name)
	}
	p.log.clear()
	p.people.clear()
	byID("me").setText("")
	p.enter(s)
}

// enter connects as who the session says, and shows the room.
func (p *page) enter(s *session) {
	r, err := newRoom(s, p)
	if err != nil {
		p.leave(err.Error())
		return
	}
	p.room, p.login = r, s
	p.show(true)
	go func() {
		if err := r.run(); err != nil && p.room == r {
			p.ended(err)
		}
	}()
}

// ended says why the room ended.
func (p *page) ended(err error) {
	text, login := why(err)
	if login {
		p.leave(text)
		return
	}
	p.note("bad", text)
	byID("story").setText(text)
}

// leave goes back to the login.
func (p *page) leave(why string) {
	if p.room != nil {
		p.room.client.Close()
		p.room = nil
	}
	storage().Call("removeItem", remembered)
	p.show(false)
	byID("login-error").setText(why)
}

// logout ends every connection of this person, this one included; the server says so by closing it.
func (p *page) logout() {
	if p.room == nil {
		return
	}
	if err := p.room.client.TrySend(sendLogout{Type: chat.TypeLogout}); err != nil {
		byID("message-error").setText(err.Error())
	}
}

// submit sends what the person wrote.
func (p *page) submit() {
	box, problem := byID("message"), byID("message-error")
	problem.setText("")
	if p.room == nil || strings.TrimSpace(box.value()) == "" {
		return
	}
	switch err := p.room.send(p.people.chosen(), box.value()); {
	case err == nil:
		box.setValue("")
	case errors.Is(err, tether.ErrQueueFull):
		problem.setText("Too many messages queued. Wait for the connection.")
	case errors.Is(err, tether.ErrClosed):
		problem.setText("You are not connected. Join again first.")
	default:
		problem.setText(err.Error())
	}
	box.focus()
}

func (p *page) show(inRoom bool) {
	byID("login").setHidden(inRoom)
	byID("room").setHidden(!inRoom)
	if inRoom {
		byID("message").focus()
	} else {
		byID("name").focus()
	}
}

// state shows the state of the connection.
func (p *page) state(s tether.State) {
	name := strings.ToLower(s.String())
	byID("state").setText(name)
	byID("state").attr("data-state", name)
	byID("again").setHidden(s != tether.StateClosed)
	byID("logout").Set("disabled", s != tether.StateOpen)
	switch s {
	case tether.StateConnecting:
		byID("story").setText("Connecting…")
	case tether.StateIdle, tether.StateOpen, tether.StateWaiting, tether.StatePaused, tether.StateClosing, tether.StateClosed:
		byID("story").setText("")
	}
}

func (p *page) waiting(delay time.Duration, attempt int, cause error) {
	p.until, p.next = time.Now().Add(delay), fmt.Sprintf("attempt %d", attempt)
	byID("story").Set("title", cause.Error())
}

// countDown shows how long it is to the next attempt, as long as the page lives.
func (p *page) countDown() {
	for range time.Tick(100 * time.Millisecond) {
		if p.room != nil && p.room.client.State() == tether.StateWaiting {
			left := max(0, time.Until(p.until)).Seconds()
			byID("story").setText(fmt.Sprintf("%s in %.1f s; %s", p.next, left, queued(p.room.client.Stats().Outbox.Messages)))
		}
	}
}

// queued says what waits for the connection.
func queued(messages int) string {
	switch messages {
	case 0:
		return "messages are queued"
	case 1:
		return "1 message queued"
	}
	return fmt.Sprintf("%d messages queued", messages)
}

func (p *page) welcome(w chat.Welcome) {
	p.people.iAm(w.ClientID)
	inspect := "/panel/"
	if w.Capture != 0 {
		inspect += "#q=conn:" + strconv.FormatUint(uint64(w.Capture), 10)
	}
	byID("inspect").attr("href", inspect)
	byID("me").setText("You are " + w.User + ", connected to server ")
	byID("me").with(newElement("b", "", w.Server), newElement("span", "", "."))
	p.note("good", "Joined as "+w.User+".")
}

// note shows what happened to the connection; mood is good, wait or bad.
func (p *page) note(mood, text string) { p.log.note(mood, text) }

func storage() js.Value { return js.Global().Get("sessionStorage") }
