package model

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// tell gives m what a page said and lets it finish its work.
func tell(m *Model, page string, b []byte) {
	m.Update(PageBatch{page, b})
	settle(m)
}

// everything gives m the demands of a screen that shows all it has.
func everything(m *Model) {
	m.Update(Resize{50})
	m.Update(Select{0})
	settle(m)
	_, _, _, _, _ = m.Window(), m.Status(), m.Statistics(), m.Timeline(), m.Detail()
	_, _ = m.Conns()
}

// TestAPageIsNotBelievedWhatOnlyAWireCanKnow: marks, violations, masking keys, control frames, answers of servers and ends
// of TCP that a page makes up are not shown as if they had been seen.
func TestAPageIsNotBelievedWhatOnlyAWireCanKnow(t *testing.T) {
	lie := text(record.Out, "hello")
	lie.Conn, lie.Marks, lie.Violations, lie.Leg = 7, ^record.Marks(0), math.MaxUint64>>1, record.LegUpstream
	lie.Header.Masked, lie.Header.Key, lie.Header.Rsv, lie.Header.Fin = true, [4]byte{1, 2, 3, 4}, 7, false
	lie.Truncated, lie.Compressed, lie.Wire, lie.Inflated = true, true, math.MaxUint64, math.MaxUint64
	part := text(record.Out, "a part")
	part.Final = false
	m := New(Options{})
	tell(m, "a", batchOf(1, lie, part, control(record.In, frame.Ping, "p"), data(record.Out, 11, []byte("reserved")),
		record.Record{Kind: record.KindResponse, Head: []byte("HTTP/1.1 101 x\r\n\r\n")}, record.Record{Kind: record.KindBroken}, record.Record{Kind: 99}))
	if got := shown(m); len(got) != 1 || got[0] != "hello" {
		t.Fatalf("shown: %q", got)
	}
	var kept []record.Record
	if err := m.Records(func(r *record.Record) error { kept = append(kept, *r); return nil }); err != nil {
		t.Fatal(err)
	}
	r := kept[0]
	if r.Source != record.SourcePage || r.Marks != 0 || r.Violations != 0 || r.Header.Masked || r.Header.Rsv != 0 || r.Leg != record.LegClient || r.Truncated || r.Compressed {
		t.Errorf("kept: %+v", r)
	}
	if r.Inflated > maxPageMessage {
		t.Errorf("a message of %d bytes is believed", r.Inflated)
	}
	everything(m)
}

// TestAPageCannotMakeThePanelGrow: pages, connections and texts without end leave bounded tables.
func TestAPageCannotMakeThePanelGrow(t *testing.T) {
	m := New(Options{})
	long := strings.Repeat("é", 1<<17)
	for i := range maxConns + 500 {
		r := record.Record{Time: math.MinInt64, Conn: uint32(i), Kind: record.KindRequest, Name: long, Remote: long}
		m.Update(PageBatch{strconv.Itoa(i), batchOf(1, r)})
	}
	settle(m)
	if n := len(m.conns.order); n > maxConns {
		t.Errorf("%d connections", n)
	}
	for _, k := range m.conns.order {
		if len(k.Name)+len(k.Remote) > 2*maxPageText+8 {
			t.Fatalf("a connection keeps %d bytes of words", len(k.Name)+len(k.Remote))
		}
	}
	for i := range 3 * maxPages {
		m.intake.pages.base("page " + strconv.Itoa(i))
	}
	if n := len(m.intake.pages.index); n > maxPages {
		t.Errorf("%d pages", n)
	}
	everything(m)
}

