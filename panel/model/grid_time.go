package model

import (
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// time returns the time of a row as the column shows it.
func (g *grid) time(r rows.Row) string {
	switch g.times {
	case TimesDate:
		return format.DateClock(r.Time(), g.zone)
	case TimesStart:
		return format.Seconds(r.Time() - g.search.lookup.Began())
	case TimesSelected:
		if g.sel.rowID() != rows.None {
			return format.Seconds(r.Time() - g.sel.rec.Time)
		}
	case TimesClock, NumTimes:
	}
	return format.Clock(r.Time(), g.zone)
}
