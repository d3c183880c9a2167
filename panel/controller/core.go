package controller

import (
	"sync"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// core is what all parts of the controller share: the model, the page, and the lock that guards the state of every part.
type core struct {
	page      Page
	address   string            // where clients connect to, "ws://127.0.0.1:7316"
	wake      func()            // asks for a frame to be painted; never nil
	fetch     func()            // fetches the rest of payloads that the model wants; never nil
	putFilter func(text string) // replaces the text of the filter box and the filter with it

	mu     sync.Mutex
	live   *model.Model // fed by the server and by pages
	model  *model.Model // the one that is shown: live, or that of a file
	file   *openFile    // nil while live is shown
	mode   Mode
	note   string // the result of the last action
	paint  []byte
	drawn  uint64 // revision that the grid shows
	spoken string // for screen readers
	linked link
	drawer drawer // the drawer at the bottom that is open

	keyring keyring

	keepSecrets bool // saved files keep credentials
	charts      bool // over time are shown

	showSecrets bool // opened files are shown with theirs
}

// drawer is one of the drawers at the bottom of the panel. One can be open at a time.
type drawer uint8

const (
	noDrawer drawer = iota
	composerDrawer
	faultsDrawer
	requestsDrawer
)

// link is the selection and the filter as the address of the page names them.
type link struct {
	seq   uint64
	note  string
	query string
}

// Send gives the model a message and performs what it asks for.
func (c *core) Send(msg model.Msg) {
	c.mu.Lock()
	to := c.model
	switch m := msg.(type) {
	case model.Batch, model.PageBatch, model.PageGone, model.Feed, model.Page:
		to = c.live
	case model.Export:
		m.Secrets = c.keepSecrets
		msg = m
	}
	effects := to.Update(msg)
	now, was := c.selection(), c.linked
	c.linked = now
	c.mu.Unlock()
	if now != was {
		c.page.Link(now.seq, now.note, now.query)
	}
	for _, e := range effects {
		c.perform(e)
	}
	c.fetch()
	c.wake()
}

// sendAll sends a setting to the model that is shown and to the live one; a file that is opened later inherits from that.
func (c *core) sendAll(msg model.Msg) {
	c.mu.Lock()
	if c.live != c.model {
		c.live.Update(msg)
	}
	c.mu.Unlock()
	c.Send(msg)
}

// selection is what the address links to. A record of a file has no link: who follows it does not have the file.
func (c *core) selection() link {
	if c.file != nil {
		_, note := c.model.Selection()
		return link{0, note, ""}
	}
	seq, note := c.model.Selection()
	return link{seq, note, c.model.Query()}
}

func (c *core) perform(e model.Effect) {
	switch e := e.(type) {
	case model.Download:
		c.page.Download(e.Name, e.Type, e.Data)
		c.Note("Saved " + e.Name)
	case model.Notify:
		c.Note(e.Text)
	case model.PutFilter:
		c.putFilter(e.Text)
	case model.PutClipboard:
		c.page.Copy(e.Text)
		c.Note("Copied " + format.Bytes(uint64(len(e.Text))) + e.Note)
	}
}

// Note shows the person a short text in the status bar.
func (c *core) Note(text string) {
	c.mu.Lock()
	c.note = text
	c.mu.Unlock()
	c.wake()
}
