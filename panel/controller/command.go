package controller

import "github.com/tetherscope/tetherscope/panel/model"

// Menu is a menu that can be open. One can be open at a time.
type Menu string

// The menus.
const (
	NoMenu   Menu = ""
	CopyMenu Menu = "copy" // of the selected row
	FileMenu Menu = "file" // of captures
	RowMenu  Menu = "row"  // of the selected rows, where the pointer is
)

// Update is a command that is a message to the model and nothing else.
type Update struct{ Msg model.Msg }

// The commands that concern the panel as a whole.
type (
	// ToggleRecording stops or resumes recording.
	ToggleRecording struct{}
	// ToggleFreeze freezes or thaws the view.
	ToggleFreeze struct{}
	// OtherView changes between messages and frames.
	OtherView struct{}
	// ToggleLayout draws the rows in a layout, or as a list when they are drawn in it.
	ToggleLayout struct{ Layout model.Layout }
	// Follow goes to the newest row and follows it.
	Follow struct{}
	// ToggleStatistics opens or closes the statistics.
	ToggleStatistics struct{}
	// ToggleTimeline shows or hides the timeline.
	ToggleTimeline struct{}
	// ToggleCharts shows or hides the charts of response times and rates.
	ToggleCharts struct{}
	// ToggleHelp opens or closes the help.
	ToggleHelp struct{}
	// ToggleSettings opens or closes the settings.
	ToggleSettings struct{}
	// ToggleMenu opens or closes a menu.
	ToggleMenu struct{ Menu Menu }
	// StartDemo asks the server for demo traffic.
	StartDemo struct{}
	// Reload loads the page again.
	Reload struct{}
	// CopyText puts a text on the clipboard.
	CopyText struct{ Text string }
)

// The commands of the selected row.
type (
	// OpenDetail moves the keyboard focus to the detail of the selected row.
	OpenDetail struct{}
	// CloseDetail selects nothing.
	CloseDetail struct{}
	// Copy puts the content of the selected row on the clipboard.
	Copy struct{ Form model.Form }
	// CopyLink puts the link to the selected row on the clipboard.
	CopyLink struct{}
	// ToggleMark marks the selected row or removes its mark.
	ToggleMark struct{}
	// FocusNote puts the caret into the note box.
	FocusNote struct{}
)

func (u Update) run(c *Controller) { c.Send(u.Msg) }

func (ToggleRecording) run(c *Controller) { c.Send(model.Record{On: !c.status().Recording}) }
func (ToggleFreeze) run(c *Controller) {
	c.Send(model.Freeze{On: c.status().Mode != model.Frozen})
}
func (OtherView) run(c *Controller) { c.Send(model.SetView{View: 1 - c.status().View}) }
func (l ToggleLayout) run(c *Controller) {
	if c.status().Layout == l.Layout {
		l.Layout = model.List
	}
	c.Send(model.SetLayout{Layout: l.Layout})
}

func (Follow) run(c *Controller) {
	c.Send(model.Live{})
	c.page.FocusGrid()
}
func (ToggleStatistics) run(c *Controller) { c.flip(&c.statistics) }
func (ToggleTimeline) run(c *Controller)   { c.flip(&c.timelineHidden) }
func (ToggleCharts) run(c *Controller) {
	c.flip(&c.charts)
	c.sendAll(model.ShowCharts{On: c.Snapshot().Charts})
}
func (ToggleHelp) run(c *Controller) { c.flip(&c.help) }
func (ToggleSettings) run(c *Controller) {
	c.control.loadSnap()
	c.flip(&c.settingsOpen)
	c.targets.watch(func() bool { return c.settingsOpen })
}
func (m ToggleMenu) run(c *Controller) { c.openMenu(m.Menu) }
func (StartDemo) run(c *Controller)    { c.page.StartDemo() }
func (Reload) run(c *Controller)       { c.page.Reload() }
func (t CopyText) run(c *Controller) {
	c.page.Copy(t.Text)
	c.Note("Copied " + t.Text)
}

func (OpenDetail) run(c *Controller) {
	c.Send(model.Move{By: 0})
	c.page.FocusDetail()
}

func (CloseDetail) run(c *Controller) {
	c.Send(model.Unselect{})
	c.page.FocusGrid()
}

func (f Copy) run(c *Controller) {
	c.openMenu(NoMenu)
	c.Send(model.CopyAs{Form: f.Form})
}

func (CopyLink) run(c *Controller) {
	c.openMenu(NoMenu)
	c.page.CopyLink()
	c.Note("Copied a link to this row")
}
func (ToggleMark) run(c *Controller) { c.Send(model.ToggleMark{ID: c.selected()}) }
func (FocusNote) run(c *Controller)  { c.page.FocusNote() }

// status returns the model's status.
func (c *Controller) status() model.Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.model.Status()
}

// flip inverts a switch of the controller.
func (c *Controller) flip(on *bool) {
	c.mu.Lock()
	*on = !*on
	c.mu.Unlock()
	c.wake()
}

// openMenu opens a menu, or closes it when it is open or m is NoMenu. It reports whether one was open.
func (c *Controller) openMenu(m Menu) (was bool) {
	c.mu.Lock()
	was = c.menu != NoMenu
	if c.menu == m {
		m = NoMenu
	}
	c.menu = m
	c.mu.Unlock()
	c.wake()
	return was
}
