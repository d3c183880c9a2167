package model

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/panel/model/charts"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// charting counts over time what the view and the filter show. It goes over the matches once they are found and decoded, so that their response
// times are known.
type charting struct {
	on      bool
	search  *search
	pairing *pairing
	series  charts.Series

	runs  [2]uint64 // the scan for matches, and the search for pairs, that the series is of
	taken int       // matches that are counted, evicted ones too
}

// show switches the charts on or off. Without them matches are not counted.
func (c *charting) show(on bool) {
	c.on = on
	c.restart()
}

func (c *charting) restart() {
	c.series.Reset()
	c.runs, c.taken = c.sources(), c.search.found.gone
}

// sources names the scan for matches and the search for pairs.
func (c *charting) sources() [2]uint64 { return [2]uint64{c.search.runs, c.pairing.runs} }

// step counts matches as far as the budget reaches and reports whether there were any.
func (c *charting) step(budget int) bool {
	if !c.on {
		return false
	}
	if c.runs != c.sources() {
		c.restart()
	}
	found := &c.search.found
	first := max(0, c.taken-found.gone)
	i := first
	for ; i < found.len() && i-first < budget && found.at(i) < c.pairing.next; i++ {
		c.add(c.search.store.Row(found.at(i)))
	}
	c.taken = found.gone + i
	return i > first
}

func (c *charting) add(r rows.Row) {
	if !r.IsFrame() {
		return
	}
	size := r.Length()
	if c.search.view == rows.Messages && r.EndsMessage() {
		size = r.Inflated()
	}
	c.series.Row(r.Time(), r.Dir(), size)
	if ns := r.ResponseTime(); ns > 0 {
		c.series.Answer(r.Time(), ns)
	}
}

// Charts returns what is shown over time, nothing while the charts are off.
func (m *Model) Charts() charts.View { return m.charting.series.View() }

// brush returns the text of the filter narrowed to a span of time, ns since 1970 UTC, the end not included; an empty span takes such a narrowing
// away. ok is false when the capture has more than one day, whose times of day do not name a span.
func (m *Model) brush(from, to int64) (text string, ok bool) {
	text = m.search.filter.Text
	if to <= from {
		return query.WithoutTimes(text), true
	}
	zone, l := m.options.Zone, &m.counts.timeline
	if day(l.start, zone) != day(l.end(), zone) {
		return text, false
	}
	from, to = min(max(from, l.start), l.end()), max(min(to, l.end()), l.start)
	return query.WithTimes(text, query.TimeOfDay(from, zone), query.TimeOfDay(to-1, zone)), true
}

// day returns the day of a time.
func day(ns int64, zone *time.Location) [3]int {
	y, m, d := time.Unix(0, ns).In(zone).Date()
	return [3]int{y, int(m), d}
}

// brushed returns the span of time that the filter leaves, zeros for all.
func (m *Model) brushed() (from, to int64) {
	f := &m.search.filter
	if f.To != 0 {
		return f.From, f.To
	}
	lo, hi, ok := query.TimesOf(f.Text)
	if !ok {
		return 0, 0
	}
	y, mo, d := time.Unix(0, m.counts.timeline.start).In(m.options.Zone).Date()
	at := func(n int64) int64 {
		t := time.Duration(n)
		return time.Date(y, mo, d, int(t/time.Hour), int(t/time.Minute)%60, int(t/time.Second)%60, int(t%time.Second), m.options.Zone).UnixNano()
	}
	return at(lo), at(hi)
}
