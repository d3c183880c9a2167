package panel

import (
	"encoding/json"
	"slices"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/query"
)

// Limits of the filter box: completions offered at once, filters saved.
const (
	maxOffers = 12
	maxSaved  = 30
)

// savedKey is where the page remembers the saved filters, as a JSON list of texts.
const savedKey = "filters"

// assist is what hangs below the filter box: ways to go on with the query, or the saved filters.
type assist struct {
	text   string // as it stands in the box
	offers []query.Completion
	chosen int // of offers; -1 for none yet
	menu   bool
	saved  []string
}

// Filter takes what stands in the filter box, and where the caret is: a byte offset.
func (d *Desk) Filter(text string, caret int) {
	d.mu.Lock()
	d.assist.text, d.assist.menu, d.assist.chosen = text, false, -1
	d.assist.offers = offers(text, caret)
	f := d.model.Status().Filter
	d.mu.Unlock()
	f.Text = text
	d.Send(model.SetFilter{Filter: f})
}

// offers returns the completions worth showing: none that are typed in full already.
func offers(text string, caret int) []query.Completion {
	if text == "" {
		return nil
	}
	list := query.Complete(text, caret)
	list = list[:min(len(list), maxOffers)]
	if len(list) == 1 && text[list[0].From:list[0].To] == list[0].Text {
		return nil
	}
	return list
}

// boxKey performs a key in the filter box and reports whether it was used.
func (d *Desk) boxKey(name string) bool {
	d.mu.Lock()
	a := &d.assist
	open := len(a.offers) > 0
	d.mu.Unlock()
	switch {
	case name == "ArrowDown" && !open:
		d.offerAll()
	case name == "ArrowDown":
		d.choose(1)
	case name == "ArrowUp" && open:
		d.choose(-1)
	case name == "Tab" && open:
		d.accept(max(0, a.chosen))
	case name == "Enter" && open && a.chosen >= 0:
		d.accept(a.chosen)
	case name == "Enter":
		d.closeAssist()
		d.page.FocusGrid()
	default:
		return false
	}
	d.wake()
	return true
}

// offerAll offers what may stand at the end of the text, also where nothing was typed yet.
func (d *Desk) offerAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.assist.menu, d.assist.chosen = false, -1
	d.assist.offers = query.Complete(d.assist.text, len(d.assist.text))
}

func (d *Desk) choose(by int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.assist.offers)
	d.assist.chosen = max(0, min(d.assist.chosen+by, n-1))
	d.page.ShowOffer(d.assist.chosen)
}

// accept puts an offered completion into the box.
func (d *Desk) accept(i int) {
	d.mu.Lock()
	if i >= len(d.assist.offers) {
		d.mu.Unlock()
		return
	}
	c, text := d.assist.offers[i], d.assist.text
	d.mu.Unlock()
	before := text[:c.From] + c.Text
	d.page.SetFilterText(before+text[c.To:], len(before))
	d.Filter(before+text[c.To:], len(before))
}

// closeAssist closes what hangs below the box and reports whether something did.
func (d *Desk) closeAssist() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := len(d.assist.offers) > 0 || d.assist.menu
	d.assist.offers, d.assist.menu = nil, false
	return was
}

// putFilter changes the text in the box from outside, and the filter with it.
func (d *Desk) putFilter(text string) {
	d.page.SetFilterText(text, len(text))
	d.Filter(text, len(text))
	d.closeAssist()
}

// Search shows what a query finds, as if the person had written it.
func (d *Desk) Search(query string) { d.putFilter(query) }

// Restore reads what the page remembers from last time. Call it once, before anything is shown.
func (d *Desk) Restore() {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []string
	if json.Unmarshal([]byte(d.page.Recall(savedKey)), &list) == nil {
		d.assist.saved = list[:min(len(list), maxSaved)]
	}
	d.restoreSettings()
}

// doSaved performs the commands of the list of saved filters.
func (d *Desk) doSaved(word string, n uint64) bool {
	d.mu.Lock()
	a := &d.assist
	text, known := "", n < uint64(len(a.saved))
	if known {
		text = a.saved[n]
	}
	switch word {
	case "saved":
		a.menu, a.offers = !a.menu, nil
	case "save-filter":
		if a.text != "" && !slices.Contains(a.saved, a.text) {
			a.saved = append([]string{a.text}, a.saved[:min(len(a.saved), maxSaved-1)]...)
		}
	case "drop-saved":
		if known {
			a.saved = slices.Delete(a.saved, int(n), int(n)+1)
		}
	case "use-saved":
		d.mu.Unlock()
		if known {
			d.putFilter(text)
		}
		return true
	default:
		d.mu.Unlock()
		return false
	}
	list, err := json.Marshal(a.saved)
	d.mu.Unlock()
	if err == nil && word != "saved" {
		d.page.Remember(savedKey, string(list))
	}
	d.wake()
	return true
}
