package model

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// files writes what the panel shows as records and as lines of text.
type files struct {
	store    *rows.Store
	conns    *conns
	search   *search
	viewport *viewport
	sel      *selection
}

// records passes on what a file of the capture is to hold; see [Model.Records].
func (x *files) records(each func(*record.Record) error) error {
	chosen := x.chosen()
	last := uint64(0)
	var delays delayRecords
	emit := func(r *record.Record) error {
		r.Seq = max(r.Seq, last+1)
		last = r.Seq
		return each(r)
	}
	for id := max(x.store.Oldest(), x.search.from); id < x.store.End(); id++ {
		row := x.store.Row(id)
		if row.IsGap() || !chosen.has(row) {
			continue
		}
		r := x.conns.record(row)
		if isReported(row) {
			r.Seq, r.Offset = last+1, 0
		}
		if err := emit(&r); err != nil {
			return err
		}
		if row.ProxyDelay() > 0 {
			if err := delays.add(&r, row.ProxyDelay(), emit); err != nil {
				return err
			}
		}
	}
	return delays.flush(emit)
}

// maxDelays is of how many frames one record says how long they were in the proxy.
const maxDelays = 256

// delayRecords gathers how long frames were in the proxy, by connection and direction, in the order of their first.
type delayRecords struct {
	of    map[[2]uint32]*record.Record
	order []*record.Record
}

// add takes a frame. What it gathered goes into a record when that is full.
func (p *delayRecords) add(f *record.Record, delay int64, emit func(*record.Record) error) error {
	key := [2]uint32{f.Conn, uint32(f.Dir)}
	r := p.of[key]
	if r == nil {
		if p.of == nil {
			p.of = map[[2]uint32]*record.Record{}
		}
		r = &record.Record{Conn: f.Conn, Dir: f.Dir, Leg: f.Leg, Kind: record.KindTransit}
		p.of[key], p.order = r, append(p.order, r)
	}
	end := f.Offset + uint64(f.Header.Size) + f.Header.Length
	r.Time, r.Transits = f.Time, append(r.Transits, record.Transit{From: f.Offset, To: end, Delay: time.Duration(delay)})
	if len(r.Transits) < maxDelays {
		return nil
	}
	return pour(r, emit)
}

// flush passes on what is gathered.
func (p *delayRecords) flush(emit func(*record.Record) error) error {
	for _, r := range p.order {
		if err := pour(r, emit); err != nil {
			return err
		}
	}
	return nil
}

// pour passes a record on, unless it says nothing, and empties it.
func pour(r *record.Record, emit func(*record.Record) error) error {
	if len(r.Transits) == 0 {
		return nil
	}
	err := emit(r)
	r.Seq, r.Transits = 0, r.Transits[:0]
	return err
}

// choice is which rows go into a file; the zero value is all.
type choice struct {
	rows  map[uint64]bool
	conns map[uint32]bool
}

func (x *files) chosen() (c choice) {
	ids := x.sel.chosen()
	if len(ids) == 0 && len(x.search.filter.Terms()) == 0 {
		return c
	}
	c = choice{map[uint64]bool{}, map[uint32]bool{}}
	if len(ids) == 0 {
		ids = x.search.found.ids[x.search.found.head:]
	}
	for _, id := range ids {
		row := x.store.Row(id)
		c.rows[id], c.conns[row.Conn()] = true, true
		for _, part := range row.Parts() {
			c.rows[part] = true
		}
	}
	return c
}

func (c *choice) has(r rows.Row) bool {
	return c.rows == nil || c.rows[r.ID()] || !r.IsFrame() && c.conns[r.Conn()]
}
