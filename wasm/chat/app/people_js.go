package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"syscall/js"

	"github.com/tetherscope/tetherscope/wasm/chat"
)

// target is to whom a message goes. kind is its type; id and name are for a private one.
type target struct{ kind, id, name string }

// people is who is here, and to whom the next message goes.
type people struct {
	list, choice, count element
	known               []chat.Client
	mine                string // my client's id
	shown               string // what the page shows, so that it is rebuilt only when it changed
}

func newPeople() *people {
	p := &people{list: byID("people"), choice: byID("to"), count: byID("people-count")}
	p.choice.on("change", func(js.Value) { p.draw() })
	p.list.on("click", func(event js.Value) {
		button := event.Get("target").Call("closest", "button")
		if !button.Truthy() {
			return
		}
		p.choose(button.Get("value").String())
		byID("message").focus()
	})
	return p
}

// choose writes to id from now on, or to all if it was chosen already.
func (p *people) choose(id string) {
	if p.choice.value() == id {
		id = chat.TypeChat
	}
	p.choice.setValue(id)
	p.draw()
}

func (p *people) clear() {
	p.known, p.mine = nil, ""
	p.count.setText("")
	p.draw()
}

func (p *people) iAm(id string) {
	p.mine = id
	p.draw()
}

func (p *people) show(clients []chat.Client, total int) {
	p.known = slices.SortedFunc(slices.Values(clients), func(a, b chat.Client) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.ID, b.ID))
	})
	text := strconv.Itoa(total)
	if total > len(clients) {
		text = fmt.Sprintf("%d of %d", len(clients), total)
	}
	p.count.setText(text)
	p.draw()
}

// chosen is to whom the next message goes.
func (p *people) chosen() target {
	value := p.choice.value()
	for _, c := range p.known {
		if c.ID == value {
			return target{chat.TypePrivate, c.ID, c.User}
		}
	}
	return target{kind: value}
}

func (p *people) draw() {
	if now := fmt.Sprint(p.known, p.mine, p.choice.value()); now == p.shown {
		return
	}
	kept := p.choice.value()
	p.choice.Call("replaceChildren")
	p.choice.with(option(chat.TypeChat, "Everyone"), option(chat.TypeBroadcast, "Announcement"))
	private := newElement("optgroup", "", "").attr("label", "Private")
	for _, c := range p.known {
		if c.ID != p.mine {
			p.choice.with(private.with(option(c.ID, c.User+" ("+shortened(c.ID)+")")))
		}
	}
	p.choice.setValue(kept)
	if p.choice.Get("selectedIndex").Int() < 0 { // who was chosen is gone
		p.choice.setValue(chat.TypeChat)
	}
	p.list.Call("replaceChildren")
	for _, c := range p.known {
		p.list.with(p.person(c))
	}
	p.shown = fmt.Sprint(p.known, p.mine, p.choice.value())
}

func (p *people) person(c chat.Client) element {
	note, button := shortened(c.ID), newElement("button", "", "").attr("type", "button").attr("value", c.ID)
	if c.ID == p.mine {
		note = "you"
		button.attr("disabled", "").attr("title", note)
	} else {
		button.attr("aria-pressed", strconv.FormatBool(c.ID == p.choice.value())).attr("title", "Private message to "+c.User)
	}
	button.with(newElement("span", "who name", c.User), newElement("small", "", note))
	return newElement("li", "", "").attr("data-hue", hue(c.User)).with(button)
}

func option(value, text string) element {
	return newElement("option", "", text).attr("value", value)
}
