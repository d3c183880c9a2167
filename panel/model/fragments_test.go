// These tests prove that the frames of one message lead to each other wherever they fell, that each says which part of
// which message it is, and that the way from row to row in one direction passes over the other.
package model

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// fragmented is a message of n frames with a number, each followed by a ping of the same direction and a text of the other.
func fragmented(message uint64, n int) (out []record.Record) {
	for i := range n {
		r := text(record.In, fmt.Sprintf("part %d", i+1))
		r.Message, r.Header.Fin, r.Final, r.Frames = message, i == n-1, i == n-1, 0
		if i > 0 {
			r.Header.Opcode = frame.Continuation
		}
		if r.Final {
			r.Frames = uint32(n)
		}
		r.Time += int64(len(out)) * 1e6
		out = append(out, r)
		if i < n-1 {
			out = append(out, control(record.In, frame.Ping, "beat"), text(record.Out, "between"))
		}
	}
	return out
}

func TestFragmentsSayWhichPartOfWhichMessageTheyAre(t *testing.T) {
	m := New(Options{})
	m.Update(SetView{rows.Frames})
	list := fragmented(43, 3)
	feed(m, 1, list[:4]...)
	notes := func() (out []string) {
		for i := range m.viewport.total() {
			if r := m.grid.line(i); strings.Contains(r.Look, " part") {
				out = append(out, r.Note)
			}
		}
		return out
	}
	if got := strings.Join(notes(), "|"); got != "frag 1/… → msg 43|frag 2/… → msg 43" {
		t.Errorf("under way: %s", got)
	}
	feed(m, 5, list[4:]...)
	if got := strings.Join(notes(), "|"); got != "frag 1/3 → msg 43|frag 2/3 → msg 43|frag 3/3 → msg 43" {
		t.Errorf("whole: %s", got)
	}
	for _, id := range []uint64{0, 3, 6} {
		m.Update(Select{id})
		d := m.Detail().Message
		if len(d.Fragments) != 3 || d.Hidden != 0 {
			t.Fatalf("row %d lists %+v, %d hidden", id, d.Fragments, d.Hidden)
		}
		for n, f := range d.Fragments {
			if f.ID != uint64(3*n) || f.Here != (f.ID == id) || f.Whole != (n == 2) {
				t.Errorf("row %d lists %+v", id, f)
			}
		}
	}
	m.Update(Select{0})
	m.Update(GoPair{})
	if m.Selected() != 6 {
		t.Errorf("p leads from the first fragment to row %d, want the last", m.Selected())
	}
	if r := m.grid.line(0); !strings.Contains(r.Look, " same-message") || !strings.Contains(r.Look, " opening-part") {
		t.Errorf("the first fragment looks %q while the last is selected", r.Look)
	}
	if r := m.grid.line(1); strings.Contains(r.Look, " same-message") {
		t.Errorf("a ping between looks %q", r.Look)
	}
}

// A panel that comes in the middle of a message numbers its frames from the end, as soon as that is there.
func TestFragmentsOfAMessageWhoseStartWasNotSeen(t *testing.T) {
	m := New(Options{})
	m.Update(SetView{rows.Frames})
	list := fragmented(7, 5)[6:] // frames 3, 4, 5
	feed(m, 1, list...)
	if got, want := m.grid.line(0).Note, "frag 3/5 → msg 7"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	m.Update(Select{m.search.found.at(0)})
	if d := m.Detail().Message; len(d.Fragments) != 3 || d.Hidden != 2 {
		t.Errorf("lists %+v, %d hidden; want 3 and 2", d.Fragments, d.Hidden)
	}
}

// Evicted frames are not looked at, whatever the columns say.
func TestFragmentsOfAnEvictedStart(t *testing.T) {
	m := New(Options{Rows: 4})
	m.Update(SetView{rows.Frames})
	feed(m, 1, fragmented(1, 4)...)
	if last := m.grid.line(m.viewport.total() - 1); last.Note != "frag 4/4 → msg 1" || last.DirDelta == "" {
		t.Errorf("the last frame says %q, gap %q", last.Note, last.DirDelta)
	}
	if first := m.grid.line(0); first.DirDelta != "" && m.store.Oldest() == 6 {
		t.Errorf("the oldest row measures a gap to a row that is gone: %q", first.DirDelta)
	}
}

func TestSameDirection(t *testing.T) {
	m := New(Options{})
	feed(m, 1, text(record.Out, "a"), text(record.In, "b"), text(record.In, "c"), text(record.Out, "d"))
	m.Update(MoveFirst{})
	m.Update(MoveSameDir{By: 1})
	if m.Selected() != 3 {
		t.Errorf("] goes to row %d, want 3", m.Selected())
	}
	m.Update(MoveSameDir{By: 1})
	if m.Selected() != 3 {
		t.Errorf("] goes on to row %d, want it to stay", m.Selected())
	}
	m.Update(MoveSameDir{By: -1})
	if m.Selected() != 0 {
		t.Errorf("[ goes to row %d, want 0", m.Selected())
	}
}

func TestTheGapOfOneDirection(t *testing.T) {
	m := New(Options{})
	list := []record.Record{text(record.Out, "a"), text(record.In, "b"), text(record.Out, "c"), text(record.Out, "d")}
	for i := range list {
		list[i].Time += int64(i*i) * 1e6
	}
	list[3].Conn = 2
	feed(m, 1, list...)
	var got []string
	for i := range m.viewport.total() {
		got = append(got, m.grid.line(i).DirDelta)
	}
	if s := strings.Join(got, "|"); s != "||+4.00 ms|" {
		t.Errorf("gaps %q", s)
	}
}
