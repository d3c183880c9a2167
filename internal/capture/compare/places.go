package compare

import "slices"

// Where at least so many messages of a shape have a value on both sides, and nine of ten differ in it, it is summed up.
const fewest = 3

// placeKey is a place in messages of a shape, for its volatile values or the others.
type placeKey struct {
	shape, place string
	volatile     bool
}

// key returns where a difference is counted.
func (c *Comparison) key(r *Row, d *difference) placeKey {
	return placeKey{r.A.shape, d.place, !c.options.Strict && isVolatile(d.name, d.Old) && isVolatile(d.name, d.New)}
}

// tally counts how often messages differ in a place.
type tally struct {
	Place
	last *Row // that was counted
}

// sumUp finds what differs in each row, and sums up what differs everywhere.
func (c *Comparison) sumUp(p *Pair) {
	found := make([][]difference, len(p.Rows))
	shapes := map[string]int{}
	tallies := map[placeKey]*tally{}
	var order []placeKey
	for i := range p.Rows {
		r := &p.Rows[i]
		if r.A == nil || r.B == nil {
			continue
		}
		shapes[r.A.shape]++
		if found[i] = differences(p, r.A, r.B); len(found[i]) == 0 {
			continue
		}
		for _, d := range found[i] {
			if key := c.key(r, &d); d.inBoth && tallied(tallies, key, r, &d) {
				order = append(order, key)
			}
		}
	}
	for _, key := range order {
		t := tallies[key]
		t.Compared = shapes[key.shape]
		if t.Volatile || t.everywhere() {
			p.Places = append(p.Places, t.Place)
			if !t.Volatile {
				p.Counts.Places++
			}
			continue
		}
		delete(tallies, key)
	}
	for i := range p.Rows {
		c.classify(&p.Rows[i], found[i], tallies)
	}
}

// tallied counts a difference, once for each message, and reports whether it is the first one of its place.
func tallied(all map[placeKey]*tally, key placeKey, r *Row, d *difference) (first bool) {
	t := all[key]
	if t == nil {
		t = &tally{Place: Place{Kind: r.A.called(), Path: d.place, Volatile: key.volatile, Old: d.Old, New: d.New}}
		all[key], first = t, true
	}
	if t.last == r {
		return first
	}
	t.last = r
	t.Differ++
	return first
}

// everywhere reports whether nearly all messages differ in a place.
func (t *tally) everywhere() bool { return t.Compared >= fewest && 10*t.Differ >= 9*t.Compared }

// called is what people call a message.
func (m *Message) called() string {
	name := m.Decoder
	if name == "" {
		name = m.Op.String()
	}
	if rest := m.kind[min(len(m.kind), len(m.Dir.String()+" "+m.Op.String()+" "+m.Decoder)):]; rest != "" {
		name += rest
	}
	return m.Dir.Arrow() + " " + name
}

// classify sets the class of a row with both messages from what differs.
func (c *Comparison) classify(r *Row, list []difference, summed map[placeKey]*tally) {
	if r.A == nil || r.B == nil {
		return
	}
	list = slices.DeleteFunc(list, func(d difference) bool {
		key := c.key(r, &d)
		if !d.inBoth || summed[key] == nil {
			return false
		}
		r.Summed = r.Summed || !key.volatile
		return true
	})
	for _, d := range list[:min(len(list), maxChanges)] {
		r.Changes = append(r.Changes, d.Change)
	}
	r.More = len(list) - len(r.Changes)
	switch {
	case r.A.shape != r.B.shape:
		r.Class = Reshaped
	case len(list) > 0 || r.Summed:
		r.Class = Changed
	default:
		r.Class = Same
	}
}
