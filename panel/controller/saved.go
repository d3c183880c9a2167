package controller

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/panel/model"
)

// SavedFilter is a filter that a person saved, with the name that they gave it, "" for none. With a color it colors the rows that it
// finds, whatever else is shown; where several find a row, the first in the list does.
type SavedFilter struct {
	Name  string `json:"name,omitempty"`
	Text  string `json:"text"`
	Color string `json:"color,omitempty"` // of model.Colors, "" for none
}

// UnmarshalJSON reads a saved filter, and one of earlier versions, which was its text.
func (f *SavedFilter) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &f.Text) == nil {
		return nil
	}
	type plain SavedFilter
	return json.Unmarshal(b, (*plain)(f))
}

// maxFilterName is how many bytes the name of a saved filter has at most.
const maxFilterName = 60

// restore reads the saved filters. The caller holds the lock.
func (b *filterBox) restore() {
	var list []SavedFilter
	if json.Unmarshal([]byte(b.page.Recall(savedKey)), &list) == nil {
		b.saved = list[:min(len(list), maxSaved)]
	}
	b.model.Update(b.colors())
}

// colors are the saved filters that color rows. The caller holds the lock.
func (b *filterBox) colors() model.SetColors {
	var out model.SetColors
	for _, f := range b.saved {
		if f.Color != "" {
			out.Rules = append(out.Rules, model.ColorRule{Query: f.Text, Color: f.Color})
		}
	}
	return out
}

// nameFilter takes the name for the next filter that is saved.
func (b *filterBox) nameFilter(name string) {
	b.mu.Lock()
	b.name = strings.ToValidUTF8(name[:min(len(name), maxFilterName)], "")
	b.mu.Unlock()
}

// save puts the text of the box at the head of the saved filters. One that is saved already is given the name.
func (b *filterBox) save() {
	b.changeSaved(func(list []SavedFilter) []SavedFilter {
		if b.text == "" {
			return list
		}
		if i := slices.IndexFunc(list, func(f SavedFilter) bool { return f.Text == b.text }); i >= 0 {
			if b.name != "" {
				list[i].Name = b.name
			}
			return list
		}
		return append([]SavedFilter{{Name: b.name, Text: b.text}}, list[:min(len(list), maxSaved-1)]...)
	})
}

// drop removes a saved filter.
func (b *filterBox) drop(i int) {
	b.changeSaved(func(list []SavedFilter) []SavedFilter {
		if i < 0 || i >= len(list) {
			return list
		}
		return slices.Delete(list, i, i+1)
	})
}

// color gives a saved filter a color, "" for none.
func (b *filterBox) color(i int, name string) {
	b.mu.Lock()
	text := ""
	if i >= 0 && i < len(b.saved) {
		text = b.saved[i].Text
	}
	b.mu.Unlock()
	err := model.ColorRule{Query: text, Color: name}.Check()
	if name != "" && err != nil {
		b.Note("Rows are not colored: " + err.Error())
		return
	}
	b.changeSaved(func(list []SavedFilter) []SavedFilter {
		if i >= 0 && i < len(list) {
			list[i].Color = name
		}
		return list
	})
}

// changeSaved changes the list of saved filters, under the lock, stores it, and colors rows as it says.
func (b *filterBox) changeSaved(change func([]SavedFilter) []SavedFilter) {
	b.mu.Lock()
	b.saved = change(b.saved)
	colors := b.colors()
	text, err := json.Marshal(b.saved)
	b.mu.Unlock()
	if err != nil {
		b.Note("The filter was not saved: " + err.Error())
		return
	}
	b.page.Remember(savedKey, string(text))
	b.sendAll(colors)
}

// useSaved puts a saved filter into the box.
func (b *filterBox) useSaved(i int) {
	b.mu.Lock()
	if i < 0 || i >= len(b.saved) {
		b.mu.Unlock()
		return
	}
	text := b.saved[i].Text
	b.mu.Unlock()
	b.put(text)
}
