package controller

import (
	"math"
	"strconv"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// Frame goes on with the model's work until late says that the time is up, and returns the grid as the painter wants it.
// Changed is false, and nothing else set, when the grid shows all that already. More says that work is left. The packed
// bytes are valid until the next call.
func (c *core) Frame(late func() bool) (packed []byte, w model.Window, changed, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for more = true; more && !late(); {
		more = c.model.Step(4096)
	}
	if c.model.Rev() == c.drawn {
		return nil, w, false, more
	}
	c.drawn = c.model.Rev()
	w = c.model.Window()
	c.paint = w.Pack(c.paint[:0])
	return c.paint, w, true, more
}

// Timeline appends to dst the timeline as static/panel/timeline.js reads it: the width of a bin in milliseconds, the span of the
// filter in bins, and the counts of both directions, with a semicolon between the four.
func (c *core) Timeline(dst []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.model.Timeline()
	dst = strconv.AppendFloat(dst, float64(l.Width)/1e6, 'f', -1, 64)
	dst = append(dst, ';')
	if l.To > 0 {
		dst = strconv.AppendFloat(dst, float64(l.From)/float64(l.Width), 'f', 3, 64)
		dst = strconv.AppendFloat(append(dst, ','), float64(l.To)/float64(l.Width), 'f', 3, 64)
	}
	for _, counts := range [...][]uint32{l.Out, l.In} {
		dst = appendNumbers(dst, len(counts), func(i int) uint64 { return uint64(counts[i]) })
	}
	return dst
}

// appendNumbers appends a semicolon and n numbers with commas between.
func appendNumbers(dst []byte, n int, at func(i int) uint64) []byte {
	dst = append(dst, ';')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, at(i), 10)
	}
	return dst
}

// Brush filters to a span of the timeline, in bins; an empty span takes the filter away.
func (c *core) Brush(from, to float64) {
	c.mu.Lock()
	l := c.model.Timeline()
	c.mu.Unlock()
	if to <= from {
		c.Send(model.Brush{})
		return
	}
	c.Send(model.Brush{From: l.Start + int64(from*float64(l.Width)), To: l.Start + int64(to*float64(l.Width))})
}

// BrushCharts filters to a span of time, in milliseconds since 1970; an empty span takes the filter away.
func (c *core) BrushCharts(from, to float64) {
	ns := func(ms float64) int64 { return int64(math.Round(ms*1e3)) * 1e3 }
	c.Send(model.Brush{From: ns(from), To: ns(to)})
}

// Speak puts what changed into words for screen readers. Call it every few seconds, not for every frame.
func (c *core) Speak() {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.model.Status()
	c.spoken = s.ModeLabel() + ", " + format.Plural(uint64(s.Shown), "row") + " shown"
	if s.Tally.Violations > 0 {
		c.spoken += ", " + format.Count(s.Tally.Violations) + " with violations"
	}
}
