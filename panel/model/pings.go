package model

import (
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// maxPings is how many unanswered pings of one direction are remembered: a pong answers the newest that fits
// (RFC 6455 §5.5.3 lets a peer answer only the newest of several).
const maxPings = 16

// openPing is a ping without a pong yet.
type openPing struct {
	payload string
	id      uint64
	time    int64
}

// timeRow notes how long after the row before and after the ping it answers the newest row came.
func (m *Model) timeRow(k *Conn, r *record.Record, pg *page, i int) {
	if m.began == 0 {
		m.began = r.Time
	}
	if k.lastTime != 0 {
		pg.delta[i] = max(0, r.Time-k.lastTime)
	}
	k.lastTime = r.Time
	if r.Kind != record.KindFrame {
		return
	}
	id := m.store.end - 1
	switch r.Header.Opcode { //nolint:exhaustive // only pings are answered by the protocol itself
	case frame.Ping:
		k.ping(r, id)
	case frame.Pong:
		if p, ok := k.pong(r); ok {
			took := max(1, r.Time-p.time)
			m.answer(p.id, id, took)
			m.known.rtts[1-r.Dir&1].add(took)
			k.knows().rtts[1-r.Dir&1].add(took)
		}
	}
}

func (k *Conn) ping(r *record.Record, id uint64) {
	open := &k.pings[r.Leg&1][r.Dir&1]
	if len(*open) >= maxPings {
		*open = (*open)[1:]
	}
	*open = append(*open, openPing{string(r.Payload), id, r.Time})
}

// pong returns the newest ping that r answers, and forgets it and those before it.
func (k *Conn) pong(r *record.Record) (openPing, bool) {
	open := &k.pings[r.Leg&1][1-r.Dir&1]
	for i := len(*open) - 1; i >= 0; i-- {
		if p := (*open)[i]; p.payload == string(r.Payload) {
			*open = append((*open)[:0], (*open)[i+1:]...)
			return p, true
		}
	}
	return openPing{}, false
}

// answer ties two rows together. The older one may have been evicted since.
func (m *Model) answer(asked, answered uint64, took int64) {
	pg, i := m.store.row(answered)
	pg.took[i], pg.pair[i] = took, asked+1
	if m.store.held(asked) {
		pg, i = m.store.row(asked)
		if pg.pair[i] == 0 {
			pg.pair[i] = answered + 1
		}
	}
}
