package panel

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/scope/act"
)

// repeatComposed sends what is composed again and again. The request is the repetition: it ends with this page.
func (d *Desk) repeatComposed() {
	form, ok := d.composed()
	if !ok {
		return
	}
	m, err := form.Message()
	every, err1 := strconv.Atoi(strings.TrimSpace(form.Every))
	count, err2 := strconv.Atoi(strings.TrimSpace(form.Count))
	rep := act.Repeat{Message: m, Every: every, Count: count}
	if err == nil && (err1 != nil || err2 != nil) {
		err = &model.ComposeError{Box: "every", Text: "the interval in milliseconds and the number of times must be numbers"}
	}
	if err == nil {
		err = rep.Check()
	}
	body, err3 := json.Marshal(rep)
	if err == nil {
		err = err3
	}
	if err != nil {
		d.say(err.Error(), true)
		return
	}
	d.stopRepeating()
	var last act.Sent
	var failed string
	line := func(text string) {
		var f act.Failure
		if json.Unmarshal([]byte(text), &f) == nil && f.Text != "" {
			failed = f.Error()
			return
		}
		_ = json.Unmarshal([]byte(text), &last) // the server's own words
		d.say("Sent "+strconv.Itoa(last.Number)+" of "+strconv.Itoa(count), false)
	}
	done := func(problem string) {
		d.mu.Lock()
		d.compose.stop = nil
		d.mu.Unlock()
		if failed == "" {
			failed = problem
		}
		text := "Repeated " + strconv.Itoa(last.Number) + " of " + strconv.Itoa(count) + " times"
		if failed != "" {
			d.say(text+"; ended: "+failureText(failed), true)
			return
		}
		d.say(text, false)
	}
	stop := d.compose.actor.Stream(connPath(form.Conn, "repeat"), string(body), line, done)
	d.mu.Lock()
	d.compose.stop = stop
	d.mu.Unlock()
	d.wake()
}

func (d *Desk) stopRepeating() {
	d.mu.Lock()
	stop := d.compose.stop
	d.compose.stop = nil
	d.mu.Unlock()
	if stop != nil {
		stop()
	}
	d.wake()
}

func (d *Desk) keepTemplate() {
	d.mu.Lock()
	c := &d.compose
	problem := c.templates.Save(c.title, c.form)
	kept, title := c.templates.String(), c.title
	d.mu.Unlock()
	if problem != "" {
		d.say(problem, true)
		return
	}
	d.page.Remember(templatesKey, kept)
	d.say("Kept "+title, false)
}

func (d *Desk) loadTemplate(i int) {
	d.mu.Lock()
	if i >= len(d.compose.templates) {
		d.mu.Unlock()
		return
	}
	form := d.compose.templates[i].Compose
	form.Conn = d.compose.form.Conn
	d.mu.Unlock()
	d.fill(form)
}

func (d *Desk) forgetTemplate(i int) {
	d.mu.Lock()
	d.compose.templates.Remove(i)
	kept := d.compose.templates.String()
	d.mu.Unlock()
	d.page.Remember(templatesKey, kept)
	d.wake()
}

// dialOut opens a connection from this page. It shows like any other, as the server's tap sees it.
func (d *Desk) dialOut() {
	d.mu.Lock()
	c := &d.compose
	url := strings.TrimSpace(c.url)
	if url == "" {
		url = "/ws/echo"
	}
	if len(c.dialled) >= maxDialled {
		d.mu.Unlock()
		d.say("This page holds 8 connections open already; close one first", true)
		return
	}
	c.dials++
	id := c.dials
	c.dialled = append(c.dialled, dialled{id: id, url: url, state: "connecting"})
	c.form.Conn = 0 // the newest is chosen
	d.mu.Unlock()
	hangup := c.actor.Dial(url, func(text string, over bool) { d.dialState(id, text, over) })
	d.mu.Lock()
	if i := d.dialIndex(id); i >= 0 {
		c.dialled[i].hangup = hangup
	}
	d.mu.Unlock()
	d.wake()
}

// dialIndex returns where a connection of this page stands in the list, -1 for nowhere. The caller holds the lock.
func (d *Desk) dialIndex(id int) int {
	return slices.IndexFunc(d.compose.dialled, func(o dialled) bool { return o.id == id })
}

func (d *Desk) dialState(id int, text string, over bool) {
	d.mu.Lock()
	i := d.dialIndex(id)
	if i < 0 {
		d.mu.Unlock()
		return
	}
	url := d.compose.dialled[i].url
	d.compose.dialled[i].state = text
	if over {
		d.compose.dialled = slices.Delete(d.compose.dialled, i, i+1)
	} else if text == "open" {
		d.compose.form.Conn = 0 // the newest is chosen: this one
	}
	d.mu.Unlock()
	if over {
		d.say("Connection to "+url+": "+text, false)
	}
	d.wake()
}

func (d *Desk) hangup(id int) {
	d.mu.Lock()
	i := d.dialIndex(id)
	var hangup func()
	if i >= 0 {
		hangup = d.compose.dialled[i].hangup
	}
	d.mu.Unlock()
	if hangup != nil {
		hangup()
	}
}
