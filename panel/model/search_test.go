// These tests prove that a query hides or marks the right rows, that a text that is no query leaves the last one in
// force, that a scan can be stopped, and that what a person marks is found and bounded.
package model

import (
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

func talk() *Model {
	m := New(Options{})
	pong := control(record.In, frame.Pong, "beat")
	pong.Time += 5e6
	end := record.Record{Time: 2e9, Conn: 1, Kind: record.KindClose, By: record.SideServer, Code: 4001, Reason: "Bye"}
	feed(m, 1, text(record.Out, `{"type":"ask","id":1}`), control(record.Out, frame.Ping, "beat"), pong,
		text(record.In, `{"type":"told","id":1,"price":120.5}`), data(record.In, frame.Binary, []byte{0xCA, 0xFE, 0}), end)
	return m
}

func seqs(m *Model, x *matches) (out []uint64) {
	for i := range x.len() {
		row := m.store.Row(x.at(i))
		out = append(out, row.Seq())
	}
	return out
}

func TestAQueryShowsItsRows(t *testing.T) {
	for _, c := range []struct {
		query string
		want  []uint64
	}{
		{"", []uint64{1, 2, 3, 4, 5, 6}},
		{"told", []uint64{4}},
		{"bye", []uint64{6}},
		{"Bye", []uint64{6}},
		{"BYE", nil},
		{"dir:out", []uint64{1, 2}},
		{"op:ping,pong", []uint64{2, 3}},
		{"rtt>=5ms", []uint64{3}},
		{"$.price>100", []uint64{4}},
		{"hex:cafe", []uint64{5}},
		{"code:4000..4999", []uint64{6}},
		{"kind:frame len<4", []uint64{5}},
		{"before:1 kind:close", []uint64{5}},
		{"near:1 op:binary", []uint64{4, 5, 6}},
		{"not (op:text or op:control)", []uint64{5, 6}},
	} {
		m := talk()
		m.Update(SetFilter{rows.Filter{Text: c.query}})
		settle(m)
		if got := seqs(m, &m.search.found); !slices.Equal(got, c.want) {
			t.Errorf("%q shows %v, want %v", c.query, got, c.want)
		}
	}
}

func TestATextThatIsNoQueryLeavesTheLastOneInForce(t *testing.T) {
	m := talk()
	m.Update(SetFilter{rows.Filter{Text: "dir:out"}})
	m.Update(SetFilter{rows.Filter{Text: "dir:out opp:text"}})
	settle(m)
	s := m.Status()
	if s.Problem == nil || s.Problem.Offset != 8 || s.Draft != "dir:out opp:text" || s.Filter.Text != "dir:out" || s.Shown != 2 {
		t.Errorf("%+v", s)
	}
	m.Update(SetFilter{rows.Filter{}})
	if s := m.Status(); s.Problem != nil || s.Filter.Text != "" {
		t.Errorf("%+v", s)
	}
}

func TestAGapIsShownWhateverTheQuerySays(t *testing.T) {
	for _, q := range []string{"nowhere", "near:2 nowhere", "before:1 two"} {
		m := New(Options{})
		feed(m, 1, text(record.In, "one"))
		feed(m, 9, text(record.In, "two"), text(record.In, "three"))
		m.Update(SetFilter{rows.Filter{Text: q}})
		settle(m)
		if !slices.ContainsFunc(shown(m), func(s string) bool { return strings.Contains(s, "missed") }) {
			t.Errorf("%q hides the gap: %q", q, shown(m))
		}
	}
}

func TestFindMarksRowsAndHidesNone(t *testing.T) {
	m := talk()
	m.Update(SetFind{true})
	m.Update(SetFilter{rows.Filter{Text: "dir:in op:data"}})
	settle(m)
	if got := seqs(m, &m.search.hits); !slices.Equal(got, []uint64{4, 5}) || m.search.found.len() != 6 {
		t.Fatalf("hits %v of %d rows", got, m.search.found.len())
	}
	var at []int
	for _, by := range []int{1, 1, 1, -1} {
		m.Update(NextHit{by})
		at = append(at, m.Status().HitAt)
	}
	if !slices.Equal(at, []int{1, 2, 1, 2}) {
		t.Errorf("went over hits %v", at)
	}
	look := ""
	for _, r := range m.Window().Lines {
		look += strings.Fields(r.Look)[0] + " "
	}
	if look != "text ping pong hit hit events " {
		t.Errorf("looks %q", look)
	}
}

func TestAStoppedScanKeepsWhatItFoundAndSaysSo(t *testing.T) {
	m := New(Options{})
	m.Update(SetFilter{rows.Filter{Text: "x"}})
	m.Update(Batch{batchOf(1, slices.Repeat([]record.Record{text(record.In, "x")}, 100)...)})
	m.Step(40)
	if s := m.Status(); !s.Scanning || s.Progress == 0 || s.Progress == 100 {
		t.Fatalf("under way: %+v", s)
	}
	m.Update(StopScan{})
	if s := m.Status(); s.Scanning || !s.Partial || s.Shown == 0 || s.Shown == 100 {
		t.Errorf("stopped: scanning %v, partial %v, %d rows", s.Scanning, s.Partial, s.Shown)
	}
	m.Update(SetFilter{rows.Filter{Text: "x "}})
	settle(m)
	if s := m.Status(); s.Partial || s.Shown != 100 {
		t.Errorf("a new query: partial %v, %d rows", s.Partial, s.Shown)
	}
}

func TestHideAndOnlyLike(t *testing.T) {
	for _, c := range []struct {
		id         uint64
		only, hide string
	}{
		{0, `dir:out $.type="ask"`, `not (dir:out $.type="ask")`},
		{1, `dir:out op:ping`, `not (dir:out op:ping)`},
		{4, `dir:in op:binary`, `not (dir:in op:binary)`},
		{5, `kind:close`, `not (kind:close)`},
	} {
		for _, like := range []struct {
			msg  Msg
			want string
			rows int
		}{{OnlySimilar{}, c.only, 1}, {HideSimilar{}, c.hide, 5}} {
			m := talk()
			m.Update(Select{c.id})
			m.Update(like.msg)
			settle(m)
			if s := m.Status(); s.Filter.Text != like.want || s.Shown != like.rows || s.Problem != nil {
				t.Errorf("row %d, %T: %q shows %d rows, problem %v", c.id, like.msg, s.Filter.Text, s.Shown, s.Problem)
			}
		}
	}
}

func TestMarksAreFoundShownAndBounded(t *testing.T) {
	m := talk()
	m.Update(ToggleMark{1})
	m.Update(SetNote{4, "odd <b>"})
	m.Update(SetFilter{rows.Filter{Text: "mark"}})
	settle(m)
	if got := seqs(m, &m.search.found); !slices.Equal(got, []uint64{2, 5}) {
		t.Errorf("marked rows %v", got)
	}
	m.Update(SetFilter{rows.Filter{Text: "note:odd"}})
	settle(m)
	if r := m.grid.line(0); m.search.found.len() != 1 || r.Note != "★ odd <b>" || !strings.HasPrefix(r.Look, "marked ") {
		t.Errorf("%d rows, %+v", m.search.found.len(), r)
	}
	m.Update(SetFilter{rows.Filter{}})
	settle(m)
	m.Update(NextMark{})
	m.Update(NextMark{})
	if m.Selected() != 4 {
		t.Errorf("the second mark is row 4, not %d", m.Selected())
	}
	m.Update(ToggleMark{4})
	m.Update(NextMark{})
	if m.Selected() != 1 {
		t.Errorf("the only mark left is row 1, not %d", m.Selected())
	}
	for seq := uint64(7); seq < 7+2*maxMarks; seq++ {
		feed(m, seq, text(record.In, "x"))
		m.Update(ToggleMark{m.store.End() - 1})
	}
	if len(m.marks.order) > maxMarks || len(m.marks.notes) > maxMarks {
		t.Errorf("%d marks", len(m.marks.order))
	}
}

func TestPongsFindTheirPing(t *testing.T) {
	m := New(Options{})
	at := func(r record.Record, ms int64) record.Record { r.Time = 1e9 + ms*1e6; return r }
	feed(m, 1, at(control(record.Out, frame.Ping, "a"), 0), at(control(record.Out, frame.Ping, "b"), 1),
		at(control(record.In, frame.Pong, "other"), 2), at(control(record.In, frame.Pong, "b"), 9),
		at(control(record.In, frame.Pong, "a"), 12))
	var got []int64
	for id := range uint64(5) {
		got = append(got, m.store.Row(id).ResponseTime())
	}
	if want := []int64{0, 0, 0, 8e6, 0}; !slices.Equal(got, want) {
		t.Errorf("round trips %v, want %v: a pong answers the newest ping it fits and those before it", got, want)
	}
	ping, _ := m.store.Row(3).Pair()
	if pong, ok := m.store.Row(1).Pair(); !ok || pong.ID() != 3 || ping.ID() != 1 {
		t.Errorf("the ping is paired with row %d, and the pong with row %d", pong.ID(), ping.ID())
	}
}

func TestClearStartsTheCountersOfAConnectionAgain(t *testing.T) {
	m := talk()
	m.Update(SetFilter{rows.Filter{Conn: 1}})
	m.Update(Clear{})
	feed(m, 7, text(record.In, "x"))
	list, _ := m.Conns()
	if n, k := rows.Total(m.Status().Tally.Frames), rows.Total(list[0].Tally.Frames); n != 1 || k != 1 {
		t.Errorf("%d and %d frames since the clear, want 1", n, k)
	}
	m.Update(Undo{})
	if n := rows.Total(m.Status().Tally.Frames); n != 6 {
		t.Errorf("%d frames, want all 6 back", n)
	}
}
