package model

import (
	"slices"

	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// sortKey returns what match i is sorted by.
func (m *Model) sortKey(i int, id uint64) sortKey {
	s, column := &m.search, m.search.order.by.Column
	k, r := sortKey{number: noKey, id: id}, s.store.Row(id)
	if n, ok := sortNumber(column, r, s.view); ok {
		k.number = n
		return k
	}
	switch column {
	case "delta":
		if i > 0 {
			k.number = r.Time() - s.store.Row(s.found.at(i-1)).Time()
		}
	case "decoded":
		if r.EndsMessage() {
			k.text = m.decoding.brief(r).Summary
		}
		k.text = k.text[:min(len(k.text), rows.TextPreview)]
	default:
		l := m.grid.lineOf(id)
		k.text = Columns[columnIndex(column)].Cell(&l)
	}
	return k
}

// sortNumber returns the number that a column shows of a row. It reports false for a column of texts.
func sortNumber(column string, r rows.Row, v rows.View) (n int64, ok bool) {
	switch column {
	case "row", "seq":
		return int64(r.ID()), true
	case "time":
		return r.Time(), true
	case "conn-delta":
		return valueIf(r.Delta() >= 0, r.Delta()), true
	case "dir-delta":
		before, ok := r.Before()
		if !ok {
			return noKey, true
		}
		return r.Time() - before.Time(), true
	case "conn":
		return valueIf(r.Conn() != 0, int64(r.Conn())), true
	case "length":
		return valueIf(r.IsFrame(), int64(lengthOf(r, v))), true
	case "ratio":
		return valueIf(r.Final() && r.Wire() > 0, int64(1000*float64(r.Inflated())/float64(max(1, r.Wire())))), true
	case "response":
		return valueIf(r.ResponseTime() > 0, r.ResponseTime()), true
	}
	return 0, false
}

func valueIf(is bool, n int64) int64 {
	if is {
		return n
	}
	return noKey
}

// lengthOf returns the first number of the cell for the length.
func lengthOf(r rows.Row, v rows.View) uint64 {
	if r.Final() && (r.FromPage() || v == rows.Messages || r.Frames() == 1) {
		return r.Inflated()
	}
	return r.Length()
}

// columnIndex returns the place of a column in [Columns], -1 for an unknown name.
func columnIndex(name string) int {
	return slices.IndexFunc(Columns[:], func(c Column) bool { return c.Name == name })
}
