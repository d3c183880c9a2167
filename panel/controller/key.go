package controller

import (
	"math"

	"github.com/tetherscope/tetherscope/panel/model"
)

// The IDs of boxes that keys have a meaning of their own in.
const (
	filterBoxID = "filter"
	noteBoxID   = "note"
	goToBoxID   = "goto"
	// DecodedBox stands for the list of decoded lines, which is no text box.
	DecodedBox = "decoded"
)

// Key performs a key press: name as in KeyboardEvent.key. Box is the ID of the text box that the caret is in, ""
// for none, or [DecodedBox]. It reports whether the key was used, so that the browser must not use it too.
func (c *Controller) Key(name, box string) bool {
	if box == DecodedBox {
		if cmd, ok := lineKeys[name]; ok {
			c.Do(cmd)
			return true
		}
		box = ""
	}
	switch {
	case name == "Escape":
		return c.escape(box != "")
	case name == "Ctrl+F":
		return c.findKey(box)
	case box == goToBoxID && name == "Enter":
		c.goTo()
		return true
	case box == filterBoxID:
		return c.filterBox.key(name)
	case box == noteBoxID && name == "Enter":
		c.page.FocusGrid()
		return true
	case box != "":
		return false
	}
	cmd, ok := keys[name]
	if ok {
		c.Do(cmd)
	}
	return ok
}

// findKey looks for text among all rows, as the browser's own search cannot: only the rows on the screen are in the page. Pressed
// again in the filter box it is the browser's.
func (c *Controller) findKey(box string) bool {
	if box == filterBoxID && c.status().Find {
		return false
	}
	c.Send(model.SetFind{On: true})
	c.page.FocusFilter()
	return true
}

// escape goes one step back: out of the help, out of the filter box, out of the selection.
func (c *Controller) escape(typing bool) bool {
	c.mu.Lock()
	help, statistics, settings, drawer, goTo := c.help, c.statistics, c.settingsOpen, c.drawer, c.goToOpen
	comparing := c.comparison.view().Open
	selected := c.model.Selected() != math.MaxUint64 || !c.model.Detail().None
	c.mu.Unlock()
	switch {
	case goTo:
		c.closeGoTo()
	case help:
		c.Do(ToggleHelp{})
	case settings:
		c.Do(ToggleSettings{})
	case comparing && !typing:
		c.Do(ToggleComparison{})
	case statistics && !typing:
		c.Do(ToggleStatistics{})
	case c.openMenu(NoMenu):
		c.page.FocusGrid()
	case drawer == composerDrawer && !typing:
		c.Do(ToggleComposer{})
	case drawer == faultsDrawer && !typing:
		c.Do(ToggleFaults{})
	case drawer == requestsDrawer && !typing:
		c.Do(ToggleRequests{})
	case c.filterBox.closeList():
		c.wake()
	case typing:
		c.page.FocusGrid()
	case selected:
		c.Do(CloseDetail{})
	default:
		return false
	}
	return true
}

// Keys returns the names of all keys that have a command.
func Keys() []string {
	list := make([]string, 0, len(keys))
	for name := range keys {
		list = append(list, name)
	}
	return list
}

// keys are the commands of single keys. The help of package panel lists them for people.
var keys = map[string]Command{
	"/": FocusFilter{},
	"g": OpenGoTo{},
	"T": NextTimes{},
	" ": ToggleFreeze{},
	"G": Follow{},
	"x": Update{model.Clear{}},
	"u": Update{model.Undo{}},
	"v": OtherView{},
	"f": ToggleFind{},
	"l": ToggleLayout{model.Ladder},
	"L": ToggleLayout{model.Conversation},
	"n": Update{model.NextHit{By: 1}},
	"N": Update{model.NextHit{By: -1}},
	"h": Update{model.HideSimilar{}},
	"o": Update{model.OnlySimilar{}},
	"m": ToggleMark{},
	"'": Update{model.NextMark{}},
	"c": Copy{model.FormPlain},
	"C": ToggleMenu{CopyMenu},
	"w": FocusNote{},
	"?": ToggleHelp{},
	"S": Update{model.Export{}},
	"O": OpenFile{},
	"r": Resend{},
	"e": EditSelected{},
	"F": ToggleFaults{},
	"Q": ToggleRequests{},
	"p": Update{model.GoPair{}},
	"s": ToggleStatistics{},
	"D": ToggleComparison{},
	",": ToggleSettings{},
	"t": ToggleTimeline{},
	"R": ToggleCharts{},

	"Enter": OpenDetail{},

	"1": Update{model.SetTab{Tab: model.TabMessage}},
	"2": Update{model.SetTab{Tab: model.TabFrame}},
	"3": Update{model.SetTab{Tab: model.TabHex}},
	"4": Update{model.SetTab{Tab: model.TabHandshake}},
	"5": Update{model.SetTab{Tab: model.TabClose}},
	"6": Update{model.SetTab{Tab: model.TabDecoded}},
	"7": Update{model.SetTab{Tab: model.TabDiff}},
	"d": Update{model.SetTab{Tab: model.TabDiff}},

	"j":         Update{model.Move{By: 1}},
	"ArrowDown": Update{model.Move{By: 1}},
	"k":         Update{model.Move{By: -1}},
	"ArrowUp":   Update{model.Move{By: -1}},

	"Shift+ArrowDown": Update{model.Extend{By: 1}},
	"Shift+ArrowUp":   Update{model.Extend{By: -1}},

	"PageDown": Update{model.MovePage{By: 1}},
	"PageUp":   Update{model.MovePage{By: -1}},
	"[":        Update{model.MoveSameDir{By: -1}},
	"]":        Update{model.MoveSameDir{By: 1}},
	"Home":     Update{model.MoveFirst{}},
	"End":      Update{model.MoveLast{}},
}

// lineKeys move through the decoded lines while their list has the focus.
var lineKeys = map[string]Command{
	"ArrowDown": Update{model.HighlightNext{By: 1}},
	"ArrowUp":   Update{model.HighlightNext{By: -1}},
}
