package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
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

// stream returns the newest frame of a record's leg and direction.
func (k *Conn) stream(r *record.Record) *rows.Stream { return &k.streams[r.Leg&1][r.Dir&1] }
