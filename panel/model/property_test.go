// These tests prove that the ring, the filter and the window answer as a naive model does that keeps everything in plain
// slices and starts from nothing each time.
package model

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

func genRecord() *rapid.Generator[record.Record] {
	return rapid.Custom(func(t *rapid.T) record.Record {
		r := record.Record{
			Conn: uint32(rapid.IntRange(1, 3).Draw(t, "conn")),
			Kind: record.KindFrame,
			Time: rapid.Int64Range(0, 1e12).Draw(t, "time"),
			Dir:  record.Dir(rapid.IntRange(0, 1).Draw(t, "dir")),
		}
		if rapid.IntRange(0, 9).Draw(t, "event") == 0 {
			r.Kind, r.Reason = record.KindEnd, "the end"
			return r
		}
		p := []byte(rapid.StringMatching(`[aAbBcC]{0,6}`).Draw(t, "payload"))
		big := rapid.SampledFrom([]int{0, 0, 0, 0, 0, 300_000}).Draw(t, "big")
		p = append(p, bytes.Repeat([]byte{'-'}, big)...)
		o := rapid.SampledFrom([]frame.Opcode{0, 1, 1, 2, 8, 9, 10, 11}).Draw(t, "opcode")
		r.Header = frame.Header{Opcode: o, Fin: rapid.Bool().Draw(t, "fin"), Length: uint64(len(p)), Size: 2}
		r.Payload = p
		if !o.IsControl() && r.Header.Fin {
			r.Final, r.Frames, r.Wire, r.Inflated = true, 1, uint64(len(p)), uint64(len(p))
		}
		if rapid.IntRange(0, 4).Draw(t, "wrong") == 0 {
			r.Violations = frame.ZeroKey
		}
		return r
	})
}

func genFilter() *rapid.Generator[rows.Filter] {
	return rapid.Custom(func(t *rapid.T) rows.Filter {
		return rows.Filter{
			Conn:      uint32(rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "conn")),
			HideDir:   [2]bool{rapid.Bool().Draw(t, "out"), rapid.Bool().Draw(t, "in")},
			HideTypes: uint16(rapid.SampledFrom([]int{0, 0, 1, 2, 8, 128, 129}).Draw(t, "types")),
			Broken:    rapid.IntRange(0, 3).Draw(t, "broken") == 0,
			Text:      rapid.SampledFrom([]string{"", "", "a", "B", "ab", "aB"}).Draw(t, "text"),
		}
	})
}

// naive is the model without any cleverness.
type naive struct {
	ids     []uint64
	records []record.Record
	ops     map[[2]uint32]frame.Opcode
	typ     []frame.Opcode
}

func (n *naive) add(r record.Record) {
	key := [2]uint32{r.Conn, uint32(r.Dir)}
	o := r.Header.Opcode
	if r.Kind == record.KindFrame && !o.IsControl() {
		if o == frame.Continuation {
			o = n.ops[key]
		} else {
			n.ops[key] = o
		}
	}
	n.ids = append(n.ids, uint64(len(n.ids)))
	n.records = append(n.records, r)
	n.typ = append(n.typ, o)
}

func (n *naive) shows(i int, f rows.Filter, v rows.View) bool {
	r := n.records[i]
	isFrame := r.Kind == record.KindFrame
	if f.Conn != 0 && f.Conn != r.Conn {
		return false
	}
	if isFrame && v == rows.Messages && !r.Header.Opcode.IsControl() && !r.Final {
		return false
	}
	kind := rows.TypeEvent
	if isFrame && v == rows.Messages {
		kind = rows.TypeOf(n.typ[i])
	} else if isFrame {
		kind = rows.TypeOf(r.Header.Opcode)
	}
	if f.Hides(kind) || isFrame && f.HideDir[r.Dir] || f.Broken && r.Violations == 0 {
		return false
	}
	if f.Text == "" {
		return true
	}
	// What people see of it and what is in it, in one heap.
	hay := string(r.Payload) + "\x00" + r.Reason
	if r.Kind == record.KindEnd {
		hay += "TCP closed: the end"
	}
	if isFrame && n.typ[i].IsControl() {
		hay += "\x00" + naivePreview(r)
	}
	if f.Text == strings.ToLower(f.Text) {
		hay = strings.ToLower(hay)
	}
	return strings.Contains(hay, f.Text)
}

