package recordfilter

import (
	"fmt"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// reach is how many records a query's near, before and after look at most.
const reach = 1000

// Selection passes on the records that a query finds. With near, before or after a record may be found by one that
// follows: records then wait for as many as that can be.
type Selection struct {
	query   *query.Query
	scan    *query.Scanner
	row     Row
	ids     []uint64                 // found, not yet passed on
	waiting map[uint64]record.Record // that may yet be found, by id
	id      uint64
}

// NewSelection returns the selection of a query; an empty one finds everything.
func NewSelection(text string) (*Selection, error) {
	q, err := query.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the query %q cannot be read: %w", text, err)
	}
	return &Selection{query: q, scan: q.Scanner(), waiting: map[uint64]record.Record{}}, nil
}

// InFile says where the records that follow are from: what the filter's file looks at.
func (s *Selection) InFile(name string) { s.row.File = name }

// Push takes the next record, and passes on those that are found for certain.
func (s *Selection) Push(r *record.Record, each func(*record.Record) error) error {
	s.row.Set(r)
	if s.query.Empty() {
		return each(r)
	}
	if !s.query.HasContext() {
		if s.query.Match(&s.row) {
			return each(r)
		}
		return nil
	}
	s.id++
	s.waiting[s.id] = r.Clone()
	s.ids = s.scan.Push(s.ids, s.id, &s.row)
	return s.pass(max(s.id, reach)-reach, each)
}

// Flush passes on what waited: nothing follows.
func (s *Selection) Flush(each func(*record.Record) error) error { return s.pass(s.id, each) }

// pass passes on the records found up to an id, and forgets the others up to it.
func (s *Selection) pass(until uint64, each func(*record.Record) error) error {
	for len(s.ids) > 0 && s.ids[0] <= until {
		r := s.waiting[s.ids[0]]
		s.ids = s.ids[1:]
		if err := each(&r); err != nil {
			return err
		}
	}
	for id := until; id > 0; id-- {
		if _, ok := s.waiting[id]; !ok {
			break
		}
		delete(s.waiting, id)
	}
	return nil
}
