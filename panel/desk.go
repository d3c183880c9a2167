package panel

import (
	"slices"
	"strconv"
	"sync"

	"github.com/tetherscope/tetherscope/panel/model"
)

// Page is what only a browser page can do.
type Page interface {
	// Copy puts text on the clipboard.
	Copy(text string)
	// CopyLink puts the address of the page on the clipboard.
	CopyLink()
	// Download hands the person a file.
	Download(name, mime string, data []byte)
	// OpenFile lets the person choose a capture file; [Desk.Open] gets it.
	OpenFile()
	// Network asks the browser's Network panel for what it has, as a HAR file; [Desk.Open] gets it.
	Network()
	// Share makes one HTML file of the panel and a capture file, and hands it to the person. Done is called, on any
	// goroutine, with what went wrong or nothing.
	Share(name string, capture []byte, done func(problem string))
	// StartDemo asks the server for demo traffic.
	StartDemo()
	// Reload loads the page again.
	Reload()
	// FocusFilter puts the caret into the filter box; SetFilterText changes what stands in it and puts the caret at a byte.
	FocusFilter()
	SetFilterText(text string, caret int)
	// ShowOffer scrolls the list of completions to one of them.
	ShowOffer(i int)
	// Remember keeps a text for the next time the panel is opened; Recall returns it, "" for none.
	Remember(key, text string)
	Recall(key string) string
	// Keep keeps a text for as long as the tab is open, also across a reload; Kept returns it, "" for none.
	Keep(key, text string)
	Kept(key string) string
	// Picture gives bytes an address in this page, which an image element can show, and lets the one before go; without
	// bytes it only does the latter.
	Picture(mime string, data []byte) (url string)
	// PickFile lets the person choose a file for a purpose: it comes through [Desk.TakeFile].
	PickFile(purpose string)
	// Link puts a link to a record into the address, 0 for none, and its note into the note box.
	Link(seq uint64, note string)
	// FocusNote puts the caret into the note box.
	FocusNote()
	// FocusGrid gives the keyboard back to the grid; FocusDetail gives it to the detail.
	FocusGrid()
	FocusDetail()
}

// Desk owns the model. Its methods may be called from any goroutine; they return at once.
type Desk struct {
	page    Page
	address string // "ws://127.0.0.1:7316"
	wake    func() // asks for a frame to be painted; never nil

	mu         sync.Mutex
	live       *model.Model // fed by server and pages
	model      *model.Model // what is looked at: live, or that of a file
	file       *opened      // nil while live is looked at
	mode       Mode
	secret     bool // saved files keep credentials
	help       bool
	assist     assist
	note       string // what was just done
	spoken     string // for screen readers
	paint      []byte
	drawn      uint64 // revision that the grid shows
	linked     linked
	stats      bool
	settings   bool
	schemaFile []byte // the descriptor set in force, as it was read
	picture    picture
	hidden     bool   // the timeline
	menu       string // which menu is open: "copy" or none

	compose compose
	faults  faults
}

// NewDesk returns a desk for m. The address is where clients connect to, "ws://host:port". Wake is called, on any
// goroutine, whenever there may be something to paint; [Desk.Frame] answers it.
func NewDesk(m *model.Model, page Page, address string, wake func()) *Desk {
	return &Desk{live: m, model: m, page: page, address: address, wake: wake}
}

// linked is what the page was told of the selection.
type linked struct {
	seq  uint64
	note string
}

// Send gives the model a message and performs what it asks for.
func (d *Desk) Send(msg model.Msg) {
	d.mu.Lock()
	to := d.model
	switch msg.(type) {
	case model.Batch, model.PageBatch, model.Feed:
		to = d.live
	}
	effects := to.Update(msg)
	now, was := d.selection(), d.linked
	d.linked = now
	d.mu.Unlock()
	if now != was {
		d.page.Link(now.seq, now.note)
	}
	for _, e := range effects {
		d.perform(e)
	}
	d.wake()
}

// selection is what the address links to. A record of a file has no link: who follows it does not have the file.
func (d *Desk) selection() linked {
	if d.file != nil {
		_, note := d.model.Selection()
		return linked{0, note}
	}
	seq, note := d.model.Selection()
	return linked{seq, note}
}

