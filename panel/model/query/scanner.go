package query

// Scanner asks a query about rows in their order and keeps the list of those that are shown. It remembers as many rows as
// before and near reach, at most 1,000. It is for one goroutine.
type Scanner struct {
	q      *Query
	row    int       // how many rows came
	last   []int     // of each place: the last row for which its test held, from 1 up; 0 for none
	recent []pending // the rows whose answer may change, oldest first
}

// pending is a row whose answer may change.
type pending struct {
	id, bits uint64
	row      int
	always   bool // shown whatever the query says
}

// Scanner returns a scanner that has seen no row.
func (q *Query) Scanner() *Scanner {
	s := &Scanner{q: q}
	if q.ctx != nil {
		s.last = make([]int, len(q.ctx.places))
	}
	return s
}

// Push asks about the next row and returns ids with what follows from it: the row's own id behind the others when it is
// shown and, when it changes the answer about rows just before it, those put in or taken out. The ids that Push gets must
// be those that it or Show returned, but for some taken off the front, and grow from call to call.
func (s *Scanner) Push(ids []uint64, id uint64, r Row) []uint64 {
	c := s.q.ctx
	if c == nil {
		if s.q.match(r) {
			ids = append(ids, id)
		}
		return ids
	}
	s.row++
	bits := c.ask(r)
	changed := s.reach(&bits)
	if changed >= 0 {
		ids = s.redo(ids, changed)
	}
	s.remember(pending{id: id, bits: bits, row: s.row})
	if c.root(bits) {
		ids = append(ids, id)
	}
	return ids
}

// Show adds a row that is shown whatever the query says: a gap. It counts as a row of the context, and no test is asked
// about it.
func (s *Scanner) Show(ids []uint64, id uint64) []uint64 {
	if s.q.ctx != nil {
		s.row++
		s.remember(pending{id: id, row: s.row, always: true})
	}
	return append(ids, id)
}

// Forget drops the rows before oldest: they are gone, and Push must not put them back into the list.
func (s *Scanner) Forget(oldest uint64) {
	for len(s.recent) > 0 && s.recent[0].id < oldest {
		s.recent = s.recent[1:]
	}
}

// ask returns the bits of the tests that look at one row only.
func (c *contexts) ask(r Row) (bits uint64) {
	for i, t := range c.tests {
		if t(r) {
			bits |= c.testBits[i]
		}
	}
	return bits
}

// reach sets the contexts' bits of this row, and those of earlier rows that this row is the reason for. It returns the
// first earlier row that changed, -1 for none.
func (s *Scanner) reach(bits *uint64) (changed int) {
	changed = -1
	for i, p := range s.q.ctx.places {
		if s.last[i] > 0 && s.row-s.last[i] <= p.behind {
			*bits |= p.own
		}
		if *bits&p.of == 0 {
			continue
		}
		s.last[i] = s.row
		if p.self {
			*bits |= p.own
		}
		for k := len(s.recent) - 1; k >= 0 && s.row-s.recent[k].row <= p.ahead; k-- {
			if s.recent[k].bits&p.own == 0 {
				s.recent[k].bits |= p.own
				if changed < 0 || k < changed {
					changed = k
				}
			}
		}
	}
	return changed
}

// redo takes the rows from s.recent[k] on out of ids and puts those back that are shown.
func (s *Scanner) redo(ids []uint64, k int) []uint64 {
	for len(ids) > 0 && ids[len(ids)-1] >= s.recent[k].id {
		ids = ids[:len(ids)-1]
	}
	for _, p := range s.recent[k:] {
		if p.always || s.q.ctx.root(p.bits) {
			ids = append(ids, p.id)
		}
	}
	return ids
}

func (s *Scanner) remember(p pending) {
	ahead := s.q.ctx.ahead
	if ahead == 0 {
		return
	}
	if len(s.recent) >= ahead {
		s.recent = s.recent[len(s.recent)-ahead+1:]
	}
	s.recent = append(s.recent, p)
}
