package model

import "github.com/tetherscope/tetherscope/panel/model/rows"

// maxColored is how many rows are remembered with their colors: many times those on a screen.
const maxColored = 4096

// colors knows which rows have a color. A row is asked when it is drawn, and not again before something changed that its color may
// depend on.
type colors struct {
	search *search
	rules  []ColorRule
	ready  []colorMatcher
	view   rows.View
	of     map[coloredRow]string
}

type colorMatcher struct {
	matcher
	color string
}

// coloredRow is a row and what becomes known of it later.
type coloredRow struct {
	id              uint64
	response, delay int64
}

// set replaces the rules. Those that are wrong color nothing.
func (c *colors) set(list []ColorRule) {
	c.rules = list
	c.reset()
}

// reset asks every row again when it is drawn next.
func (c *colors) reset() {
	c.view, c.ready, c.of = c.search.view, nil, map[coloredRow]string{}
	for _, r := range c.rules {
		if q, err := r.parse(); err == nil && !q.Empty() {
			c.ready = append(c.ready, colorMatcher{newMatcher(c.search.store, c.search.lookup, rows.Filter{}, q, c.view), r.Color})
		}
	}
}

// color returns the color of a row, "" for none.
func (c *colors) color(r rows.Row) string {
	if len(c.rules) == 0 || r.IsGap() {
		return ""
	}
	if c.view != c.search.view || len(c.of) > maxColored {
		c.reset()
	}
	key := coloredRow{r.ID(), r.ResponseTime(), r.ProxyDelay()}
	color, asked := c.of[key]
	if !asked {
		color = c.ask(r.ID())
		c.of[key] = color
	}
	return color
}

func (c *colors) ask(id uint64) string {
	for i := range c.ready {
		if ids, _, _ := c.ready[i].push(nil, id, 1); len(ids) > 0 {
			return c.ready[i].color
		}
	}
	return ""
}
