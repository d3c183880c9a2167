package controller

import (
	"github.com/tetherscope/tetherscope/panel/model"
)

// Controller owns the model and the state of the panel. Its methods may be called from any goroutine; they return at once.
type Controller struct {
	*core
	filterBox filterBox
	settings  settings
	control   *control
	composer  composer
	faults    faults
	packets   packets
	picture   picture
	connList  connList
	passed    passed
	shortage  shortage
	targets   targets

	comparison comparison
	script     script
	requests   requests

	// What is open. The core's lock guards it.
	help           bool
	statistics     bool
	settingsOpen   bool
	timelineHidden bool
	goToOpen       bool
	goToText       string
	menu           Menu
}

// Command is something that a person asks the panel to do, by a click or a key. The types of this package are the commands:
// each performs itself, so that a command without an action does not compile.
type Command interface{ run(c *Controller) }

// New returns a controller for m. The address is where clients connect to, "ws://host:port". Wake is called, on any
// goroutine, whenever there may be something to paint; [Controller.Frame] answers it.
func New(m *model.Model, page Page, address string, wake func()) *Controller {
	k := &core{live: m, model: m, page: page, address: address, wake: wake}
	c := &Controller{core: k, control: &control{core: k}}
	c.filterBox.core, c.settings.core = k, k
	c.composer.control, c.faults.control, c.packets.control = c.control, c.control, c.control
	k.putFilter = c.filterBox.put
	k.fetch = c.control.fetchPage
	c.settings.control, c.passed.control, c.shortage.control, c.targets.control = c.control, c.control, c.control, c.control
	c.settings.targets = &c.targets
	c.script.control, c.requests.control = c.control, c.control
	c.connList.core, c.comparison.core = k, k
	return c
}

// Do performs a command.
func (c *Controller) Do(cmd Command) {
	c.mu.Lock()
	c.note = ""
	if _, opens := cmd.(ToggleMenu); !opens && c.menu == RowMenu {
		c.menu = NoMenu
	}
	c.mu.Unlock()
	cmd.run(c)
}

// SetMode says where the panel runs. Call it before anything is drawn.
func (c *Controller) SetMode(m Mode) { c.mode = m }

// SetControl gives the controller a client of the control API. Without one, as in a file that is opened without a server,
// connections cannot be changed.
func (c *Controller) SetControl(client ControlClient) {
	c.mu.Lock()
	c.control.client = client
	c.composer.reset()
	c.mu.Unlock()
	c.faults.load(false)
	c.passed.load()
	c.packets.load()
	c.shortage.load()
}

// Restore reads what the page remembers from last time. Call it once, before anything is shown.
func (c *Controller) Restore() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.filterBox.restore()
	c.settings.restore()
	c.requests.restore()
}

// Filter takes the text of the filter box and the position of the caret, a byte offset.
func (c *Controller) Filter(text string, caret int) { c.filterBox.Filter(text, caret) }

// NameFilter takes the name for the filter that is saved next.
func (c *Controller) NameFilter(name string) { c.filterBox.nameFilter(name) }

// ColorSaved gives the saved filter with an index a color of model.Colors, "" for none.
func (c *Controller) ColorSaved(i int, color string) { c.filterBox.color(i, color) }

// Search puts a query into the filter box.
func (c *Controller) Search(query string) { c.putFilter(query) }

// Set changes a setting that a person wrote or chose.
func (c *Controller) Set(s Setting, value string) { c.settings.set(s, value) }

// TakeFile takes a file that a person chose or dropped, for a purpose: [SchemaFile].
func (c *Controller) TakeFile(purpose, name string, data []byte) {
	if purpose != SchemaFile {
		c.Note("No use for the file " + name + ": unknown purpose " + purpose)
		return
	}
	c.settings.takeSchema(name, data)
}

// WriteRules takes the text of the box with the fault rules.
func (c *Controller) WriteRules(text string) { c.faults.write(text) }

// WriteNote marks the selected row with a note.
func (c *Controller) WriteNote(text string) { c.Send(model.SetNote{ID: c.selected(), Text: text}) }

// Seek selects the record with a number, now or when it comes.
func (c *Controller) Seek(seq uint64) { c.Send(model.Seek{Seq: seq}) }

// selected returns the ID of the selected row, the largest number there is for none.
func (c *Controller) selected() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.model.Selected()
}

// Open reads capture files as one capture into a model of its own; the live capture goes on in the background. A TLS key log
// among them decrypts the others, and one alone the capture that is shown, or those that are opened later. It returns when all is read, or when other files are opened; what could be read stays.
func (c *Controller) Open(files ...File) {
	c.mu.Lock()
	c.statistics, c.showSecrets = false, false
	c.mu.Unlock()
	c.open(files)
}

// Frame is as that of the parts that the controller is made of, and goes on with a comparison when the model has nothing to do.
func (c *Controller) Frame(late func() bool) (packed []byte, w model.Window, changed, more bool) {
	packed, w, changed, more = c.core.Frame(late)
	if !more {
		more = c.comparison.step(late)
	}
	return packed, w, changed, more
}
