package rows

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// KindGap is the kind of a row that stands for missing records. It exists only here: a capture says gaps in its batches.
const KindGap record.Kind = 0xFF

// GapReason is why records are missing.
type GapReason uint16

// The reasons.
const (
	GapFeed   GapReason = iota // the server dropped them because this panel was too slow, or the feed was down
	GapBefore                  // the server's ring no longer had them when the panel connected
	GapPaused                  // recording was off
	GapPage                    // a page had more to report than the panel took
)

// AddGap keeps a row for n missing records, the first of which has number seq.
func (s *Store) AddGap(time int64, seq, n uint64, why GapReason) Row {
	r := s.push(nil, nil)
	c, i := r.chunk, r.i
	c.kind[i], c.time[i], c.seq[i] = KindGap, time, seq
	c.length[i], c.code[i] = n, uint16(why)
	return r
}

// GapText says how many records are missing, and why.
func GapText(n uint64, why GapReason) string {
	records := format.Plural(n, "record") + " "
	switch why {
	case GapFeed:
		return records + "missed: the feed was down or the panel was too slow"
	case GapBefore:
		return records + "discarded by the server before the panel connected"
	case GapPage:
		return records + "missed: the page reported more than the panel could read"
	case GapPaused:
		return records + "not recorded: recording was off"
	}
	return records + "missing"
}
