package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// intake takes records into the store, the connection table and the counters, and notices what is missing between them.
type intake struct {
	store  *rows.Store
	conns  *conns
	counts *counts
	paging *paging

	lastSeq       uint64 // of the newest record taken in or passed over
	recording     bool
	unrecorded    uint64 // records passed over since recording was switched off
	serverEvicted uint64
	pages         pages
	delayed       uint64 // ID of the oldest row whose proxy delay came with the last batch; no row: the end of the store
}

// take reads one batch into the store. Records that this panel has already (a feed that reconnects sends the server's
// ring again) are skipped by number; numbers that were jumped over become a gap row.
func (t *intake) take(b []byte) error {
	t.delayed = rows.None
	batch, err := record.ReadBatch(b, func(r *record.Record) bool {
		switch {
		case r.Seq <= t.lastSeq:
		case !t.recording:
			t.unrecorded++
			t.lastSeq = r.Seq
		case r.Kind == record.KindTransit:
			t.addGap(r)
			t.addProxyDelays(r)
		default:
			t.addGap(r)
			t.add(r)
			t.paging.note(t.store.End()-1, r)
		}
		return true
	})
	t.serverEvicted = max(t.serverEvicted, batch.Evicted)
	return err
}

// addGap adds a gap row before r when records between the last one and r are missing.
func (t *intake) addGap(r *record.Record) {
	missing := r.Seq - t.lastSeq - 1 + t.unrecorded
	if missing == 0 {
		return
	}
	why := rows.GapFeed
	switch {
	case t.unrecorded > 0:
		why = rows.GapPaused
	case t.lastSeq == 0:
		why = rows.GapBefore
	}
	t.counts.tally.Add(t.store.AddGap(r.Time, r.Seq-missing, missing, why))
	t.unrecorded = 0
}

// add keeps one record as a row, O(1) but for the copy of its bytes.
func (t *intake) add(r *record.Record) {
	t.lastSeq = r.Seq
	k := t.conns.get(r.Conn)
	isFrame := r.Kind == record.KindFrame
	opcode, compressed := r.Header.Opcode, false
	if isFrame {
		opcode, compressed = k.messageOpcode(r)
	}
	row := t.store.Add(r, opcode, compressed)
	if isFrame {
		t.store.Chain(k.stream(r), r)
	}
	if k.lastTime != 0 {
		row.SetDelta(max(0, r.Time-k.lastTime))
	}
	k.lastTime = r.Time
	t.counts.add(k, row, r)
	if isFrame {
		t.pairPing(k, row, r)
	}
	k.note(r)
	k.last = row.ID()
}

// pairPing notes an open ping, or ties a pong to the ping that it answers.
func (t *intake) pairPing(k *Conn, row rows.Row, r *record.Record) {
	switch r.Header.Opcode { //nolint:exhaustive // only pings are answered by the protocol itself
	case frame.Ping:
		k.ping(r, row.ID())
	case frame.Pong:
		if p, ok := k.pong(r); ok {
			rtt := max(1, r.Time-p.time)
			t.store.Answer(p.id, row.ID(), rtt)
			t.counts.addRTT(k, 1-r.Dir&1, rtt)
		}
	}
}
