package model

import "github.com/tetherscope/tetherscope/internal/record"

// Records passes on what a file of the capture is to hold: with filters the shown frames, all frames of shown messages, and
// the events of their connections; without, everything that is held since the last Clear. Numbers go up; what a page told
// is given the next one. A record is valid during the call. The error is that of each.
func (m *Model) Records(each func(*record.Record) error) error {
	chosen := m.chosen()
	last := uint64(0)
	for id := max(m.store.oldest, m.cleared.from); id < m.store.end; id++ {
		pg, i := m.store.row(id)
		if pg.kind[i] == kindGap || !chosen.has(id, pg, i) {
			continue
		}
		r := m.recordAt(id)
		if isTold(pg, i) {
			r.Seq, r.Offset = last+1, 0
		}
		r.Seq = max(r.Seq, last+1)
		last = r.Seq
		if err := each(&r); err != nil {
			return err
		}
	}
	return nil
}

// choice is which rows go into a file; the zero value is all.
type choice struct {
	rows  map[uint64]bool
	conns map[uint32]bool
}

func (m *Model) chosen() (c choice) {
	if len(m.filter.Terms()) == 0 {
		return c
	}
	c = choice{map[uint64]bool{}, map[uint32]bool{}}
	for i := range m.found.len() {
		id := m.found.at(i)
		pg, k := m.store.row(id)
		c.rows[id], c.conns[pg.conn[k]] = true, true
		for _, part := range m.fragments(id) {
			c.rows[part] = true
		}
	}
	return c
}

func (c *choice) has(id uint64, pg *page, i int) bool {
	return c.rows == nil || c.rows[id] || pg.kind[i] != record.KindFrame && c.conns[pg.conn[i]]
}
