package model

import (
	"cmp"
	"math"
	"slices"
)

// keyCost is how many units of work the key of one row takes.
const keyCost = 4

// noKey is the key of a row that has no value in a column of numbers. Such rows are last in both directions.
const noKey = math.MinInt64

// sortKey is what a row is sorted by: a number, or a text in columns that have no number.
type sortKey struct {
	number int64
	text   string
	id     uint64
}

// sorting is the matches in the order of a column, as they were when it was chosen. Keys are gathered in small steps and put in order
// once; what it takes is some 12 bytes for each match, and 32 and the texts more while keys are gathered.
type sorting struct {
	search *search
	key    func(i int, id uint64) sortKey // of match i
	by     Sorting
	end    uint64 // rows from this ID on are not in it
	next   uint64 // rows before this ID have their key
	keys   []sortKey
	ids    []uint64 // in order
	base   uint64   // ID of place[0]
	place  []int32  // in ids by ID; -1 for a row that is not there
}

// sorted reports whether the grid shows this order.
func (s *sorting) sorted() bool { return s.by.Column != "" && !s.by.Pending }

// start begins to sort; without a column it ends that.
func (s *sorting) start(by Sorting) {
	s.by = by
	s.restart()
}

// restart gathers the keys again: the filter changed.
func (s *sorting) restart() {
	s.by.Pending = s.by.Column != ""
	s.end, s.next = s.search.store.End(), 0
	s.keys, s.ids, s.place = nil, nil, nil
}

// step gathers keys as far as the budget reaches, puts them in order when it has all, and reports whether it did either.
func (s *sorting) step(budget int) bool {
	found := &s.search.found
	if !s.by.Pending || found.next < s.end {
		return false
	}
	for i := found.before(s.next); budget > 0; i++ {
		if i >= found.len() || found.at(i) >= s.end {
			s.finish()
			break
		}
		id := found.at(i)
		s.keys, s.next = append(s.keys, s.key(i, id)), id+1
		budget -= keyCost
		if s.by.Column == "decoded" {
			budget -= summaryCost
		}
	}
	return true
}

// finish puts the keys in order.
func (s *sorting) finish() {
	oldest := s.search.store.Oldest()
	s.keys = slices.DeleteFunc(s.keys, func(k sortKey) bool { return k.id < oldest })
	slices.SortFunc(s.keys, s.compare)
	s.ids = make([]uint64, len(s.keys))
	for i, k := range s.keys {
		s.ids[i] = k.id
	}
	s.keys, s.by.Pending = nil, false
	s.index()
}

// index notes the places of the rows.
func (s *sorting) index() {
	s.place, s.base = nil, 0
	if len(s.ids) == 0 {
		return
	}
	s.base = slices.Min(s.ids)
	s.place = slices.Repeat([]int32{-1}, int(slices.Max(s.ids)-s.base)+1)
	for i, id := range s.ids {
		s.place[id-s.base] = int32(i)
	}
}

// compare is the order: rows without a value last, equal ones in the order of time.
func (s *sorting) compare(a, b sortKey) int {
	if a.isEmpty() != b.isEmpty() {
		if a.isEmpty() {
			return 1
		}
		return -1
	}
	c := cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.text, b.text))
	if s.by.Descending {
		c = -c
	}
	return cmp.Or(c, cmp.Compare(a.id, b.id))
}

func (k *sortKey) isEmpty() bool { return k.number == noKey && k.text == "" }

func (s *sorting) len() int        { return len(s.ids) }
func (s *sorting) at(i int) uint64 { return s.ids[i] }

func (s *sorting) has(id uint64) bool {
	return id >= s.base && id-s.base < uint64(len(s.place)) && s.place[id-s.base] >= 0
}

func (s *sorting) before(id uint64) int {
	if !s.has(id) {
		return len(s.ids)
	}
	return int(s.place[id-s.base])
}

// drop removes rows that were evicted, and returns which row stands where the row with ID anchor stood, or below it.
func (s *sorting) drop(oldest, anchor uint64) uint64 {
	if len(s.ids) == 0 || s.base >= oldest {
		return anchor
	}
	at := s.before(anchor)
	for at < len(s.ids) && s.ids[at] < oldest {
		at++
	}
	if at < len(s.ids) {
		anchor = s.ids[at]
	}
	s.ids = slices.DeleteFunc(s.ids, func(id uint64) bool { return id < oldest })
	s.index()
	return anchor
}
