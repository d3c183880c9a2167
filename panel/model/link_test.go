package model

import (
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// many are so many messages.
func many(n int) []record.Record {
	list := make([]record.Record, n)
	for i := range list {
		list[i] = text(record.In, "x")
	}
	return list
}

// TestALinkBringsItsRowIntoSight: also when rows come faster than they are scanned, as when the panel starts with all it needs in a
// cache, and when the person selected another row meanwhile that one stays.
func TestALinkBringsItsRowIntoSight(t *testing.T) {
	const n = 5 * rows.ChunkRows
	inSight := func(m *Model) bool { return m.Window().Selected >= 0 }
	m := New(Options{})
	m.Update(Seek{Seq: n - 100})
	m.Update(Batch{batchOf(1, many(n)...)})
	settle(m)
	if seq, _ := m.Selection(); seq != n-100 || !inSight(m) {
		t.Errorf("record %d is selected, in sight: %v", seq, inSight(m))
	}
	m = New(Options{})
	m.Update(Seek{Seq: n - 100})
	m.Update(Batch{batchOf(1, many(n)...)})
	m.Update(Select{ID: 7})
	first := m.Window().First
	settle(m)
	if seq, _ := m.Selection(); seq != 8 || m.Window().First != first {
		t.Errorf("record %d is selected, the window moved from %d to %d", seq, first, m.Window().First)
	}
}

// TestALinkToADiscardedRecordSaysSo, also when the link was there before the records.
func TestALinkToADiscardedRecordSaysSo(t *testing.T) {
	m := New(Options{})
	m.Update(Seek{Seq: 3})
	effects := m.Update(Batch{batchOf(10, many(2)...)})
	if len(effects) != 1 || effects[0] != (Notify{"Record 3 was discarded (memory limit)"}) {
		t.Errorf("effects %v", effects)
	}
}
