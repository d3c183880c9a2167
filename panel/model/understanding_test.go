// These tests prove that the timeline keeps every count however long the capture gets, that the statistics are those of
// the records, and that a comparison finds every difference and nothing else.
package model

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

func TestTheTimelineLosesNoCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l timeline
		at, want := int64(1e18), [2]uint32{}
		for range rapid.IntRange(1, 200).Draw(t, "frames") {
			at += rapid.SampledFrom([]int64{0, 1e6, 1e9, -1e6, 3600e9, 1e15}).Draw(t, "step")
			dir := record.Dir(rapid.IntRange(0, 1).Draw(t, "dir"))
			l.add(at, dir)
			want[dir]++
			if i := (at - l.start) / l.width; i >= timelineBins || l.bins[dir][max(0, i)] == 0 {
				t.Fatalf("the frame at %d is not in its bin %d", at, i)
			}
		}
		for d, bins := range l.bins {
			sum := uint32(0)
			for i, n := range bins {
				sum += n
				if n > 0 && i > l.last {
					t.Fatalf("bin %d is behind the last, %d", i, l.last)
				}
			}
			if sum != want[d] {
				t.Fatalf("%d counted, want %d", sum, want[d])
			}
		}
	})
}

func TestABrushFiltersByTime(t *testing.T) {
	m := New(Options{})
	var list []record.Record
	for i := range int64(100) {
		list = append(list, later(text(record.In, "x"), 10*i))
	}
	feed(m, 1, list...)
	start := m.Timeline().Start
	m.Update(SetFilter{rows.Filter{Text: "x or y"}})
	effects := m.Update(Brush{start + 200e6, start + 300e6})
	settle(m)
	const times = "(x or y) time:00:00:01.200..00:00:01.299"
	if s := m.Status(); s.Shown != 10 || s.Draft != times || len(effects) != 1 || effects[0] != (PutFilter{times}) {
		t.Errorf("%d rows, the filter %q, %v", s.Shown, s.Draft, effects)
	}
	if l := m.Timeline(); l.From != 200e6 || l.To < 299e6 || l.To > 300e6 {
		t.Errorf("timeline %d to %d", l.From, l.To)
	}
	m.Update(Brush{})
	settle(m)
	if s := m.Status(); s.Shown != 100 || s.Draft != "(x or y)" {
		t.Errorf("after the brush %d rows, the filter %q", s.Shown, s.Draft)
	}
	feed(m, 101, later(text(record.In, "x"), 26*3600*1000))
	m.Update(Brush{start + 200e6, start + 300e6})
	settle(m)
	if s := m.Status(); s.Shown != 11 || s.Draft != "(x or y)" || len(s.Terms) != 2 {
		t.Errorf("over more than a day: %d rows, %q, terms %+v", s.Shown, s.Draft, s.Terms)
	}
	if m.Update(Brush{}); m.Timeline().To != 0 {
		t.Errorf("over more than a day the brush stays: %+v", m.Timeline().To)
	}
}

func TestStatistics(t *testing.T) {
	m := rpc()
	small := data(record.In, frame.Text, make([]byte, 40))
	small.Compressed, small.Header.Rsv, small.Wire, small.Inflated = true, frame.RSV1, 40, 400
	big := small
	big.Wire = 401
	wrong := text(record.Out, "x")
	wrong.Violations = frame.ZeroKey
	feed(m, 6, small, big, wrong, control(record.Out, frame.Ping, "a"), later(control(record.In, frame.Pong, "a"), 3))
	s := m.Statistics()
	if s.Compressed != 2 || s.Before != 800 || s.After != 441 || s.Bigger != 1 || s.Headers != 20 || s.Pending != 0 {
		t.Errorf("%+v", s)
	}
	if fmt.Sprint(s.RTTs) != "[{pings sent 1 3000000 3000000 3000000}]" || len(s.Lint) != 1 || s.Lint[0].Count != 1 {
		t.Errorf("round trips %v, lint %v", s.RTTs, s.Lint)
	}
	if got := fmt.Sprint(s.Latencies); got != "[{under 4.10 ms 1} {under 8.19 ms 0} {under 16.4 ms 1}]" {
		t.Errorf("latencies %v", got)
	}
	m.Update(Clear{})
	if s := m.Statistics(); s.Compressed != 0 || len(s.Kinds) != 0 || len(s.Lint) != 0 {
		t.Errorf("after Clear: %+v", s)
	}
	m.Update(Undo{})
	if s := m.Statistics(); s.Compressed != 2 || len(s.Kinds) == 0 || len(s.Lint) != 1 {
		t.Errorf("after Undo: %+v", s)
	}
}

func TestADiffFindsWhatDiffers(t *testing.T) {
	m := New(Options{})
	feed(m, 1, text(record.In, `{"a":1,"b":[1,2],"c":{"d":"x"},"f":"1"}`), text(record.In, `{"a":2,"b":[1,2,3],"e":null,"f":1}`))
	m.Update(Select{1})
	m.Update(SetTab{TabDiff})
	if d := m.Detail().Diff; d.Nothing == "" {
		t.Error("without a mark nothing can be compared")
	}
	m.Update(ToggleMark{0})
	d := m.Detail().Diff
	want := []DiffLine{
		{DiffChanged, "a", "1", "2"}, {DiffAdded, "b.2", "", "3"}, {DiffAdded, "e", "", "null"}, {DiffChanged, "f", `"1"`, "1"}, {DiffRemoved, "c.d", `"x"`, ""},
	}
	if !slices.Equal(d.Lines, want) || d.Same != 2 {
		t.Errorf("%+v", d)
	}
}

// Whatever the values: a message does not differ from itself, and what one direction adds the other removes.
func TestDiffIsSymmetric(t *testing.T) {
	values := rapid.MapOfN(rapid.StringMatching(`[a-d](\.[a-c])?`), rapid.StringMatching(`[xyz]?`), 0, 8)
	list := func(m map[string]string) (out []leaf) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			out = append(out, leaf{k, m[k]})
		}
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := list(values.Draw(t, "a")), list(values.Draw(t, "b"))
		if d := diffViews(a, a); len(d.Lines) != 0 || d.Same != len(a) {
			t.Fatalf("a message differs from itself: %+v", d)
		}
		there, back := diffViews(a, b), diffViews(b, a)
		count := func(d *DiffDetail, s DiffSign) (n int) {
			for _, l := range d.Lines {
				if l.Sign == s {
					n++
				}
			}
			return n
		}
		if there.Same != back.Same || count(there, DiffAdded) != count(back, DiffRemoved) || count(there, DiffChanged) != count(back, DiffChanged) {
			t.Fatalf("there %+v, back %+v", there, back)
		}
	})
}
