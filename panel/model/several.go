package model

import (
	"slices"

	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// maxSeveral is how many rows are selected at once.
const maxSeveral = 10_000

// several are the rows that are selected beside the one whose detail is shown.
type several struct {
	ids []uint64 // sorted; the one with the detail is not among them
	end uint64   // where a range ends that began at the one with the detail
}

func (s *several) has(id uint64) bool {
	_, found := slices.BinarySearch(s.ids, id)
	return found
}

// toggle selects a row, or does not any more.
func (s *several) toggle(id uint64) {
	i, found := slices.BinarySearch(s.ids, id)
	switch {
	case found:
		s.ids = slices.Delete(s.ids, i, i+1)
	case len(s.ids) < maxSeveral-1:
		s.ids = slices.Insert(s.ids, i, id)
	}
}

// chosen returns the IDs of all selected rows that are kept, in order; none unless there are several.
func (d *selection) chosen() []uint64 {
	if len(d.more.ids) == 0 || d.rowID() == rows.None {
		return nil
	}
	i, _ := slices.BinarySearch(d.more.ids, d.id)
	list := slices.Insert(slices.Clone(d.more.ids), i, d.id)
	return slices.DeleteFunc(list, func(id uint64) bool { return !d.store.Has(id) })
}
