package controller

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// composer is the state of the composer: a message that is written and sent into a connection. The core's lock guards its
// fields.
type composer struct {
	*control
	form      model.Compose
	draft     model.Draft
	replaces  *act.InterceptedFrame // the intercepted frame that the message takes the place of; nil for none
	templates model.Templates
	title     string     // of the template to save
	to        model.Dial // to connect to
	dials     model.Dials
	stop      func() // ends the repetition; nil for none
	dialled   []dialled
	opened    int     // connections by this page
	awaited   *uint32 // the newest connection when this page opened one: a newer one is chosen when it comes; nil for none
}

// ComposerView is what a drawing of the composer needs.
type ComposerView struct {
	Available bool // there is a control API
	Open      bool
	Replaces  bool // the message takes the place of an intercepted frame
	Form      model.Compose
	Draft     model.Draft
	Targets   []model.Conn
	Gone      bool // the chosen connection has ended
	Templates model.Templates
	Result    string // of the last action
	Failed    bool
	Repeating bool
	Dialled   []Dialled
	To        model.Dial
	Dials     model.Dials
}

// Dialled is a connection that this page opened.
type Dialled struct {
	ID         int
	URL, State string
}

// maxTargets is how many connections are listed to choose from.
const maxTargets = 24

const (
	templatesKey = "templates"
	dialsKey     = "dials"
)

// Ready reports whether the message can be sent.
func (c ComposerView) Ready() bool {
	return c.Draft.Error == "" && c.Reachable() && (c.Form.Force || len(c.Draft.Problems) == 0)
}

// Reachable reports whether there is a connection to act on.
func (c ComposerView) Reachable() bool { return c.Form.Conn != 0 && !c.Gone }

// reset empties the composer. The caller holds the lock.
func (c *composer) reset() {
	*c = composer{control: c.control, form: model.NewCompose(), templates: model.ReadTemplates(c.page.Recall(templatesKey)), dials: model.ReadDials(c.page.Recall(dialsKey))}
}

// view returns what is drawn, and chooses a connection where none is chosen. The caller holds the lock.
func (c *composer) view() ComposerView {
	v := ComposerView{Available: c.client != nil, Open: c.drawer == composerDrawer}
	if !v.Open {
		return v
	}
	v.Targets = c.model.OpenConns(maxTargets)
	c.choose(v.Targets)
	v.Gone = c.form.Conn != 0 && ended(c.model.Conn(c.form.Conn))
	v.Replaces = c.replaces != nil
	v.Form, v.Draft, v.Result, v.Failed, v.Repeating = c.form, c.draft, c.result, c.failed, c.stop != nil
	v.Templates, v.To, v.Dials = slices.Clone(c.templates), c.to, slices.Clone(c.dials)
	for _, o := range c.dialled {
		v.Dialled = append(v.Dialled, Dialled{o.id, o.url, o.state})
	}
	return v
}

// ended reports whether nothing can be sent into a connection any more.
func ended(k *model.Conn) bool {
	return k == nil || k.State == model.Closed || k.State == model.Refused
}

// redraft checks the form again. The caller holds the lock.
func (c *composer) redraft() { c.draft = c.form.Draft(c.model.Conn(c.form.Conn)) }

// set changes a box or a switch of the composer by its name.
func (c *composer) set(name, value string) {
	c.mu.Lock()
	known := true
	switch {
	case name == "title":
		c.title = value
	case c.to.Set(name, value):
	default:
		known = c.form.Set(name, value)
		if name == "form" && value == model.ComposeClose {
			c.form.Op = "close"
		}
		c.redraft()
	}
	c.mu.Unlock()
	if !known {
		c.Note("The composer has no field " + strconv.Quote(name))
	}
	c.wake()
}

func (c *composer) toggle() {
	c.mu.Lock()
	open, form := c.drawer != composerDrawer, c.form
	if f := c.model.Status().Filter.Conn; f != 0 {
		form.Conn = f
	}
	if !open {
		c.drawer, c.replaces = noDrawer, nil
	}
	c.mu.Unlock()
	if open {
		c.fill(form, nil)
		return
	}
	c.page.FocusGrid()
	c.wake()
}

