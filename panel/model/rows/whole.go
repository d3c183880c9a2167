package rows

import "bytes"

// whole is a payload and a body that were fetched because the feed had cut them.
type whole struct{ payload, body []byte }

// wholes are kept beside the arena, whose order they would break: at most as many bytes as there, those fetched first leave first.
type wholes struct {
	of    map[uint64]whole
	order []uint64 // as fetched
	size  int
}

func (w *wholes) drop(id uint64) {
	if one, ok := w.of[id]; ok {
		w.size -= len(one.payload) + len(one.body)
		delete(w.of, id)
	}
}

// WholeRoom returns how many bytes of fetched payloads can be kept without dropping another one.
func (s *Store) WholeRoom() int { return s.maxBytes - s.wholes.size }

// SetWhole replaces the kept bytes of a row by all of its payload and body, nil for none. It keeps copies, and returns the rows
// that have only their beginnings again to make room. A row of which more is there than the store takes stays as it is.
func (s *Store) SetWhole(id uint64, payload, body []byte) (dropped []uint64) {
	n := len(payload) + len(body)
	if !s.Has(id) || n > s.maxBytes {
		return nil
	}
	w := &s.wholes
	if w.of == nil {
		w.of = map[uint64]whole{}
	}
	w.drop(id)
	for w.size+n > s.maxBytes {
		first := w.order[0]
		w.order = w.order[1:]
		if _, ok := w.of[first]; ok && s.Has(first) {
			dropped = append(dropped, first)
		}
		w.drop(first)
	}
	w.of[id] = whole{bytes.Clone(payload), bytes.Clone(body)}
	w.order = append(w.order, id)
	w.size += n
	s.Row(id).chunk.wholes = true
	return dropped
}

// whole returns the fetched bytes of a row.
func (r Row) whole() (whole, bool) {
	if !r.chunk.wholes {
		return whole{}, false
	}
	w, ok := r.store.wholes.of[r.ID()]
	return w, ok
}
