package panel

import (
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Actor is what a page with a server behind it can do to connections. Answers come on any goroutine, after the call returned.
type Actor interface {
	// Call sends a request to the control API, with a JSON body unless that is empty, and answers with the status, 0 for none,
	// and the text.
	Call(method, path, body string, answer func(status int, text string))
	// Every calls f each time so many milliseconds have passed, until the function that it returns is called.
	Every(ms int, f func()) (stop func())
	// Stream does so and hands out each line of the answer as it comes; it ends with done, whose problem is "" at the end of
	// the answer. The function that it returns ends the request.
	Stream(path, body string, line func(text string), done func(problem string)) (stop func())
	// SetValue puts text into the box with an ID; FocusBox puts the caret there.
	SetValue(id, text string)
	FocusBox(id string)
	// PickFile lets the person choose a file of at most so many bytes.
	PickFile(most int, picked func(name string, data []byte, problem string))
	// Dial opens a connection from this page and tells its state, in a word or a sentence, until it is closed. The function
	// that it returns closes it.
	Dial(url string, state func(text string, over bool)) (hangup func())
}

// compose is the composer's state. The desk's lock guards it.
type compose struct {
	actor     Actor
	open      bool
	form      model.Compose
	draft     model.Draft
	templates model.Templates
	title     string
	url       string
	said      string
	failed    bool
	stop      func() // ends the repetition; nil for none
	dialled   []dialled
	dials     int
}

// dialled is a connection that this page opened.
type dialled struct {
	id     int
	url    string
	state  string
	hangup func()
}

// composeView is what a drawing of the composer needs.
type composeView struct {
	can, open bool
	inPlace   bool // what is sent takes the place of a held frame
	form      model.Compose
	draft     model.Draft
	targets   []model.Conn
	gone      bool // the chosen connection has ended
	templates model.Templates
	said      string
	failed    bool
	repeating bool
	dialled   []dialled
}

// maxTargets is how many connections one can choose from, maxDialled how many one page opens.
const (
	maxTargets = 24
	maxDialled = 8
)

const templatesKey = "templates"

// ready reports whether Send does something.
func (c composeView) ready() bool {
	return c.draft.Error == "" && c.reachable() && (c.form.Force || len(c.draft.Problems) == 0)
}

// reachable reports whether there is a connection to act on.
func (c composeView) reachable() bool { return c.form.Conn != 0 && !c.gone }

// Acts gives the desk hands: without them nothing can be composed, as in a file that is opened without a server.
func (d *Desk) Acts(a Actor) {
	d.mu.Lock()
	d.compose = compose{actor: a, form: model.NewCompose(), templates: model.ReadTemplates(d.page.Recall(templatesKey))}
	d.mu.Unlock()
	d.learnDeck(false)
}

// composeLook returns what is drawn. The caller holds the lock.
func (d *Desk) composeLook() composeView {
	c := &d.compose
	v := composeView{can: c.actor != nil, open: c.open}
	if !c.open {
		return v
	}
	v.targets = d.model.OpenConns(maxTargets)
	if c.form.Conn == 0 && len(v.targets) > 0 {
		c.form.Conn = v.targets[0].ID
		c.draft = c.form.Draft(d.model.Conn(c.form.Conn))
	}
	k := d.model.Conn(c.form.Conn)
	v.gone = c.form.Conn != 0 && (k == nil || k.State == model.Closed || k.State == model.Refused)
	v.inPlace = d.faults.editing != nil
	v.form, v.draft, v.said, v.failed, v.repeating = c.form, c.draft, c.said, c.failed, c.stop != nil
	v.templates, v.dialled = slices.Clone(c.templates), slices.Clone(c.dialled)
	return v
}

// doCompose performs the commands of the composer.
func (d *Desk) doCompose(word, arg string, n uint64) bool {
	d.mu.Lock()
	actor := d.compose.actor
	d.mu.Unlock()
	if actor == nil {
		known := strings.HasPrefix(word, "compose") || word == "resend"
		if known {
			d.Note("There is no server behind this panel that could act")
		}
		return known
	}
	switch word {
	case "compose":
		d.toggleComposer()
	case "compose-edit":
		d.editSelected()
	case "resend":
		d.resend()
	case "compose-set":
		name, value, _ := strings.Cut(arg, "=")
		d.ComposeSet(name, value)
	case "compose-file":
		actor.PickFile(act.MaxPayload, d.takeFile)
	case "compose-send":
		d.sendComposed()
	case "compose-repeat":
		d.repeatComposed()
	case "compose-stop":
		d.stopRepeating()
	case "compose-end":
		d.endConn(arg)
	case "compose-save":
		d.keepTemplate()
	case "compose-load":
		d.loadTemplate(int(n))
	case "compose-forget":
		d.forgetTemplate(int(n))
	case "compose-dial":
		d.dialOut()
	case "compose-hangup":
		d.hangup(int(n))
	default:
		return false
	}
	return true
}

// onCompose takes what was typed into a box.
func (p *Panel) onCompose(ctx app.Context, _ app.Event) {
	box := ctx.JSSrc()
	p.desk.ComposeSet(strings.TrimPrefix(box.Get("id").String(), "compose-"), box.Get("value").String())
}

// ComposeSet changes a box or a switch of the composer.
func (d *Desk) ComposeSet(name, value string) {
	d.mu.Lock()
	c := &d.compose
	switch name {
	case "title":
		c.title = value
	case "url":
		c.url = value
	default:
		c.form.Set(name, value)
		if name == "form" && value == model.ComposeClose {
			c.form.Op = "close"
		}
		c.draft = c.form.Draft(d.model.Conn(c.form.Conn))
	}
	d.mu.Unlock()
	d.wake()
}

func (d *Desk) toggleComposer() {
	d.mu.Lock()
	d.compose.open = !d.compose.open
	d.faults.open, d.faults.editing = false, nil
	open, form := d.compose.open, d.compose.form
	if f := d.model.Status().Filter.Conn; open && f != 0 {
		form.Conn = f
	}
	d.mu.Unlock()
	if open {
		d.fill(form)
		return
	}
	d.page.FocusGrid()
	d.wake()
}

// closeComposer closes the drawer when it is open and nobody types in it.
func (d *Desk) closeComposer(typing bool) bool {
	d.mu.Lock()
	open := d.compose.open
	d.mu.Unlock()
	if !open || typing {
		return false
	}
	d.toggleComposer()
	return true
}

// fill opens the composer with something in it.
func (d *Desk) fill(form model.Compose) {
	d.mu.Lock()
	c := &d.compose
	if !c.open {
		c.title, c.url = "", "" // their boxes are new
	}
	c.open, c.form, c.said = true, form, ""
	d.faults.open, d.faults.editing = false, nil
	if k := d.model.Conn(form.Conn); k == nil || k.State == model.Closed || k.State == model.Refused {
		if open := d.model.OpenConns(1); len(open) > 0 {
			c.form.Conn = open[0].ID
		}
	}
	c.draft = c.form.Draft(d.model.Conn(c.form.Conn))
	actor := c.actor
	d.mu.Unlock()
	for id, text := range map[string]string{
		"body": form.Body, "code": form.Code, "reason": form.Reason, "key": form.Key, "split": form.Split, "sizes": form.Sizes,
		"every": form.Every, "count": form.Count,
	} {
		actor.SetValue("compose-"+id, text)
	}
	actor.FocusBox("compose-body")
	d.wake()
}

func (d *Desk) editSelected() {
	d.mu.Lock()
	form, err := d.model.Recompose()
	d.mu.Unlock()
	if err != nil {
		d.Note(err.Error())
		return
	}
	d.fill(form)
}
