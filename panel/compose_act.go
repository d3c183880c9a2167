package panel

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/scope/act"
)

// What the composer does to connections, once it is asked to.

// resend sends the selected row again as it was, or opens it in the composer when that would break a rule.
func (d *Desk) resend() {
	d.mu.Lock()
	form, err := d.model.Recompose()
	k := d.model.Conn(form.Conn)
	draft := form.Draft(k)
	d.mu.Unlock()
	switch {
	case err != nil:
		d.Note(err.Error())
	case len(draft.Problems) > 0:
		d.fill(form)
		d.Note("Not sent: it breaks the protocol, see the composer")
	case k == nil || k.State != model.Open && k.State != model.Closing:
		d.Note("Connection " + strconv.FormatUint(uint64(form.Conn), 10) + " has ended; press e to send it into another one")
	default:
		d.send(form)
	}
}

func (d *Desk) takeFile(name string, data []byte, problem string) {
	d.mu.Lock()
	c := &d.compose
	if problem == "" {
		c.form.Name, c.form.File = name, data
		c.draft = c.form.Draft(d.model.Conn(c.form.Conn))
	}
	d.mu.Unlock()
	if problem != "" {
		d.say(problem, true)
	}
	d.wake()
}

// composed returns what the composer has, if it can be sent.
func (d *Desk) composed() (model.Compose, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.composeLook()
	return v.form, v.open && v.ready()
}

func (d *Desk) sendComposed() {
	if form, ok := d.composed(); ok {
		d.send(form)
	}
}

func (d *Desk) send(form model.Compose) {
	m, err := form.Message()
	if err != nil {
		d.say(err.Error(), true)
		return
	}
	if d.replaceHeld(form.Conn, m) {
		return
	}
	body, err := json.Marshal(m)
	if err != nil {
		d.say(err.Error(), true)
		return
	}
	d.call(form.Conn, "send", string(body), func(text string) string {
		var sent act.Sent
		_ = json.Unmarshal([]byte(text), &sent) // the server's own answer
		return "Sent " + model.Count(uint64(sent.Bytes)) + " bytes to the " + form.To + " of connection " + strconv.FormatUint(uint64(form.Conn), 10)
	})
}

// call asks the control API and says what came of it.
func (d *Desk) call(conn uint32, what, body string, done func(text string) string) {
	d.mu.Lock()
	actor := d.compose.actor
	d.mu.Unlock()
	actor.Call("POST", connPath(conn, what), body, func(status int, text string) {
		if status == 200 {
			d.say(done(text), false)
			return
		}
		d.say(failureText(text), true)
	})
}

func connPath(conn uint32, what string) string {
	return "/api/conns/" + strconv.FormatUint(uint64(conn), 10) + "/" + what
}

// failureText returns what the server says in a failure, or the text itself.
func failureText(text string) string {
	var f act.Failure
	if json.Unmarshal([]byte(text), &f) == nil && f.Text != "" {
		return f.Error()
	}
	return text
}

// say shows what came of an action, in the composer and in the status bar.
func (d *Desk) say(text string, failed bool) {
	d.mu.Lock()
	d.compose.said, d.compose.failed = text, failed
	d.mu.Unlock()
	d.Note(text)
}

func (d *Desk) endConn(arg string) {
	how, to, _ := strings.Cut(arg, " ")
	form, _ := d.composed()
	body, err := json.Marshal(act.End{How: how, To: to})
	if err != nil || form.Conn == 0 {
		d.say("Choose a connection first", true)
		return
	}
	d.call(form.Conn, "end", string(body), func(string) string {
		return "Connection " + strconv.FormatUint(uint64(form.Conn), 10) + " was told to end"
	})
}
