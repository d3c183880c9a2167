package panel

import (
	"strconv"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model"
)

// Do performs a command: a word, and an argument that some of them need. It reports whether it knew the command.
func (d *Desk) Do(word, arg string) bool {
	d.mu.Lock()
	d.note = ""
	s := d.model.Status()
	d.mu.Unlock()
	n, _ := strconv.ParseUint(arg, 10, 64)
	switch word {
	case "record":
		d.Send(model.Record{On: !s.Recording})
	case "freeze":
		d.Send(model.Freeze{On: s.Mode != model.Frozen})
	case "clear":
		d.Send(model.Clear{})
	case "undo":
		d.Send(model.Undo{})
	case "export":
		d.Send(model.Export{})
	case "open-file":
		d.openMenu("")
		d.page.OpenFile()
	case "network":
		d.page.Network()
	case "back":
		d.Back()
	case "save":
		d.openMenu("")
		d.Save(arg)
	case "keep-secrets":
		d.flip(&d.secret)
	case "copy":
		d.openMenu("")
		d.Send(model.CopyAs{Form: model.Form(n)})
	case "copy-link":
		d.openMenu("")
		d.page.CopyLink()
		d.Note("Copied a link to this row")
	case "stats":
		d.flip(&d.stats)
	case "timeline":
		d.flip(&d.hidden)
	case "menu":
		d.openMenu(arg)
	case "note":
		d.page.FocusNote()
	case "follow":
		d.Send(model.MoveLast{})
		d.page.FocusGrid()
	case "view":
		d.Send(model.SetView{View: model.View(n)})
	case "other-view":
		d.Send(model.SetView{View: 1 - s.View})
	case "help":
		d.toggleHelp()
	case "demo":
		d.page.StartDemo()
	case "reload":
		d.page.Reload()
	case "copy-text":
		d.page.Copy(arg)
		d.Note("Copied " + arg)
	case "open":
		d.Send(model.Move{By: 0})
		d.page.FocusDetail()
	case "focus-filter":
		d.page.FocusFilter()
	case "offer":
		d.accept(int(min(n, maxOffers)))
		d.page.FocusFilter()
	case "use-query":
		d.mu.Lock()
		d.stats, d.help = false, false
		d.mu.Unlock()
		d.putFilter(arg)
	default:
		return d.doFilter(word, n, s) || d.doDetail(word, arg, n) || d.doSearch(word, s) || d.doSaved(word, n) || d.doSettings(word) || d.doCompose(word, arg, n) ||
			d.doFaults(word, n)
	}
	return true
}

// doFilter performs the commands of the filter box, the chips and the connection list.
func (d *Desk) doFilter(word string, n uint64, s model.Status) bool {
	f := s.Filter
	switch word {
	case "dir":
		f.HideDir[n&1] = !f.HideDir[n&1]
	case "type":
		f = f.Toggle(model.Type(n))
	case "only-type":
		f.HideTypes = (1<<model.TypeGap - 1) &^ (1 << n)
	case "broken":
		f.Broken = !f.Broken
	case "drop-text":
		f.Text = ""
	case "drop-term":
		if n >= uint64(len(s.Terms)) {
			return true
		}
		f = s.Terms[n].Without
	case "drop-all":
		f = model.Filter{}
	case "conn":
		f.Conn = uint32(n)
		if n != 0 {
			d.Send(model.Inspect{Conn: f.Conn})
		}
	default:
		return false
	}
	if f.Text != s.Filter.Text || word == "drop-text" || word == "drop-all" {
		d.putFilter(f.Text)
	} else {
		f.Text = s.Draft
	}
	d.Send(model.SetFilter{Filter: f})
	return true
}

// doSearch performs the commands that go from row to row by query or mark, and those that make a query of a row.
func (d *Desk) doSearch(word string, s model.Status) bool {
	switch word {
	case "find":
		d.Send(model.SetFind{On: !s.Find})
	case "stop-scan":
		d.Send(model.StopScan{})
	case "next-hit":
		d.Send(model.NextHit{By: 1})
	case "last-hit":
		d.Send(model.NextHit{By: -1})
	case "hide-like":
		d.Send(model.HideLike{})
	case "only-like":
		d.Send(model.OnlyLike{})
	case "mark":
		d.Send(model.ToggleMark{ID: d.selected()})
	case "next-mark":
		d.Send(model.NextMark{})
	default:
		return false
	}
	return true
}

// selected returns the ID of the selected row, the largest number there is for none.
func (d *Desk) selected() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.model.Selected()
}

// doDetail performs the commands of the detail.
func (d *Desk) doDetail(word, arg string, n uint64) bool {
	switch word {
	case "select":
		d.Send(model.Select{ID: n})
	case "unselect":
		d.Send(model.Unselect{})
		d.page.FocusGrid()
	case "tab":
		d.Send(model.SetTab{Tab: model.Tab(n)})
	case "shape":
		d.Send(model.SetShape{Shape: model.Shape(n)})
	case "decoder":
		d.Send(model.SetDecoder{Name: arg})
	case "pair":
		d.Send(model.GoPair{})
	case "bytes-as":
		d.Send(model.SetBytes{As: model.BytesAs(min(n, uint64(model.BytesMasked)))})
	case "light":
		d.Send(model.Light{Line: int(n)})
	case "light-at":
		d.Send(model.LightAt{Offset: int(n)})
	case "byte-page":
		d.Send(model.SetBytePage{Page: int(n)})
	case "page":
		d.Send(model.SetPage{Page: int(n)})
	case "fold":
		d.Send(model.Fold{Offset: int(n)})
	default:
		return false
	}
	return true
}

// openMenu opens a menu, or closes it when it is open or the name is empty. It reports whether one was open.
func (d *Desk) openMenu(name string) (was bool) {
	d.mu.Lock()
	was = d.menu != ""
	if d.menu == name {
		name = ""
	}
	d.menu = name
	d.mu.Unlock()
	d.wake()
	return was
}

// WriteNote marks the selected row with a note.
func (d *Desk) WriteNote(text string) { d.Send(model.SetNote{ID: d.selected(), Text: text}) }

// Seek selects the record with a number, now or when it comes.
func (d *Desk) Seek(seq uint64) { d.Send(model.Seek{Seq: seq}) }

func (d *Desk) toggleHelp() { d.flip(&d.help) }

// flip turns a switch of the desk over.
func (d *Desk) flip(on *bool) {
	d.mu.Lock()
	*on = !*on
	d.mu.Unlock()
	d.wake()
}

// dirs are the two directions with what the toolbar calls them.
var dirs = [...]struct {
	dir         record.Dir
	arrow, name string
}{
	{record.Out, "↑", "sent"},
	{record.In, "↓", "received"},
}
