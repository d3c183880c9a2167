package model

import (
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/decode"
)

// Limits of finding answers: open requests remembered for each direction of a connection, bytes of a message read for its
// pair, and how many rows the search may lag behind before it passes over the older ones, which are then counted.
const (
	maxAsks      = 256
	maxPairBytes = 64 << 10
	maxLag       = 200_000
)

// pairs is the search for requests and their answers, which goes over the rows once, when nothing else is to be done.
type pairs struct {
	next    uint64 // the row to look at next
	counted uint64 // rows before this one are in the statistics
	said    Pairing
	request []string // the person's path; nil when only protocols say what belongs together
	answer  []string
}

// asks are the requests of one direction that have no final answer yet; a request may have several answers.
type asks struct {
	of    map[string]ask
	order []string
}

type ask struct {
	id       uint64
	time     int64
	answered bool
}

func (a *asks) put(key string, x ask) {
	if a.of == nil {
		a.of = map[string]ask{}
	}
	if _, known := a.of[key]; !known {
		if len(a.order) >= maxAsks {
			delete(a.of, a.order[0])
			a.order = a.order[1:]
		}
		a.order = append(a.order, key)
	}
	a.of[key] = x
}

// pairUp looks at rows as far as the budget reaches.
func (m *Model) pairUp(budget int) {
	if lag := m.store.end - m.pairs.next; lag > maxLag {
		m.known.unread += m.store.end - maxLag/2 - min(max(m.pairs.next, m.pairs.counted), m.store.end-maxLag/2)
		m.pairs.next = m.store.end - maxLag/2
	}
	for m.pairs.next < m.store.end && budget > 0 {
		pg, i := m.store.row(m.pairs.next)
		budget -= 4
		if pg.kind[i] == record.KindFrame && pg.first[i]&8 == 0 && pg.flags[i]&rowFinal != 0 {
			m.pairRow(m.pairs.next, pg, i)
			budget -= briefCost
		}
		m.pairs.next++
	}
}

func (m *Model) pairRow(id uint64, pg *page, i int) {
	v := m.briefOf(pg, i)
	k := m.conns.byID[pg.conn[i]]
	if id >= m.cleared.from && id >= m.pairs.counted {
		shape := shapeOf(v.Summary)
		m.known.note(&v, shape, pg, i)
		if k != nil {
			k.knows().note(&v, shape, pg, i)
		}
	}
	m.pairs.counted = max(m.pairs.counted, id+1)
	pg.pair[i], pg.took[i] = 0, 0
	if k == nil {
		return
	}
	leg, dir := pg.way[i]>>1&1, pg.way[i]&1
	pair := m.pairs.pairOf(&v, &k.asks[leg][1-dir])
	if pair.Key == "" {
		return
	}
	switch pair.Role {
	case decode.Request:
		k.asks[leg][dir].put(pair.Key, ask{id: id, time: pg.time[i]})
	case decode.Response:
		x, ok := k.asks[leg][1-dir].of[pair.Key]
		if !ok || x.id >= id {
			return
		}
		took := max(1, pg.time[i]-x.time)
		m.answer(x.id, id, took)
		if !x.answered && id >= m.cleared.from {
			m.known.answered(took)
			k.knows().answered(took)
		}
		x.answered = true
		k.asks[leg][1-dir].of[pair.Key] = x
	case decode.None:
	}
}

// PairLink leads from a request to its first answer, from an answer to what it answers, and from a part of a message to the
// frame that ends it.
type PairLink struct {
	ID    uint64
	Label string // "answered by #57 after 1.80 ms"
}

func (m *Model) pairLink() *PairLink {
	d := &m.detail
	if d.connOnly || !m.store.held(d.id) {
		return nil
	}
	pg, i := m.store.row(d.id)
	if pg.pair[i] == 0 || !m.store.held(pg.pair[i]-1) {
		return nil
	}
	other := pg.pair[i] - 1
	o, j := m.store.row(other)
	if _, ok := m.whole(pg, i); ok {
		return &PairLink{other, "the whole message is at #" + utoa(o.seq[j])}
	}
	if other > d.id {
		return &PairLink{other, "answered by #" + utoa(o.seq[j]) + " after " + Duration(o.took[j]) + m.pingLeg(pg, i)}
	}
	return &PairLink{other, "answers #" + utoa(o.seq[j]) + " after " + Duration(pg.took[i]) + m.pingLeg(o, j)}
}

// pingLeg says on which leg of a proxy a ping was answered; nothing of another row.
func (m *Model) pingLeg(pg *page, i int) string {
	if frame.Opcode(pg.first[i]&0xF) != frame.Ping {
		return ""
	}
	return m.conns.byID[pg.conn[i]].legOf(rowDir(pg, i))
}

// goPair selects the other row of a pair, also one that the filter hides.
func (m *Model) goPair() {
	if p := m.pairLink(); p != nil {
		m.show(p.ID)
		m.selectRow(p.ID)
	}
}
