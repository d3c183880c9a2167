package model

import "slices"

// Limits of what a person writes: marked rows, and bytes of a note. A mark over the limit takes the place of the oldest.
const (
	maxMarks = 1000
	maxNote  = 200
)

// marks are the rows that a person marked, with their notes.
type marks struct {
	notes map[uint64]string
	order []uint64 // sorted
	last  uint64   // marked last: what others are compared with
}

func (k *marks) set(id uint64, note string) {
	if i, found := slices.BinarySearch(k.order, id); !found {
		k.order = slices.Insert(k.order, i, id)
	}
	k.last = id
	k.notes[id] = note[:runeStart([]byte(note), min(len(note), maxNote))]
	if len(k.order) > maxMarks {
		k.remove(k.order[0])
	}
}

func (k *marks) get(id uint64) (note string, on bool) {
	note, on = k.notes[id]
	return note, on
}

func (k *marks) remove(id uint64) {
	if i, found := slices.BinarySearch(k.order, id); found {
		k.order = slices.Delete(k.order, i, i+1)
		delete(k.notes, id)
	}
}

// drop forgets the marks of evicted rows.
func (k *marks) drop(oldest uint64) {
	for len(k.order) > 0 && k.order[0] < oldest {
		k.remove(k.order[0])
	}
}

func (m *Model) updateMarks(msg Msg) {
	switch msg := msg.(type) {
	case ToggleMark:
		if _, on := m.marks.notes[msg.ID]; on {
			m.marks.remove(msg.ID)
		} else if m.store.held(msg.ID) {
			m.marks.set(msg.ID, "")
		}
	case SetNote:
		if m.store.held(msg.ID) {
			m.marks.set(msg.ID, msg.Text)
		}
	case NextMark:
		m.nextMark()
		return
	}
	if m.filter.Text != "" {
		m.refilter(m.filter, m.view) // the query may ask for marks
	}
}

// nextMark selects the next marked row that is shown, and from the last goes to the first.
func (m *Model) nextMark() {
	from := uint64(0)
	if d := &m.detail; d.selected && !d.connOnly {
		from = d.id + 1
	}
	start, _ := slices.BinarySearch(m.marks.order, from)
	for n := range m.marks.order {
		id := m.marks.order[(start+n)%len(m.marks.order)]
		if m.found.has(id) {
			m.show(id)
			return
		}
	}
}

// markRow adds to a row what the query and the person marked in it.
func (m *Model) markRow(r *Row) {
	if note, on := m.marks.notes[r.ID]; on {
		r.Look = "marked " + r.Look
		r.Note = "★ " + preview([]byte(note), maxNote) + sep(note != "" && r.Note != "") + r.Note
	}
	if m.seeks() && m.hits.has(r.ID) {
		r.Look = "hit " + r.Look
	}
}

func sep(on bool) string {
	if on {
		return " · "
	}
	return ""
}
