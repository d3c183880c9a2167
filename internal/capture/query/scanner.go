package query

// Scanner asks a query about rows in their order and keeps the list of those that are shown. It remembers as many rows as
// before and near reach, at most 1,000. It is for one goroutine.
type Scanner struct {
	q      *Query
	row    int       // how many rows came
	last   []int     // of each place: the last row for which its test held, from 1 up; 0 for none
	recent []pending // the rows whose answer may change, oldest first
	run    *run      // of PushBlock; made when it is first called
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
	return s.step(ids, pending{id: id, bits: c.ask(r)})
}

// step takes in the next row, whose tests were asked.
func (s *Scanner) step(ids []uint64, p pending) []uint64 {
	s.row++
	p.row = s.row
	if changed := s.reach(&p.bits); changed >= 0 {
		ids = s.redo(ids, changed)
	}
	s.remember(p)
	if p.always || s.q.ctx.root(p.bits) {
		ids = append(ids, p.id)
	}
	return ids
}

// PushBlock is Push for those rows of a block that pass says; row i has the id first+i. The rows that always says are shown
// whatever the query says of them, and are rows of the context as all others: gaps, which nothing must hide.
func (s *Scanner) PushBlock(ids []uint64, first uint64, b Block, n int, pass, always Bits) []uint64 {
	if s.run == nil {
		s.run = &run{}
	}
	s.run.b, s.run.n = b, n
	defer func() { s.run.b = nil }()
	c := s.q.ctx
	if c == nil {
		pass.AndNot(&always)
		s.q.block(s.run, &pass)
		pass.Or(&always)
		return pass.Append(ids, first)
	}
	pass.Or(&always)
	held := make([]Bits, len(c.blocks))
	for i, t := range c.blocks {
		held[i] = pass
		t(s.run, &held[i])
	}
	for i := range n {
		if !pass.Has(i) {
			continue
		}
		p := pending{id: first + uint64(i), always: always.Has(i)}
		for k := range held {
			if held[k].Has(i) {
				p.bits |= c.testBits[k]
			}
		}
		ids = s.step(ids, p)
	}
	return ids
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
