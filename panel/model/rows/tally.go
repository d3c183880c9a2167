package rows

import "github.com/tetherscope/tetherscope/internal/capture/record"

// Tally counts rows as they come in, so that no number on the screen costs a scan. Eviction does not lower it.
type Tally struct {
	Records    uint64
	Frames     [2]uint64 // by record.Dir
	Messages   [2]uint64 // data messages that ended
	Bytes      [2]uint64 // as the application gets them: data messages inflated, and payloads of control frames
	Wire       [2]uint64 // on the wire: headers and payloads of all frames
	Violations uint64    // rows that break a rule
	Missing    uint64    // records that never reached this panel
	Types      [2][NumTypes]uint64
	Rows       [2]uint64 // by View
}

// Add counts a row that has just been added.
func (t *Tally) Add(r Row) {
	t.Records++
	for _, v := range [...]View{Messages, Frames} {
		if r.ShownIn(v) {
			t.Rows[v]++
			t.Types[v][r.Type(v)]++
		}
	}
	if r.Wrong() {
		t.Violations++
	}
	switch r.Kind() {
	case record.KindFrame:
		t.addFrame(r)
	case KindGap:
		t.Records--
		t.Missing += r.Missing()
	case record.KindRequest, record.KindResponse, record.KindClose, record.KindEnd, record.KindBroken, record.KindNote, record.KindTransit:
	}
}

func (t *Tally) addFrame(r Row) {
	d := r.Dir()
	t.Frames[d]++
	length := r.Length()
	if r.Truncated() {
		length = uint64(r.Kept())
	}
	if !r.FromPage() {
		t.Wire[d] += uint64(r.HeaderSize()) + length
	}
	switch {
	case r.Final():
		t.Messages[d]++
		t.Bytes[d] += r.Inflated()
	case r.IsControl():
		t.Bytes[d] += length
	}
}

// Minus returns what was counted since base was taken.
func (t *Tally) Minus(base *Tally) Tally {
	out := *t
	out.Records -= base.Records
	out.Violations -= base.Violations
	out.Missing -= base.Missing
	for d := range 2 {
		out.Frames[d] -= base.Frames[d]
		out.Messages[d] -= base.Messages[d]
		out.Bytes[d] -= base.Bytes[d]
		out.Wire[d] -= base.Wire[d]
		out.Rows[d] -= base.Rows[d]
		for k := range out.Types[d] {
			out.Types[d][k] -= base.Types[d][k]
		}
	}
	return out
}

// Total returns what both directions add up to.
func Total(n [2]uint64) uint64 { return n[record.Out] + n[record.In] }
