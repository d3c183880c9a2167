package model

import (
	"errors"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// errNoPlace says what a place is.
var errNoPlace = errors.New("a row is its number, a record is #12, a time is 14:02:11")

// ParsePlace reads where a person wants to go: the number of a row, #12 for a record, or a time of day, which may have a fraction.
// The error says what to write.
func ParsePlace(text string) (Msg, error) {
	text = strings.TrimSpace(text)
	digits, isRecord := strings.CutPrefix(text, "#")
	if n, err := strconv.ParseUint(strings.ReplaceAll(digits, ",", ""), 10, 53); err == nil && n > 0 {
		if isRecord {
			return Seek{Seq: n}, nil
		}
		return SeekRow{Number: int(n)}, nil
	}
	ns, err := query.ParseTimeOfDay(text)
	if err != nil {
		return nil, errNoPlace
	}
	return SeekTime{Nanoseconds: ns}, nil
}

// seekRow selects a row by its number among the matches.
func (m *Model) seekRow(number int) []Effect {
	i := number - m.search.found.number(0)
	if i < 0 || i >= m.viewport.total() {
		return []Effect{Notify{"There is no row " + format.Count(uint64(number)) + " among those that are shown"}}
	}
	if i >= m.search.found.len() || !m.search.list().has(m.search.found.at(i)) {
		return []Effect{Notify{"Row " + format.Count(uint64(number)) + " is not among the sorted ones, which are as they were when they were sorted"}}
	}
	m.show(m.search.found.at(i))
	return nil
}

// seekTime selects the first match at or after a time of day: on the day of the selected row, or else of the first match.
func (m *Model) seekTime(ns int64) []Effect {
	if m.search.order.sorted() {
		return []Effect{Notify{"Sorted rows have no order of time; press G to return to live"}}
	}
	total := m.viewport.total()
	if total == 0 {
		return []Effect{Notify{"No rows are shown"}}
	}
	from := 0
	if id := m.sel.rowID(); id != rows.None {
		from = min(m.search.found.before(id), total-1)
	}
	day := time.Unix(0, m.store.Row(m.search.found.at(from)).Time()).In(m.grid.zone)
	at := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, m.grid.zone).UnixNano() + ns
	i := sort.Search(total, func(i int) bool { return m.store.Row(m.search.found.at(i)).Time() >= at })
	if i == total {
		m.show(m.search.found.at(total - 1))
		return []Effect{Notify{"Nothing is shown after that time; this is the last row"}}
	}
	m.show(m.search.found.at(i))
	return nil
}
