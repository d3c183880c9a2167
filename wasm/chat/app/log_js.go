package main

import (
	"strconv"
	"syscall/js"
	"time"

	"github.com/tetherscope/tetherscope/wasm/chat"
)

const mostLines = 500 // kept in the conversation

// line is one message as it is shown.
type line struct {
	kind, user, from, to, text string
	at                         time.Time
}

// log is the conversation: the newest at the bottom, bounded; it follows unless the person has scrolled up.
type log struct {
	list, empty element
	following   bool
}

func newLog() *log {
	l := &log{byID("log"), byID("log-empty"), true}
	l.list.on("scroll", func(js.Value) {
		below := l.list.Get("scrollHeight").Float() - l.list.Get("scrollTop").Float() - l.list.Get("clientHeight").Float()
		l.following = below < 40
	})
	l.list.onResize(l.follow)
	return l
}

func (l *log) follow() {
	if l.following {
		l.list.Set("scrollTop", l.list.Get("scrollHeight"))
	}
}

func (l *log) clear() { l.list.Call("replaceChildren", l.empty.Value) }

// message shows one message.
func (l *log) message(m line) {
	head := newElement("header", "", "").with(
		newElement("span", "name", m.user),
		newElement("small", "", shortened(m.from)).attr("title", "client "+m.from))
	if m.to != "" {
		head.with(newElement("span", "", "to "+m.to))
	}
	switch m.kind {
	case chat.TypePrivate:
		head.with(newElement("span", "badge", "private"))
	case chat.TypeBroadcast:
		head.with(newElement("span", "badge", "announcement"))
	}
	head.with(clock(m.at))
	l.add(newElement("article", "line", "").attr("data-kind", m.kind).attr("data-hue", hue(m.user)).
		with(head, newElement("p", "", m.text)))
}

// note shows what happened to the connection.
func (l *log) note(mood, text string) {
	head := newElement("header", "", "").with(clock(time.Now()), newElement("p", "", text))
	l.add(newElement("div", "line", "").attr("data-kind", "system").attr("data-mood", mood).with(head))
}

func (l *log) add(e element) {
	l.empty.Call("remove")
	l.list.with(e)
	for l.list.Get("childElementCount").Int() > mostLines {
		l.list.Get("firstElementChild").Call("remove")
	}
	l.follow()
}

func clock(t time.Time) element {
	return newElement("time", "", t.Format(time.TimeOnly)).attr("datetime", t.UTC().Format(time.RFC3339))
}

// shortened is the end of a client's id: enough to distinguish two.
func shortened(id string) string { return id[max(0, len(id)-4):] }

// hue gives each client one of six colours.
func hue(name string) string {
	sum := 0
	for _, r := range name {
		sum = (sum*31 + int(r)) % 65521
	}
	return strconv.Itoa(sum % 6)
}
