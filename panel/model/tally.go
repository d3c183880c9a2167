package model

import "github.com/tetherscope/tetherscope/internal/record"

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

func (t *Tally) add(pg *page, i int) {
	t.Records++
	for _, v := range [...]View{Messages, Frames} {
		if shownIn(pg, i, v) {
			t.Rows[v]++
			t.Types[v][rowType(pg, i, v)]++
		}
	}
	if pg.violations[i] != 0 || pg.kind[i] == record.KindBroken {
		t.Violations++
	}
	switch pg.kind[i] {
	case record.KindFrame:
		t.addFrame(pg, i)
	case kindGap:
		t.Records--
		t.Missing += pg.length[i]
	case record.KindRequest, record.KindResponse, record.KindClose, record.KindEnd, record.KindBroken, record.KindNote, record.KindPassed:
	}
}

func (t *Tally) addFrame(pg *page, i int) {
	d := rowDir(pg, i)
	t.Frames[d]++
	length := pg.length[i]
	if pg.flags[i]&rowTruncated != 0 {
		length = uint64(pg.kept[i])
	}
	if pg.flags[i]&rowPage == 0 {
		t.Wire[d] += uint64(pg.size[i]) + length
	}
	switch {
	case pg.flags[i]&rowFinal != 0:
		t.Messages[d]++
		t.Bytes[d] += pg.inflated[i]
	case pg.first[i]&8 != 0:
		t.Bytes[d] += length
	}
}

// minus returns what was counted since base was taken.
func (t *Tally) minus(base *Tally) Tally {
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