// fill opens the composer with a message, which replaces an intercepted frame or, with nil, none.
func (c *composer) fill(form model.Compose, replaces *act.InterceptedFrame) {
	c.mu.Lock()
	if c.drawer != composerDrawer {
		c.title, c.to = "", model.Dial{} // their boxes are new
	}
	c.drawer, c.form, c.result, c.replaces = composerDrawer, form, "", replaces
	if ended(c.model.Conn(form.Conn)) {
		if open := c.model.OpenConns(1); len(open) > 0 {
			c.form.Conn = open[0].ID
		}
	}
	c.redraft()
	client := c.client
	c.mu.Unlock()
	for id, text := range map[string]string{
		"body": form.Body, "code": form.Code, "reason": form.Reason, "key": form.Key, "split": form.Split, "sizes": form.Sizes,
		"every": form.Every, "count": form.Count,
	} {
		client.SetValue("compose-"+id, text)
	}
	client.FocusBox("compose-body")
	c.wake()
}

// editSelected opens the composer with the selected row.
func (c *composer) editSelected() {
	c.mu.Lock()
	form, err := c.model.Recompose()
	c.mu.Unlock()
	if err != nil {
		c.Note(err.Error())
		return
	}
	c.fill(form, nil)
}

func (c *composer) takeFile(name string, data []byte, problem string) {
	c.mu.Lock()
	if problem == "" {
		c.form.Name, c.form.File = name, data
		c.redraft()
	}
	c.mu.Unlock()
	if problem != "" {
		c.show(problem, true)
	}
	c.wake()
}

// composed returns the message of the composer, if it can be sent.
func (c *composer) composed() (model.Compose, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.view()
	return v.Form, v.Open && v.Ready()
}

// resend sends the selected row again as it was, or opens it in the composer when that would break a rule. It returns what
// is to be sent.
func (c *composer) resend() (form model.Compose, ok bool) {
	c.mu.Lock()
	form, err := c.model.Recompose()
	k := c.model.Conn(form.Conn)
	draft := form.Draft(k)
	c.mu.Unlock()
	switch {
	case err != nil:
		c.Note(err.Error())
	case len(draft.Problems) > 0:
		c.fill(form, nil)
		c.Note("Not sent: it breaks the protocol, see the composer")
	case k == nil || k.State != model.Open && k.State != model.Closing:
		c.Note("Connection " + strconv.FormatUint(uint64(form.Conn), 10) + " has ended; press e to send it into another one")
	default:
		return form, true
	}
	return form, false
}

// send sends a message into a connection.
func (c *composer) send(conn uint32, m act.Message) {
	body, err := json.Marshal(m)
	if err != nil {
		c.show(err.Error(), true)
		return
	}
	c.post(conn, "send", string(body), func(text string) string {
		var sent act.Sent
		_ = json.Unmarshal([]byte(text), &sent) // the server's own answer
		return "Sent " + format.Plural(uint64(sent.Bytes), "byte") + " to the " + m.To + " of connection " + strconv.FormatUint(uint64(conn), 10)
	})
}

// replacement returns the intercepted frame that a message takes the place of, once, and nil if it does not.
func (c *composer) replacement(conn uint32, to string) *act.InterceptedFrame {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.replaces
	if h == nil || h.Conn != conn || h.To != to {
		return nil
	}
	c.replaces = nil
	return h
}

// end ends the chosen connection.
func (c *composer) end(e act.End) {
	form, _ := c.composed()
	body, err := json.Marshal(e)
	if err != nil || form.Conn == 0 {
		c.show("Choose a connection first", true)
		return
	}
	c.post(form.Conn, "end", string(body), func(string) string {
		return "Connection " + strconv.FormatUint(uint64(form.Conn), 10) + " is being closed"
	})
}