// TestDamagedBatchesOfPagesAreReported: the panel says where a batch is damaged, keeps what came before, and stays of use.
func TestDamagedBatchesOfPagesAreReported(t *testing.T) {
	good := batchOf(1, text(record.Out, "first"), text(record.Out, "second"))
	huge := record.AppendBatch(nil, record.Batch{First: math.MaxUint64, Count: math.MaxUint64, Missed: math.MaxUint64, Evicted: math.MaxUint64})
	first := text(record.Out, "first")
	for _, c := range []struct {
		name  string
		b     []byte
		rows  int
		fault string
	}{
		{"empty", nil, 0, "from a page: record: at byte 0: batch of a version"},
		{"text", []byte("<script>alert(1)</script>"), 0, "from a page: record: at byte 0: batch of a version"},
		{"a later version", append([]byte{9}, good[1:]...), 0, "from a page: record: at byte 0: batch of a version"},
		{"cut", good[:len(good)-3], 1, "malformed batch"},
		{"more behind", append(good[:len(good):len(good)], 0), 2, "malformed batch"},
		{"endless count", huge, 0, "malformed batch"},
		{"endless count, one record", record.AppendRecord(huge[:len(huge):len(huge)], &first), 2, "malformed batch"}, // the gap and the record
		{"a record longer than all", append(record.AppendBatch(nil, record.Batch{Count: 1}), binary.AppendUvarint(nil, math.MaxUint64)...), 0, "malformed batch"},
		{"whole", good, 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(Options{})
			tell(m, "a", c.b)
			if got := shown(m); len(got) != c.rows {
				t.Errorf("shown: %q", got)
			}
			if c.fault == "" && m.fault != "" || !strings.Contains(m.fault, c.fault) {
				t.Errorf("said %q, want %q", m.fault, c.fault)
			}
			tell(m, "b", batchOf(1, text(record.In, "after")))
			if got := shown(m); len(got) != c.rows+1 || got[c.rows] != "after" {
				t.Errorf("after it: %q", got)
			}
			everything(m)
		})
	}
}

// TestWhatAPageSaysWhileNothingIsRecordedIsCounted, with no more than a page can have said.
func TestWhatAPageSaysWhileNothingIsRecordedIsCounted(t *testing.T) {
	m := New(Options{})
	m.Update(Record{false})
	tell(m, "a", batchOf(1, text(record.Out, "unseen"), text(record.Out, "unseen")))
	if m.intake.unrecorded != 2 {
		t.Errorf("%d records passed over, want 2", m.intake.unrecorded)
	}
	lie := record.AppendBatch(nil, record.Batch{Count: math.MaxUint64, Missed: math.MaxUint64})
	one := text(record.Out, "x")
	for range 3 {
		tell(m, "a", record.AppendRecord(lie[:len(lie):len(lie)], &one))
	}
	if m.intake.unrecorded < 2 || m.intake.unrecorded > maxPageMessage {
		t.Errorf("%d records passed over", m.intake.unrecorded)
	}
}

// FuzzPageBatch: whatever pages say, the panel keeps to its bounds, takes nothing for the server's, and can show it.
func FuzzPageBatch(f *testing.F) {
	note := record.Record{Time: 1, Conn: 1, Kind: record.KindNote, Name: "wait", Reason: "attempt 2"}
	end := record.Record{Time: -1, Conn: 1 << 31, Kind: record.KindClose, Code: 1006, Reason: "x"}
	f.Add(batchOf(1, record.Record{Kind: record.KindRequest, Conn: 1, Name: "ws://x"}, text(record.Out, "héllo"), note, end))
	f.Add(record.AppendBatch(nil, record.Batch{First: 1, Count: math.MaxUint64, Missed: math.MaxUint64}))
	f.Add([]byte("no batch"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, bad := record.ReadBatch(b, func(*record.Record) bool { return true })
		m := New(Options{})
		tell(m, "a", b)
		tell(m, "b", b)
		if (bad != nil) != (m.fault != "") {
			t.Fatalf("%v is reported as %q", bad, m.fault)
		}
		for id := range m.conns.byID {
			if id < pageConns {
				t.Fatalf("connection %d looks like one of the server", id)
			}
		}
		if most := 2*len(b) + 2; m.viewport.total() > most { // a record has many bytes
			t.Fatalf("%d rows of %d bytes", m.viewport.total(), len(b))
		}
		everything(m)
	})
}
