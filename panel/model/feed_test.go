// These tests prove that nothing goes missing in silence: gaps, reconnects, switched-off recording, eviction, clearing
// and damaged batches all leave a trace that people can see.
package model

import (
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

func TestMissingRecordsAreARow(t *testing.T) {
	for _, c := range []struct {
		name string
		feed func(m *Model)
		want []string
	}{
		{"nothing missing", func(m *Model) {
			feed(m, 1, text(record.In, "a"))
			feed(m, 2, text(record.In, "b"))
		}, []string{"a", "b"}},
		{"the feed skipped some", func(m *Model) {
			feed(m, 1, text(record.In, "a"))
			feed(m, 13, text(record.In, "b"))
		}, []string{"a", "11 records missed: the feed was down or the panel was too slow", "b"}},
		{"the panel came late", func(m *Model) {
			feed(m, 2, text(record.In, "a"))
		}, []string{"1 record discarded by the server before the panel connected", "a"}},
		{"a reconnect sends the ring again", func(m *Model) {
			feed(m, 1, text(record.In, "a"), text(record.In, "b"))
			feed(m, 1, text(record.In, "a"), text(record.In, "b"), text(record.In, "c"))
		}, []string{"a", "b", "c"}},
		{"recording was off", func(m *Model) {
			feed(m, 1, text(record.In, "a"))
			m.Update(Record{false})
			feed(m, 2, text(record.In, "b"), text(record.In, "c"))
			m.Update(Record{true})
			feed(m, 4, text(record.In, "d"))
		}, []string{"a", "2 records not recorded: recording was off", "d"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(Options{})
			c.feed(m)
			if got := shown(m); !slices.Equal(got, c.want) {
				t.Errorf("rows %q, want %q", got, c.want)
			}
		})
	}
}

func TestADamagedBatchKeepsWhatCameBeforeTheDamageAndIsNamed(t *testing.T) {
	m := New(Options{})
	b := batchOf(1, text(record.In, "a"), text(record.In, "b"))
	m.Update(Batch{b[:len(b)-3]})
	settle(m)
	if got := shown(m); !slices.Equal(got, []string{"a"}) || !strings.Contains(m.Status().Fault, "malformed batch") {
		t.Errorf("rows %q, fault %q", got, m.Status().Fault)
	}
}

func TestEvictionIsCounted(t *testing.T) {
	m := New(Options{Rows: 2})
	feed(m, 1, text(record.In, "a"), text(record.In, "b"), text(record.In, "c"))
	if s := m.Status(); s.Evicted != 1 || s.Kept != 2 || s.Shown != 2 || s.Tally.Messages[record.In] != 3 {
		t.Errorf("status %+v", s)
	}
}

func TestAGiantPayloadDoesNotEvictEverything(t *testing.T) {
	m := New(Options{Bytes: 4 << 20})
	feed(m, 1, text(record.In, "small"))
	feed(m, 2, text(record.In, strings.Repeat("x", 64<<20)))
	if got := shown(m); got[0] != "small" || m.store.PayloadBytes() > 4<<20 {
		t.Errorf("%d rows, %d bytes", len(got), m.store.PayloadBytes())
	}
	m.Update(Select{1})
	if d := m.Detail(); d.Message.Cut == "" {
		t.Error("the cut payload does not say so")
	}
}

func TestClearHidesAndUndoBringsBack(t *testing.T) {
	m := New(Options{})
	feed(m, 1, text(record.In, "a"))
	m.Update(Clear{})
	feed(m, 2, text(record.In, "b"))
	if got := shown(m); !slices.Equal(got, []string{"b"}) || m.Status().Tally.Messages[record.In] != 1 {
		t.Errorf("after clear: %q", got)
	}
	m.Update(Undo{})
	settle(m)
	if got := shown(m); !slices.Equal(got, []string{"a", "b"}) || m.Status().CanUndo {
		t.Errorf("after undo: %q", got)
	}
}

func TestFrozenShowsNothingNewAndThawShowsAll(t *testing.T) {
	m := New(Options{})
	feed(m, 1, text(record.In, "a"))
	m.Update(Freeze{true})
	feed(m, 2, text(record.In, "b"))
	if w := m.Window(); w.Total != 1 || w.Unseen != 1 || w.Mode != Frozen {
		t.Errorf("frozen: %+v", w)
	}
	m.Update(Freeze{false})
	if w := m.Window(); w.Total != 2 || w.Unseen != 0 || w.Mode != Follow {
		t.Errorf("thawed: %+v", w)
	}
}

func TestTheConnectionTableIsBounded(t *testing.T) {
	m := New(Options{})
	for i := range uint64(3 * maxConns) {
		r := text(record.In, "a")
		r.Conn = uint32(i)
		feed(m, i+1, r)
	}
	if len(m.conns.order) > maxConns || len(m.conns.byID) > maxConns {
		t.Errorf("%d connections", len(m.conns.order))
	}
}

func TestMovingTheSelectionHoldsTheWindow(t *testing.T) {
	m := New(Options{})
	m.Update(Resize{2})
	feed(m, 1, text(record.In, "a"), text(record.In, "b"), text(record.In, "c"), text(record.In, "d"))
	m.Update(Move{-1})
	m.Update(Move{-1})
	m.Update(Move{-1})
	if w := m.Window(); w.Mode != Paused || w.First != 1 || w.Selected != 1 || w.Lines[1].Preview != "b" {
		t.Errorf("window %+v", w)
	}
	m.Update(SetFilter{rows.Filter{Text: "d"}})
	settle(m)
	m.Update(Move{1})
	if w := m.Window(); w.Selected != 0 || w.Lines[0].Preview != "d" {
		t.Errorf("after filtering the selected row away: %+v", w)
	}
}