func naivePreview(r record.Record) string {
	if r.Header.Opcode == frame.Close {
		code, reason, _ := frame.ParseClose(r.Payload)
		return rows.CloseText(code, []byte(reason))
	}
	return format.Preview(r.Payload, rows.TextPreview)
}

func (n *naive) matches(oldest uint64, f rows.Filter, v rows.View) []uint64 {
	var out []uint64
	for i, id := range n.ids {
		if id >= oldest && n.shows(i, f, v) {
			out = append(out, id)
		}
	}
	return out
}

func TestRingAndFilterAnswerAsTheNaiveModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := Options{Rows: rapid.IntRange(1, 40).Draw(t, "rows"), Bytes: 4 << 20}
		m := New(limit)
		n := &naive{ops: map[[2]uint32]frame.Opcode{}}
		filter, view := rows.Filter{}, rows.Messages
		var seq uint64 = 1
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "do") {
			case 0:
				filter = genFilter().Draw(t, "filter")
				m.Update(SetFilter{filter})
			case 1:
				view = rows.View(rapid.IntRange(0, 1).Draw(t, "view"))
				m.Update(SetView{view})
			default:
				records := rapid.SliceOfN(genRecord(), 1, 20).Draw(t, "records")
				m.Update(Batch{batchOf(seq, records...)})
				seq += uint64(len(records))
				for _, r := range records {
					n.add(r)
				}
			}
			m.Step(rapid.IntRange(0, 50).Draw(t, "budget"))
		}
		settle(m)
		if kept := m.store.End() - m.store.Oldest(); kept > uint64(limit.Rows) || m.store.PayloadBytes() > limit.Bytes {
			t.Fatalf("%d rows and %d bytes kept, limits %+v", kept, m.store.PayloadBytes(), limit)
		}
		want := n.matches(m.store.Oldest(), filter, view)
		got := m.search.found.ids[m.search.found.head:]
		if !slices.Equal(got, want) {
			t.Fatalf("matches %v, want %v (filter %+v, %v)", got, want, filter, view)
		}
		for id := m.store.Oldest(); id < m.store.End(); id++ {
			if got, want := m.conns.record(m.store.Row(id)).Payload, n.records[id].Payload; !bytes.Equal(got, want) {
				t.Fatalf("payload of row %d has %d bytes, want %d", id, len(got), len(want))
			}
		}
	})
}

// topRow returns the ID of the first row of a window that has rows below it too.
func topRow(w Window) (uint64, bool) {
	for _, r := range w.Lines {
		if r.Number == w.First+1 {
			return r.ID, w.Mode != Follow
		}
	}
	return 0, false
}

// While the view is held, neither new rows nor evicted ones move what a person reads.
func TestAHeldWindowStaysAtItsRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(Options{Rows: 60, Bytes: 4 << 20})
		m.Update(Resize{rapid.IntRange(1, 10).Draw(t, "window")})
		var seq uint64 = 1
		more := func() {
			records := rapid.SliceOfN(genRecord(), 1, 8).Draw(t, "records")
			feed(m, seq, records...)
			seq += uint64(len(records))
		}
		for range 5 {
			more()
		}
		m.Update(Scroll{First: rapid.IntRange(0, m.viewport.total()).Draw(t, "first")})
		before := m.Window()
		added := m.search.found.len()
		end := m.store.End()
		more()
		after := m.Window()
		if top, ok := topRow(before); ok && m.store.Has(top) {
			if now, _ := topRow(after); now != top {
				t.Fatalf("the top row was %d and is %d", top, now)
			}
		}
		if want := m.search.found.len() - m.search.found.before(end); m.viewport.unseen() < want {
			t.Fatalf("%d new, want at least the %d that came (%d before)", m.viewport.unseen(), want, added)
		}
		m.Update(MoveLast{})
		if w := m.Window(); w.Mode != Follow || w.Unseen != 0 || w.First != max(0, w.Total-m.viewport.rows) {
			t.Fatalf("after MoveLast the window is %+v", w)
		}
	})
}
