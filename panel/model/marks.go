package model

import (
	"slices"

	"github.com/tetherscope/tetherscope/panel/model/render"
)

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
	k.notes[id] = note[:render.RuneStart([]byte(note), min(len(note), maxNote))]
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

// toggle marks a row or removes its mark and note.
func (k *marks) toggle(id uint64) {
	if _, on := k.notes[id]; on {
		k.remove(id)
		return
	}
	k.set(id, "")
}

// next returns the first marked row from one on that is among the matches, and after the last the first.
func (k *marks) next(from uint64, among listing) (id uint64, ok bool) {
	start, _ := slices.BinarySearch(k.order, from)
	for n := range k.order {
		if id := k.order[(start+n)%len(k.order)]; among.has(id) {
			return id, true
		}
	}
	return 0, false
}
