package model

import (
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// lookup answers what a query asks of a row and the row does not know.
type lookup struct {
	conns  *conns
	counts *counts
	marks  *marks
	zone   *time.Location
}

var _ rows.Lookup = lookup{}

// Began implements [rows.Lookup].
func (l lookup) Began() int64 { return l.counts.began }

// Zone implements [rows.Lookup].
func (l lookup) Zone() *time.Location { return l.zone }

// Words implements [rows.Lookup].
func (l lookup) Words(conn uint32) (w record.Words) {
	if k := l.conns.byID[conn]; k != nil {
		return k.words
	}
	return w
}

// TargetTime implements [rows.Lookup].
func (l lookup) TargetTime(conn uint32) int64 {
	if k := l.conns.byID[conn]; k != nil {
		return int64(k.reached.Response)
	}
	return 0
}

// Note implements [rows.Lookup].
func (l lookup) Note(id uint64) string { return l.marks.notes[id] }

// Marked implements [rows.Lookup].
func (l lookup) Marked(from uint64) []uint64 {
	i, _ := slices.BinarySearch(l.marks.order, from)
	return l.marks.order[i:]
}
