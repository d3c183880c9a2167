package model

import (
	"slices"

	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// selectAlso selects a row beside the others, or does not any more.
func (m *Model) selectAlso(id uint64) {
	switch {
	case !m.store.Has(id):
	case m.sel.rowID() == rows.None:
		m.selectRow(id)
	case id != m.sel.id:
		m.viewport.hold()
		m.sel.more.toggle(id)
	}
}

// selectTo selects the shown rows from the one with the detail to another one.
func (m *Model) selectTo(id uint64) []Effect {
	from, found := m.sel.rowID(), m.search.list()
	if from == rows.None || !m.store.Has(id) {
		m.selectRow(id)
		return nil
	}
	m.viewport.hold()
	first, last := m.between(from, id)
	total := last - first
	if found.before(id) < found.before(from) { // what is nearest to the one with the detail stays
		first = max(first, last-maxSeveral)
	}
	last = min(last, first+maxSeveral)
	m.sel.more = several{end: id}
	for i := first; i < last; i++ {
		if at := found.at(i); at != from {
			m.sel.more.ids = append(m.sel.more.ids, at)
		}
	}
	slices.Sort(m.sel.more.ids)
	if total > maxSeveral {
		return []Effect{Notify{format.Count(maxSeveral) + " rows are selected, which is the most; filter to save more"}}
	}
	return nil
}

// between returns the places of the shown rows from one to another; the first, and the one behind the last.
func (m *Model) between(a, b uint64) (first, last int) {
	list := m.search.list()
	if m.search.order.sorted() {
		first, last = list.before(a), list.before(b)
		return min(first, last), min(max(first, last)+1, list.len())
	}
	return list.before(min(a, b)), list.before(max(a, b) + 1)
}

// extend moves the end of the selected range by so many shown rows.
func (m *Model) extend(by int) []Effect {
	from := m.sel.rowID()
	if from == rows.None || m.viewport.total() == 0 {
		m.move(by)
		return nil
	}
	end := from
	if len(m.sel.more.ids) > 0 {
		end = m.sel.more.end
	}
	i := m.viewport.beside(end, by)
	m.viewport.hold()
	m.viewport.reveal(i)
	return m.selectTo(m.search.list().at(i))
}

// toggleMarks marks all selected rows, or removes the marks of all when all are marked.
func (m *Model) toggleMarks(ids []uint64) {
	all := !slices.ContainsFunc(ids, func(id uint64) bool { _, on := m.marks.get(id); return !on })
	for _, id := range ids[:min(len(ids), maxMarks)] {
		if _, on := m.marks.get(id); on == all {
			m.marks.toggle(id)
		}
	}
}

// copySeveral returns the contents of several rows in a form, each on lines of its own.
func copySeveral(x *files, d *selection, ids []uint64, f Form) string {
	var out []byte
	for n, id := range ids {
		if n > 0 {
			out = append(out, '\n')
		}
		one := newSelection(d.store, d.conns)
		one.pick(id)
		text, _ := copyAs(x, &one, f)
		out = append(out, text...)
	}
	return string(out)
}
