package model

import (
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// millionRows is a model that holds 1,048,576 messages in two directions, of which one has "needle" in it.
func millionRows(t *testing.T) *Model {
	t.Helper()
	m := New(Options{Bytes: 256 << 20})
	payload := make([]byte, 64)
	for i := range uint64(1 << 20) {
		copy(payload, "{\"type\":\"trade\"}")
		if i == 700_000 {
			copy(payload[20:], "needle")
		}
		m.store.Add(&record.Record{
			Seq: i + 1, Conn: 1, Kind: record.KindFrame, Dir: record.Dir(i & 1), Payload: payload, Message: i,
			Header: frame.Header{Fin: true, Opcode: frame.Text, Length: 64}, Final: true, Frames: 1, Wire: 64, Inflated: 64,
		}, frame.Text, false)
		clear(payload)
	}
	m.pairing.next = m.store.End()
	m.intake.lastSeq = 1 << 20
	return m
}

// steps returns how many steps of the panel's size a filter takes until its matches are known, and how far it said it was
// after each. What the panel does beside is not counted.
func steps(t *testing.T, m *Model, text string) (progress []int) {
	t.Helper()
	m.Update(SetFilter{rows.Filter{Text: text}})
	for m.Status().Scanning {
		m.Step(4096)
		progress = append(progress, m.Status().Progress)
	}
	return progress
}

func TestAMillionRows(t *testing.T) {
	m := millionRows(t)
	settle(m)
	t.Run("are asked in small steps", func(t *testing.T) { askedInSmallSteps(t, m) })
	t.Run("need not all be asked", func(t *testing.T) { stoppedAtOnce(t, m) })
}

// askedInSmallSteps: the work of a step is bounded whatever the query. A question about the wire takes
// one unit of it for each row; a text takes more, says all the time how far it is, and finds its one row.
func askedInSmallSteps(t *testing.T, m *Model) {
	t.Helper()
	wire := steps(t, m, "dir:in len>10")
	if n := m.viewport.total(); len(wire) > (1<<20)/4096 || n != 1<<19 {
		t.Errorf("a question about the wire took %d steps and found %d rows", len(wire), n)
	}
	text := steps(t, m, "needle")
	if m.viewport.total() != 1 || m.search.found.at(0) != 700_000 {
		t.Errorf("a text found %d rows", m.viewport.total())
	}
	if len(text) < 2*len(wire) {
		t.Errorf("a text took %d steps, the wire %d: a step searches too many bytes", len(text), len(wire))
	}
	different := map[int]bool{}
	for i, p := range text {
		different[p] = true
		if i > 0 && p < text[i-1] || p > 100 {
			t.Fatalf("progress went from %d to %d", text[i-1], p)
		}
	}
	if len(different) < 95 {
		t.Errorf("progress had %d different values", len(different))
	}
}

// stoppedAtOnce: a scan stops at once, with what was found so far; and another query goes through all rows.
func stoppedAtOnce(t *testing.T, m *Model) {
	t.Helper()
	m.Update(SetFilter{rows.Filter{Text: "trade"}})
	for m.Status().Progress < 30 {
		m.Step(4096)
	}
	m.Update(StopScan{})
	s := m.Status()
	if n := m.viewport.total(); s.Scanning || !s.Partial || n < 1<<20/4 || n > 1<<20/2 {
		t.Errorf("stopped at %d rows: scanning %v, partial %v", n, s.Scanning, s.Partial)
	}
	if m.Step(4096) && m.search.found.next != m.store.End() {
		t.Error("the scan went on")
	}
	steps(t, m, "TRADE or needle")
	if n := m.viewport.total(); n != 1 || m.Status().Partial {
		t.Errorf("the next query found %d rows, partial %v", n, m.Status().Partial)
	}
}
