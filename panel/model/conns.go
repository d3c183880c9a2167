package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// conns is the table of connections, in the order of their first record.
type conns struct {
	byID  map[uint32]*Conn
	order []*Conn
	file  string // that records are read from, where there are several
	near  *Conn  // asked for last: most records have the connection of the one before
}

func (c *conns) get(id uint32) *Conn {
	if c.near != nil && c.near.ID == id {
		return c.near
	}
	if k := c.byID[id]; k != nil {
		c.near = k
		return k
	}
	if len(c.order) >= maxConns {
		c.dropOne()
	}
	k := &Conn{ID: id, File: FileName(c.file), words: record.Words{File: c.file}}
	c.byID[id] = k
	c.order = append(c.order, k)
	return k
}

// FileName returns the name of a file as [Conn] has it: of what could change how a page reads, nothing is left.
func FileName(name string) string { return safe(name) }

// tallies returns the counters of every connection.
func (c *conns) tallies() map[uint32]rows.Tally {
	out := make(map[uint32]rows.Tally, len(c.order))
	for _, k := range c.order {
		out[k.ID] = k.Tally
	}
	return out
}

// resetStats starts the statistics of every connection again and returns what they were; restoreStats adds that back.
func (c *conns) resetStats() map[uint32]*messageStats {
	out := make(map[uint32]*messageStats, len(c.order))
	for _, k := range c.order {
		out[k.ID], k.stats = k.messageStats(), nil
	}
	return out
}

func (c *conns) restoreStats(before map[uint32]*messageStats) {
	for id, n := range before {
		if k := c.byID[id]; k != nil && n != nil {
			k.messageStats().add(n)
		}
	}
}

// dropOne forgets the oldest closed connection, or the oldest of all when none is closed.
func (c *conns) dropOne() {
	victim := 0
	for i, k := range c.order {
		if k.State == Closed || k.State == Refused {
			victim = i
			break
		}
	}
	delete(c.byID, c.order[victim].ID)
	c.near = nil
	c.order = append(c.order[:victim], c.order[victim+1:]...)
}

// of returns the connection of a row, nil when the table does not have it any more.
func (c *conns) of(r rows.Row) *Conn { return c.byID[r.Conn()] }

// open returns the open connections, newest first, at most n.
func (c *conns) open(n int) (list []Conn) {
	for i := len(c.order) - 1; i >= 0 && len(list) < n; i-- {
		if k := c.order[i]; k.State == Open || k.State == Closing {
			list = append(list, *k)
		}
	}
	return list
}

// record returns a row as the record that it was made from, with what only its connection knows.
func (c *conns) record(row rows.Row) record.Record {
	r := row.Record()
	k := c.of(row)
	switch {
	case k == nil:
	case r.Kind == record.KindRequest:
		r.Waited, r.Program, r.Node = k.waited, k.Program, k.Node
	case r.Kind == record.KindResponse:
		r.Reached = k.reached
	}
	return r
}
