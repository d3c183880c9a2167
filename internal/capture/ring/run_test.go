package ring

import (
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// runOf returns a run whose records are numbered's from seq on, but that they are of one connection and time. Every other run is of a client.
func runOf(seq uint64, n, frames int) *record.Run {
	run := &record.Run{Time: int64(seq), Conn: uint32(seq % 7), Run: frame.Run{Frames: uint32(frames)}}
	for i := range uint64(frames) {
		r := numbered(seq+i, n)
		h := r.Header
		if seq%2 == 1 {
			h.Masked, h.Key, h.Size = true, [4]byte{byte(seq + i), 1, 2, 3}, 0
		}
		run.Bytes = frame.AppendFrame(run.Bytes, h, r.Payload)
	}
	return run
}

// TestRunsAreReadByNumber: every record of a run has a number of its own, by which it is found and by which a subscriber begins.
func TestRunsAreReadByNumber(t *testing.T) {
	r := New(64 << 10)
	next := uint64(1)
	for next < 5000 {
		if frames := int(next % 5); frames == 0 {
			r.Append(numbered(next, 30))
			next++
		} else {
			r.AppendRun(runOf(next, 30, frames))
			next += uint64(frames)
		}
	}
	stats := r.Stats()
	if stats.Appended != next-1 || stats.Held+stats.Evicted != stats.Appended || stats.Evicted == 0 || stats.Bytes > stats.Limit {
		t.Fatalf("%+v after %d records", stats, next-1)
	}
	check := func(rec *record.Record, seq uint64) {
		t.Helper()
		if rec.Seq != seq || string(rec.Payload) != string(numbered(seq, 30).Payload) || rec.LeftMasked {
			t.Fatalf("record %d has number %d and says %q", seq, rec.Seq, rec.Payload)
		}
	}
	for seq := uint64(0); seq <= next+1; seq++ {
		found := r.Record(seq, func(rec *record.Record) { check(rec, seq) })
		if want := seq > stats.Evicted && seq < next; found != want {
			t.Fatalf("record %d of %d..%d: %t", seq, stats.Evicted+1, next-1, found)
		}
		if !found || seq%97 != 0 {
			continue
		}
		s, at := r.SubscribeFrom(seq), seq
		for at < next {
			batch, err := s.Next(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := record.ReadBatch(batch, func(rec *record.Record) bool { check(rec, at); at++; return true }); err != nil {
				t.Fatal(err)
			}
		}
		s.Close()
	}
}

func TestAppendRunAllocatesNothing(t *testing.T) {
	g := New(1 << 20)
	r := runOf(1, 128, 16)
	for range 2000 {
		g.AppendRun(r)
	}
	if n := testing.AllocsPerRun(2000, func() { g.AppendRun(r) }); n != 0 {
		t.Errorf("%v allocations for an append", n)
	}
}