func (d *Desk) perform(e model.Effect) {
	switch e := e.(type) {
	case model.Download:
		d.page.Download(e.Name, e.Type, e.Data)
		d.Note("Saved " + e.Name)
	case model.Tell:
		d.Note(e.Text)
	case model.PutFilter:
		d.putFilter(e.Text)
	case model.PutClipboard:
		d.page.Copy(e.Text)
		d.Note("Copied " + model.Size(uint64(len(e.Text))) + " bytes")
	}
}

// Note shows the person a short text in the status bar.
func (d *Desk) Note(text string) {
	d.mu.Lock()
	d.note = text
	d.mu.Unlock()
	d.wake()
}

// Frame goes on with the model's work until late says that the time is up, and returns the grid as the painter wants it.
// Changed is false, and nothing else set, when the grid shows all that already. More says that work is left. The packed
// bytes are valid until the next call.
func (d *Desk) Frame(late func() bool) (packed []byte, w model.Window, changed, more bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for more = true; more && !late(); {
		more = d.model.Step(4096)
	}
	if d.model.Rev() == d.drawn {
		return nil, w, false, more
	}
	d.drawn = d.model.Rev()
	w = d.model.Window()
	d.paint = w.Pack(d.paint[:0])
	return d.paint, w, true, more
}

// Timeline appends to dst the timeline as static/timeline.js reads it: the width of a bin in milliseconds, the span of the
// filter in bins, and the counts of both directions, with a semicolon between the four.
func (d *Desk) Timeline(dst []byte) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.model.Timeline()
	dst = strconv.AppendFloat(dst, float64(l.Width)/1e6, 'f', -1, 64)
	dst = append(dst, ';')
	if l.To > 0 {
		dst = strconv.AppendFloat(dst, float64(l.From)/float64(l.Width), 'f', 3, 64)
		dst = strconv.AppendFloat(append(dst, ','), float64(l.To)/float64(l.Width), 'f', 3, 64)
	}
	for _, counts := range [...][]uint32{l.Out, l.In} {
		dst = append(dst, ';')
		for i, n := range counts {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendUint(dst, uint64(n), 10)
		}
	}
	return dst
}

// Brush filters to a span of the timeline, in bins; an empty span takes the filter away.
func (d *Desk) Brush(from, to float64) {
	d.mu.Lock()
	width := float64(d.model.Timeline().Width)
	d.mu.Unlock()
	d.Send(model.SetSpan{From: int64(from * width), To: int64(to * width)})
}

// Speak puts what changed into words for screen readers. Call it every few seconds, not for every frame.
func (d *Desk) Speak() {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.model.Status()
	d.spoken = s.Mode.String() + ", " + model.Count(uint64(s.Shown)) + " rows shown"
	if s.Tally.Violations > 0 {
		d.spoken += ", " + model.Count(s.Tally.Violations) + " with violations"
	}
}

// view is everything that a drawing of the panel needs, taken at one moment.
type view struct {
	status   model.Status
	conns    []model.Conn
	moreConn int
	detail   model.Detail
	unseen   int
	total    int
	help     bool
	assist   assist
	menu     string
	stats    *model.Statistics // nil while they are not shown
	settings *settings         // nil while they are not shown
	picture  string            // address of the picture that the detail shows
	timeline bool
	note     string
	spoken   string
	address  string
	mode     Mode
	file     fileView
	secret   bool
	compose  composeView
	faults   faultsView
}

func (d *Desk) look() view {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := view{
		status: d.model.Status(), detail: d.model.Detail(),
		help: d.help, assist: d.assist, menu: d.menu, note: d.note, spoken: d.spoken, address: d.address,
	}
	v.assist.offers, v.assist.saved = slices.Clone(d.assist.offers), slices.Clone(d.assist.saved)
	v.timeline = !d.hidden && model.Total(v.status.Tally.Frames) > 0
	if d.stats {
		s := d.model.Statistics()
		v.stats = &s
	}
	v.mode, v.secret, v.file = d.mode, d.secret, d.file.view()
	v.compose, v.faults = d.composeLook(), d.faultsLook()
	if d.settings {
		v.settings = d.lookAtSettings()
	}
	v.picture = d.draw(v.detail.Decoded)
	v.conns, v.moreConn = d.model.Conns()
	v.total, v.unseen = d.model.Extent()
	return v
}
