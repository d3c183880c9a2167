package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// counts is what was counted of the rows as they came, of all connections together; a [Conn] has its own. What the panel
// shows of it is what came since the last Clear.
type counts struct {
	conns    *conns
	tally    rows.Tally
	stats    *messageStats
	timeline timeline
	began    int64 // time of the first record, ns since 1970 UTC
	mark     clearMark
	undo     *clearMark // of the Clear before, nil when there is nothing to undo
}

// clearMark is where the last Clear was made: from which row and which counts on the panel shows things.
type clearMark struct {
	from      uint64
	tally     rows.Tally
	conns     map[uint32]rows.Tally
	stats     *messageStats            // before the Clear
	connStats map[uint32]*messageStats // of each connection
}

// add counts a row that has just been added.
func (c *counts) add(k *Conn, row rows.Row, r *record.Record) {
	if c.began == 0 {
		c.began = r.Time
	}
	if r.Kind == record.KindFrame {
		c.timeline.add(r.Time, r.Dir)
		c.stats.frame(row)
		k.messageStats().frame(row)
	}
	k.Tally.Add(row)
	c.tally.Add(row)
}

// addRTT counts the round trip of a ping that was sent in a direction.
func (c *counts) addRTT(k *Conn, ping record.Dir, ns int64) {
	c.stats.rtts[ping].add(ns)
	k.messageStats().rtts[ping].add(ns)
}

// clear starts all counts again from row end on, until undone.
func (c *counts) clear(end uint64) {
	before := c.mark
	c.undo = &before
	c.mark = clearMark{from: end, tally: c.tally, conns: c.conns.tallies(), stats: c.stats, connStats: c.conns.resetStats()}
	c.stats = newMessageStats(maxKinds)
}

// undoClear takes the last Clear back and reports whether there was one.
func (c *counts) undoClear() bool {
	if c.undo == nil {
		return false
	}
	c.stats.add(c.mark.stats)
	c.conns.restoreStats(c.mark.connStats)
	c.mark, c.undo = *c.undo, nil
	return true
}

// tallyOf returns the counters of a connection, or of all when k is nil, since the last Clear.
func (c *counts) tallyOf(k *Conn) rows.Tally {
	if k == nil {
		return c.tally.Minus(&c.mark.tally)
	}
	base := c.mark.conns[k.ID]
	return k.Tally.Minus(&base)
}
