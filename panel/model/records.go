package model

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/record"
)

// Records passes on what a file of the capture is to hold: with filters the shown frames, all frames of shown messages, and
// the events of their connections; without, everything that is held since the last Clear. Numbers go up; what a page told
// is given the next one. A record is valid during the call. The error is that of each.
func (m *Model) Records(each func(*record.Record) error) error {
	chosen := m.chosen()
	last := uint64(0)
	var told passedRecords
	emit := func(r *record.Record) error {
		r.Seq = max(r.Seq, last+1)
		last = r.Seq
		return each(r)
	}
	for id := max(m.store.oldest, m.cleared.from); id < m.store.end; id++ {
		pg, i := m.store.row(id)
		if pg.kind[i] == kindGap || !chosen.has(id, pg, i) {
			continue
		}
		r := m.recordAt(id)
		if isTold(pg, i) {
			r.Seq, r.Offset = last+1, 0
		}
		if err := emit(&r); err != nil {
			return err
		}
		if pg.stood[i] > 0 {
			if err := told.add(&r, pg.stood[i], emit); err != nil {
				return err
			}
		}
	}
	return told.flush(emit)
}

// maxToldTogether is of how many frames one record tells how long they stood in the proxy.
const maxToldTogether = 256

// passedRecords gathers how long frames stood in the proxy, by connection and direction, in the order of their first.
type passedRecords struct {
	of    map[[2]uint32]*record.Record
	order []*record.Record
}

// add takes a frame. What it gathered goes into a record when that is full.
func (p *passedRecords) add(f *record.Record, stood int64, emit func(*record.Record) error) error {
	key := [2]uint32{f.Conn, uint32(f.Dir)}
	r := p.of[key]
	if r == nil {
		if p.of == nil {
			p.of = map[[2]uint32]*record.Record{}
		}
		r = &record.Record{Conn: f.Conn, Dir: f.Dir, Leg: f.Leg, Kind: record.KindPassed}
		p.of[key], p.order = r, append(p.order, r)
	}
	end := f.Offset + uint64(f.Header.Size) + f.Header.Length
	r.Time, r.Passed = f.Time, append(r.Passed, record.Passage{From: f.Offset, To: end, Stood: time.Duration(stood)})
	if len(r.Passed) < maxToldTogether {
		return nil
	}
	return pour(r, emit)
}

// flush passes on what is gathered.
func (p *passedRecords) flush(emit func(*record.Record) error) error {
	for _, r := range p.order {
		if err := pour(r, emit); err != nil {
			return err
		}
	}
	return nil
}

// pour passes a record on, unless it tells nothing, and empties it.
func pour(r *record.Record, emit func(*record.Record) error) error {
	if len(r.Passed) == 0 {
		return nil
	}
	err := emit(r)
	r.Seq, r.Passed = 0, r.Passed[:0]
	return err
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
