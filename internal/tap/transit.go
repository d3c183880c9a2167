package tap

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// maxTransits is how many transit times of a direction one record holds, at most: one record for each would double what a
// busy connection records.
const maxTransits = 256

// transits are the transit times of a relayed connection's direction that are not recorded yet: for each part of it, how long
// it took from its arrival until it was written to the other leg. The direction's lock guards it.
type transits struct {
	upTo uint64 // bytes of the direction that were written to the other leg
	list []record.Transit
}

// add notes that bytes were written to the other leg.
func (p *transits) add(rec *recorder, dir record.Dir, from, to uint64, transit time.Duration) {
	p.upTo = max(p.upTo, to)
	p.list = append(p.list, record.Transit{From: from, To: to, Delay: transit})
	if len(p.list) >= maxTransits {
		p.flush(rec, dir)
		return
	}
	rec.transitsLater()
}

// flush records the transit times that wait.
func (p *transits) flush(rec *recorder, dir record.Dir) {
	if len(p.list) == 0 {
		return
	}
	rec.append(&record.Record{Time: rec.now(), Conn: rec.conn, Kind: record.KindTransit, Dir: dir, Transits: p.list})
	p.list = p.list[:0]
}
