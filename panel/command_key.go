package panel

import (
	"math"

	"github.com/tetherscope/tetherscope/panel/model"
)

// What keys do. The list for people is in help.go.

// Key performs a key press: name as in KeyboardEvent.key. Box is the ID of the text box that the caret is in, ""
// for none, and "decoded" for the list of decoded lines.
// It reports whether the key was used, so that the browser must not use it too.
func (d *Desk) Key(name, box string) bool {
	if box == "decoded" {
		if m, ok := lineMoves[name]; ok {
			d.Send(m)
			return true
		}
		box = ""
	}
	switch {
	case name == "Escape":
		return d.escape(box != "")
	case box == "filter":
		return d.boxKey(name)
	case box == "note" && name == "Enter":
		d.page.FocusGrid()
		return true
	case box != "":
		return false
	}
	if c, ok := keyCommands[name]; ok {
		return d.Do(c.word, c.arg)
	}
	if m, ok := keyMoves[name]; ok {
		d.Send(m)
		return true
	}
	return false
}

// escape goes one step back: out of the help, out of the filter box, out of the selection.
func (d *Desk) escape(typing bool) bool {
	d.mu.Lock()
	help, stats, settings, none := d.help, d.stats, d.settings, d.model.Selected() == math.MaxUint64 && d.model.Detail().None
	d.mu.Unlock()
	switch {
	case help:
		d.toggleHelp()
	case settings:
		d.flip(&d.settings)
	case stats && !typing:
		d.flip(&d.stats)
	case d.openMenu(""):
	case d.closeComposer(typing):
	case d.closeFaults(typing):
	case d.closeAssist():
		d.wake()
	case typing:
		d.page.FocusGrid()
	case !none:
		d.Do("unselect", "")
	default:
		return false
	}
	return true
}

// keyCommands are the keys that stand for commands.
var keyCommands = map[string]struct{ word, arg string }{
	"/": {"focus-filter", ""},
	" ": {"freeze", ""},
	"G": {"follow", ""},
	"x": {"clear", ""},
	"u": {"undo", ""},
	"v": {"other-view", ""},
	"f": {"find", ""},
	"n": {"next-hit", ""},
	"N": {"last-hit", ""},
	"h": {"hide-like", ""},
	"o": {"only-like", ""},
	"m": {"mark", ""},
	"'": {"next-mark", ""},
	"c": {"copy", ""},
	"C": {"menu", "copy"},
	"w": {"note", ""},
	"?": {"help", ""},
	"S": {"export", ""},
	"O": {"open-file", ""},
	"r": {"resend", ""},
	"e": {"compose-edit", ""},
	"F": {"faults", ""},

	"Enter": {"open", ""},

	"1": {"tab", "0"},
	"2": {"tab", "1"},
	"3": {"tab", "2"},
	"4": {"tab", "3"},
	"5": {"tab", "4"},
	"6": {"tab", "5"},
	"7": {"tab", "6"},
	"d": {"tab", "6"},
	"p": {"pair", ""},
	"s": {"stats", ""},
	",": {"settings", ""},
	"t": {"timeline", ""},
}

// lineMoves are the keys that move through the decoded lines, while their list has the focus.
var lineMoves = map[string]model.Msg{
	"ArrowDown": model.LightNext{By: 1},
	"ArrowUp":   model.LightNext{By: -1},
}

// keyMoves are the keys that move the selection.
var keyMoves = map[string]model.Msg{
	"j":         model.Move{By: 1},
	"ArrowDown": model.Move{By: 1},
	"k":         model.Move{By: -1},
	"ArrowUp":   model.Move{By: -1},
	"PageDown":  model.MovePage{By: 1},
	"PageUp":    model.MovePage{By: -1},
	"[":         model.MoveSameWay{By: -1},
	"]":         model.MoveSameWay{By: 1},
	"Home":      model.MoveFirst{},
	"End":       model.MoveLast{},
}
