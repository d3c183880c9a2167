package model

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// sortable is a model with messages of four lengths and a ping without an answer.
func sortable(t *testing.T) *Model {
	t.Helper()
	m := New(Options{})
	feed(m, 1, text(record.Out, "ccc"), text(record.In, "a"), control(record.Out, frame.Ping, ""), text(record.In, "bbbb"), text(record.Out, "a"))
	return m
}

func sortBy(m *Model, column string) []string {
	m.Update(SortBy{column})
	settle(m)
	return shown(m)
}

func TestRowsAreSortedByAColumn(t *testing.T) {
	m := sortable(t)
	before := shown(m)
	for _, want := range [][]string{{"", "a", "a", "ccc", "bbbb"}, {"bbbb", "ccc", "a", "a", ""}} {
		if got := sortBy(m, "length"); !slices.Equal(got, want) {
			t.Errorf("sorted by length: %q, want %q", got, want)
		}
	}
	status := m.Status()
	if got := status.ModeLabel(); got != "Frozen, sorted by length ↓" {
		t.Errorf("the status bar says %q", got)
	}
	if got := m.grid.line(2).Row + " " + m.grid.line(3).Row; got != "2 5" {
		t.Errorf("equal rows are %s; want the order of time, with their numbers", got)
	}
	if got := sortBy(m, "length"); !slices.Equal(got, before) || m.Status().Mode != Follow {
		t.Errorf("sorted for the third time: %q in mode %s; want live as before", got, m.Status().Mode)
	}
}

func TestRowsWithoutAValueAreLast(t *testing.T) {
	m := New(Options{})
	feed(m, 1, control(record.Out, frame.Ping, "x"), text(record.Out, "t"), control(record.In, frame.Pong, "x"))
	for range 2 {
		if got := sortBy(m, "response"); got[0] != "x" || m.grid.line(0).Response == "" || m.grid.line(1).Response != "" || m.grid.line(2).Response != "" {
			t.Errorf("sorted by response time: %q, first %q", got, m.grid.line(0).Response)
		}
	}
}

// TestASortedViewIsFrozen: rows that come are counted and not shown, whatever the filter does, until the view is live again.
func TestASortedViewIsFrozen(t *testing.T) {
	m := sortable(t)
	sortBy(m, "preview")
	feed(m, 6, text(record.In, "0"))
	if n := m.viewport.total(); n != 5 || m.Window().Unseen != 1 {
		t.Errorf("%d rows, %d new; want 5 and 1", n, m.Window().Unseen)
	}
	m.Update(SetFilter{rows.Filter{Text: "dir:in"}})
	settle(m)
	if got := shown(m); !slices.Equal(got, []string{"0", "a", "bbbb"}) {
		t.Errorf("filtered and sorted: %q", got)
	}
	m.Update(Live{})
	if got := shown(m); !slices.Equal(got, []string{"a", "bbbb", "0"}) || m.Status().Mode != Follow || m.Status().Sorting.Column != "" {
		t.Errorf("live again: %q in mode %s", got, m.Status().Mode)
	}
}

func TestKeysMoveInTheOrderOfTheSort(t *testing.T) {
	m := sortable(t)
	sortBy(m, "length")
	m.Update(MoveFirst{})
	m.Update(Extend{By: 2})
	if got := m.sel.chosen(); !slices.Equal(got, []uint64{1, 2, 4}) {
		t.Errorf("the first three sorted rows are %d", got)
	}
	m.Update(MoveLast{})
	if m.Selected() != 3 || m.Status().Mode != Frozen {
		t.Errorf("End selected row %d in mode %s; want 3, the longest, and Frozen", m.Selected(), m.Status().Mode)
	}
	m.Update(MoveSameDir{By: -1})
	if m.Selected() != 1 {
		t.Errorf("the row before with the same direction is %d, want 1", m.Selected())
	}
}

// TestEveryColumnSorts: an order has each match once, and the other direction is the reverse but for equal rows and those without a value.
func TestEveryColumnSorts(t *testing.T) {
	m := New(Options{})
	random := rand.New(rand.NewPCG(14, 2))
	var list []record.Record
	for i := range 300 {
		r := text(record.Dir(i&1), strings.Repeat("x", random.IntN(9)))
		r.Time, r.Conn = int64(1e9+i*1000), uint32(1+random.IntN(3))
		list = append(list, r)
	}
	feed(m, 1, list...)
	for _, c := range Columns {
		for range 2 {
			sortBy(m, c.Name)
			ids := slices.Clone(m.search.order.ids)
			keyed := func(id uint64) sortKey { return m.search.order.key(m.search.found.before(id), id) }
			if !slices.IsSortedFunc(ids, func(a, b uint64) int { return m.search.order.compare(keyed(a), keyed(b)) }) {
				t.Errorf("%s: not in order", c.Name)
			}
			slices.Sort(ids)
			if !slices.Equal(ids, m.search.found.ids) {
				t.Errorf("%s: %d rows, %d matches", c.Name, len(ids), m.search.found.len())
			}
		}
		m.Update(Live{})
	}
}

// TestSortedRowsAreDiscarded: those that the limit of memory takes leave the sorted view, and the rest stays in order and in sight.
func TestSortedRowsAreDiscarded(t *testing.T) {
	m := New(Options{Rows: 100})
	next := uint64(1)
	add := func(n int) {
		for range n {
			feed(m, next, text(record.In, strings.Repeat("x", int(next*7%13))))
			next++
		}
	}
	add(100)
	m.Update(Resize{10})
	sortBy(m, "length")
	m.Update(Scroll{First: 40})
	add(60)
	for i := range m.viewport.total() {
		if id := m.search.order.at(i); !m.store.Has(id) || m.search.order.before(id) != i {
			t.Fatalf("row %d at %d", id, i)
		}
	}
	if n := m.viewport.total(); n != 40 || len(m.Window().Lines) == 0 {
		t.Errorf("%d rows are left, want 40", n)
	}
	add(60)
	if n := m.viewport.total(); n != 0 || len(m.Window().Lines) != 0 {
		t.Errorf("%d rows are left, want none", n)
	}
}

// TestSortingIsDoneInSmallSteps: a step costs what its budget says, and the rows before stay in sight.
func TestSortingIsDoneInSmallSteps(t *testing.T) {
	m := New(Options{})
	payload := []byte("payload")
	for i := range uint64(200_000) {
		m.store.Add(&record.Record{
			Seq: i + 1, Conn: 1, Kind: record.KindFrame, Payload: payload, Message: i,
			Header: frame.Header{Fin: true, Opcode: frame.Text, Length: 7}, Final: true, Frames: 1, Wire: 7, Inflated: 7 + i*7919%1000,
		}, frame.Text, false)
	}
	m.pairing.next = m.store.End()
	settle(m)
	m.Update(SortBy{"length"})
	steps := 0
	for ; m.Status().Sorting.Pending; steps++ {
		if m.viewport.total() != 200_000 {
			t.Fatalf("%d rows are shown while they are sorted", m.viewport.total())
		}
		m.Step(4096)
	}
	if want := 200_000 * keyCost / 4096; steps < want || steps > want+5 {
		t.Errorf("%d steps, want some %d", steps, want)
	}
	if first, last := m.grid.line(0).Length, m.grid.line(199_999).Length; m.viewport.total() != 200_000 || first != "7" || last != "1,006 → 7" {
		t.Errorf("%d rows from %s to %s", m.viewport.total(), first, last)
	}
}
