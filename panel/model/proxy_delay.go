package model

import "github.com/tetherscope/tetherscope/internal/capture/record"

// maxDelayRows is how many frames of a direction are looked at for what one record says of them: those are its newest.
const maxDelayRows = 4096

// addProxyDelays notes how long frames that are there already were in the proxy. The record of it comes a moment after them.
func (t *intake) addProxyDelays(r *record.Record) {
	t.lastSeq = r.Seq
	k := t.conns.byID[r.Conn]
	if k == nil || len(r.Transits) == 0 {
		return
	}
	first := r.Transits[0].From
	for _, p := range r.Transits {
		first = min(first, p.From)
	}
	id, ok := k.stream(r).Newest()
	if !ok || !t.store.Has(id) {
		return
	}
	row := t.store.Row(id)
	for range maxDelayRows {
		end := row.EndOffset()
		copied := row.Marks()&record.Injected != 0 && row.Offset() == 0 // a copy that a rule made has no place among the sender's bytes
		if !copied && end <= first {
			return
		}
		if delay := delayOf(r.Transits, end); delay > 0 && !copied && row.ProxyDelay() == 0 {
			row.SetProxyDelay(delay)
			t.delayed = min(t.delayed, row.ID())
		}
		if row, ok = row.Before(); !ok {
			return
		}
	}
}

// delayOf returns how long the part that has the byte before end was in the proxy, at least 1; 0 when no part has it.
func delayOf(list []record.Transit, end uint64) int64 {
	for _, p := range list {
		if p.From < end && end <= p.To {
			return max(1, int64(p.Delay))
		}
	}
	return 0
}
