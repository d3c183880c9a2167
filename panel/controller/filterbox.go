package controller

import (
	"slices"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/panel/model"
)

// Limits of the filter box: completions listed at once, filters saved.
const (
	maxCompletions = 12
	maxSaved       = 30
)

// savedKey is where the page stores the saved filters, as a JSON list of texts.
const savedKey = "filters"

// FilterBoxView is what a drawing of the filter box needs.
type FilterBoxView struct {
	Text        string // as it stands in the box
	Completions []query.Completion
	Chosen      int  // of Completions; -1 for none
	SavedOpen   bool // the list of saved filters is open
	Saved       []SavedFilter
}

// filterBox is the state of the filter box and of what opens below it. The core's lock guards its fields.
type filterBox struct {
	*core
	text        string
	completions []query.Completion
	chosen      int
	savedOpen   bool
	saved       []SavedFilter
	name        string // for the next filter that is saved
}

// view returns what is drawn. The caller holds the lock.
func (b *filterBox) view() FilterBoxView {
	return FilterBoxView{b.text, slices.Clone(b.completions), b.chosen, b.savedOpen, slices.Clone(b.saved)}
}

// Filter takes the text of the box and the position of the caret, a byte offset.
func (b *filterBox) Filter(text string, caret int) {
	b.mu.Lock()
	b.text, b.savedOpen, b.chosen = text, false, -1
	b.completions = completions(text, caret)
	f := b.model.Status().Filter
	b.mu.Unlock()
	f.Text = text
	b.Send(model.SetFilter{Filter: f})
}

// completions returns the completions worth showing: none that are typed in full already.
func completions(text string, caret int) []query.Completion {
	if text == "" {
		return nil
	}
	list := query.Complete(text, caret)
	list = list[:min(len(list), maxCompletions)]
	if len(list) == 1 && text[list[0].From:list[0].To] == list[0].Text {
		return nil
	}
	return list
}

// key performs a key in the box and reports whether it was used.
func (b *filterBox) key(name string) bool {
	b.mu.Lock()
	open, chosen := len(b.completions) > 0, b.chosen
	b.mu.Unlock()
	switch {
	case name == "ArrowDown" && !open:
		b.completeAll()
	case name == "ArrowDown":
		b.choose(1)
	case name == "ArrowUp" && open:
		b.choose(-1)
	case name == "Tab" && open:
		b.accept(max(0, chosen))
	case name == "Enter" && open && chosen >= 0:
		b.accept(chosen)
	case name == "Enter":
		b.closeList()
		b.page.FocusGrid()
	default:
		return false
	}
	b.wake()
	return true
}

// completeAll lists what may follow the text, also where nothing was typed yet.
func (b *filterBox) completeAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.savedOpen, b.chosen = false, -1
	b.completions = query.Complete(b.text, len(b.text))
}

func (b *filterBox) choose(by int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.chosen = max(0, min(b.chosen+by, len(b.completions)-1))
	b.page.ShowCompletion(b.chosen)
}

// accept puts a completion into the box.
func (b *filterBox) accept(i int) {
	b.mu.Lock()
	if i < 0 || i >= len(b.completions) {
		b.mu.Unlock()
		return
	}
	c, text := b.completions[i], b.text
	b.mu.Unlock()
	before := text[:c.From] + c.Text
	b.page.SetFilterText(before+text[c.To:], len(before))
	b.Filter(before+text[c.To:], len(before))
}

// closeList closes the list below the box and reports whether one was open.
func (b *filterBox) closeList() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := len(b.completions) > 0 || b.savedOpen
	b.completions, b.savedOpen = nil, false
	return was
}

// put replaces the text in the box and the filter with it.
func (b *filterBox) put(text string) {
	b.page.SetFilterText(text, len(text))
	b.Filter(text, len(text))
	b.closeList()
}

// toggleSaved opens or closes the list of saved filters.
func (b *filterBox) toggleSaved() {
	b.mu.Lock()
	b.savedOpen, b.completions = !b.savedOpen, nil
	b.mu.Unlock()
	b.wake()
}
