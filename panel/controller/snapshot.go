package controller

import (
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/rows"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Snapshot is everything that a drawing of the panel needs, taken at one moment.
type Snapshot struct {
	Status    model.Status
	Conns     []model.Conn
	ConnList  ConnListView
	Passed    act.Passed // without a record, while the live capture is shown
	MoreConns int
	Detail    model.Detail
	Unseen    int // rows below the window that came since it was left
	Total     int // rows that the filter shows
	Help      bool
	FilterBox FilterBoxView
	Menu      Menu
	Stats     *model.Statistics // nil while they are closed
	Settings  *SettingsView     // nil while they are closed
	Picture   string            // address of the picture that the detail shows
	Timeline  bool
	Charts    bool // over time
	GoTo      bool // the box that goes to a row is open
	Note      string
	Spoken    string // for screen readers
	Address   string
	Mode      Mode
	File      FileView
	Packets   PacketsView
	Shortage  string // what the budget of the server refused; empty for nothing

	KeepSecrets bool
	ShowSecrets bool // of the files that are open
	Composer    ComposerView
	Faults      FaultsView
	Compare     CompareView
	Script      ScriptView
	Requests    RequestsView
}

// Snapshot returns what the panel shows now.
func (c *Controller) Snapshot() Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Snapshot{
		Status: c.model.Status(), Detail: c.model.Detail(), FilterBox: c.filterBox.view(),
		Help: c.help, Menu: c.menu, Note: c.note, Spoken: c.spoken, Address: c.address,
		GoTo: c.goToOpen, Charts: c.charts,
		Mode: c.mode, KeepSecrets: c.keepSecrets, ShowSecrets: !c.hidesSecrets(), File: c.file.view(), Packets: c.packets.view(),
		Shortage: c.shortage.view(),
		Composer: c.composer.view(), Faults: c.faults.view(), Compare: c.comparison.view(), Script: c.script.view, Requests: c.requests.view(),
	}
	s.Timeline = !c.timelineHidden && rows.Total(s.Status.Tally.Frames) > 0
	if c.statistics {
		list := c.model.Statistics()
		s.Stats = &list
	}
	if c.settingsOpen {
		s.Settings = c.settings.view()
	}
	s.Picture = c.picture.show(c.page, s.Detail.Decoded)
	s.Conns, s.MoreConns = c.model.Conns()
	s.ConnList = c.connList.view(s.Status.Filter.Text)
	if c.file == nil {
		s.Passed = c.passed.view
	}
	s.Total, s.Unseen = c.model.Extent()
	return s
}
