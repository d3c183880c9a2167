// These tests prove that what subscribers read is what was appended, in order, with every record that is not there
// counted in exactly one gap; that appends never wait; and that memory stays within the bound.
package ring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// numbered returns a frame record whose payload is n bytes long and contains seq.
func numbered(seq uint64, n int) *record.Record {
	p := bytes.Repeat([]byte{byte(seq), byte(seq >> 8), 'x'}, n/3+1)[:n]
	return &record.Record{
		Kind: record.KindFrame, Time: int64(seq), Conn: uint32(seq % 7), Payload: p,
		Header: frame.Header{Fin: true, Opcode: frame.Binary, Size: 2, Length: uint64(n)},
	}
}

// leftMasked returns a record of which a tap left the payload masked, and which says what numbered's does.
func leftMasked(seq uint64, n int) *record.Record {
	r := numbered(seq, n)
	r.Header.Masked, r.Header.Key, r.LeftMasked = true, [4]byte{byte(seq), 1, 2, 3}, true
	frame.Unmask(r.Payload, r.Header.Key)
	return r
}

// reading is what a subscriber saw: how many records it read and how many were reported to it as missed.
type reading struct {
	next   uint64 // sequence number that must come next
	read   uint64
	missed uint64
	runs   map[uint64]uint64 // of records that came in a run: the number of its first, which says time and connection of all
}

// take checks one batch: it continues where the last ended, or says by how much it does not, and every record is the
// one that was appended under its number.
func (r *reading) take(batch []byte, size func(seq uint64) int) error {
	head, err := record.ReadBatch(batch, func(rec *record.Record) bool {
		want := numbered(rec.Seq, size(rec.Seq))
		if first := r.runs[rec.Seq]; first > 0 {
			want.Time, want.Conn = int64(first), uint32(first%7)
		}
		if !bytes.Equal(rec.Payload, want.Payload) || rec.Conn != want.Conn || rec.Time != want.Time {
			panic(fmt.Sprintf("record %d is not the one appended", rec.Seq))
		}
		return true
	})
	switch {
	case err != nil:
		return err
	case head.Count == 0:
		return errors.New("an empty batch")
	case head.First != r.next+head.Missed:
		return fmt.Errorf("batch begins at %d after %d with %d missed", head.First, r.next, head.Missed)
	}
	r.next = head.First + head.Count
	r.read += head.Count
	r.missed += head.Missed
	return nil
}

// TestAgainstNaiveModel drives a ring with random appends and reads by subscribers of random patience, and compares it
// with the plainest model there is: the list of everything ever appended.
func TestAgainstNaiveModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := New(rapid.IntRange(16<<10, 64<<10).Draw(t, "limit"))
		var sizes []int
		inRun := map[uint64]uint64{} // the first number of the run
		size := func(seq uint64) int { return sizes[seq-1] }
		type sub struct {
			*Subscriber
			reading
			claimed []span // and not copied yet, as by a reader that the scheduler keeps waiting
		}
		var subs []*sub
		finish := func(s *sub) {
			for _, c := range s.claimed {
				if err := s.take(c.appendTo(nil), size); err != nil {
					t.Fatal(err)
				}
			}
			s.claimed = nil
		}
		drain := func(s *sub) {
			finish(s)
			for s.claimed = append(s.claimed, s.claim()); s.claimed[0].from != nil; s.claimed = append(s.claimed, s.claim()) {
				finish(s)
			}
			s.claimed = nil
		}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				n := rapid.SampledFrom([]int{0, 1, 125, 900, 5000, 20000}).Draw(t, "payload")
				for range rapid.IntRange(1, 40).Draw(t, "times") {
					sizes = append(sizes, n)
					r := numbered(uint64(len(sizes)), n)
					if rapid.Bool().Draw(t, "left masked") {
						r = leftMasked(uint64(len(sizes)), n)
					}
					g.Append(r)
					if r.Seq != uint64(len(sizes)) {
						t.Fatalf("append %d got number %d", len(sizes), r.Seq)
					}
				}
			},
			"append runs": func(t *rapid.T) {
				n := rapid.SampledFrom([]int{0, 1, 125, 900}).Draw(t, "payload")
				for range rapid.IntRange(1, 20).Draw(t, "times") {
					run := runOf(uint64(len(sizes))+1, n, rapid.IntRange(1, 9).Draw(t, "frames"))
					for range run.Frames {
						sizes = append(sizes, n)
						inRun[uint64(len(sizes))] = uint64(run.Time)
					}
					g.AppendRun(run)
				}
			},
			"subscribe": func(*rapid.T) {
				s := &sub{Subscriber: g.Subscribe(), reading: reading{runs: inRun}}
				s.next = g.Stats().Evicted + 1
				subs = append(subs, s)
			},
			"read": func(t *rapid.T) {
				if len(subs) > 0 {
					drain(rapid.SampledFrom(subs).Draw(t, "who"))
				}
			},
			"claim": func(t *rapid.T) {
				if len(subs) == 0 {
					return
				}
				s := rapid.SampledFrom(subs).Draw(t, "who")
				if c := s.claim(); c.from != nil {
					s.claimed = append(s.claimed, c)
				}
			},
			"": func(t *rapid.T) {
				st := g.Stats()
				if st.Appended != uint64(len(sizes)) || st.Held+st.Evicted != st.Appended {
					t.Fatalf("counters do not add up: %+v, appended %d", st, len(sizes))
				}
				if st.Bytes > max(st.Limit, 20000+fixedSize) {
					t.Fatalf("the ring takes %d of %d bytes", st.Bytes, st.Limit)
				}
			},
		})
		for _, s := range subs {
			drain(s)
			if s.next != uint64(len(sizes))+1 {
				t.Fatalf("a drained subscriber stands at %d of %d", s.next, len(sizes))
			}
			s.Close()
		}
		snap := reading{next: g.Stats().Evicted + 1, runs: inRun}
		g.Snapshot(func(b []byte) bool {
			if err := snap.take(b, size); err != nil {
				t.Fatal(err)
			}
			return true
		})
		if st := g.Stats(); snap.read != st.Held || snap.missed != 0 {
			t.Fatalf("a snapshot holds %d records, the ring %d", snap.read, st.Held)
		}
	})
}

func TestLateSubscriberFirstGetsWhatTheRingHolds(t *testing.T) {
	g := New(1 << 20)
	for seq := uint64(1); seq <= 100; seq++ {
		g.Append(numbered(seq, 50))
	}
	s := g.Subscribe()
	defer s.Close()
	r := reading{next: 1}
	batch, err := s.Next(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.take(batch, func(uint64) int { return 50 }); err != nil || r.read != 100 {
		t.Fatalf("read %d records, %v", r.read, err)
	}
}

func TestSlowSubscriberGetsACountedGap(t *testing.T) {
	g := New(16 << 10)
	s := g.Subscribe()
	defer s.Close()
	r := reading{next: 1}
	const total = 1000
	for seq := uint64(1); seq <= total; seq++ {
		g.Append(numbered(seq, 100))
	}
	for r.next <= total {
		batch, err := s.Next(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.take(batch, func(uint64) int { return 100 }); err != nil {
			t.Fatal(err)
		}
	}
	if st := g.Stats(); r.missed == 0 || r.missed != st.Evicted || st.Missed != r.missed || r.read+r.missed != total {
		t.Fatalf("read %d, missed %d of %d; ring says %+v", r.read, r.missed, total, st)
	}
}

func TestBatchesWaitAFewMillisecondsForCompany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(1 << 20)
		s := g.Subscribe()
		defer s.Close()
		go func() {
			for seq := uint64(1); seq <= 10; seq++ {
				g.Append(numbered(seq, 10))
				time.Sleep(flushInterval / 20)
			}
		}()
		begin := time.Now()
		batch, err := s.Next(t.Context(), nil)
		r := reading{next: 1}
		if err != nil || r.take(batch, func(uint64) int { return 10 }) != nil || r.read != 10 {
			t.Fatalf("one batch with 10 records expected, got %d, %v", r.read, err)
		}
		if took := time.Since(begin); took != flushInterval {
			t.Errorf("the batch left after %v", took)
		}
	})
}

func TestNextEndsWithItsContextAndWithClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(1 << 20)
		for name, end := range map[string]struct {
			do   func(s *Subscriber, cancel func())
			want error
		}{
			"context":    {func(_ *Subscriber, cancel func()) { cancel() }, context.Canceled},
			"subscriber": {func(s *Subscriber, _ func()) { s.Close() }, ErrClosed},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			s := g.Subscribe()
			go func() {
				synctest.Wait()
				end.do(s, cancel)
			}()
			if _, err := s.Next(ctx, nil); !errors.Is(err, end.want) {
				t.Errorf("%s: %v", name, err)
			}
			s.Close()
			cancel()
		}
		s := g.Subscribe()
		g.Append(numbered(1, 1))
		g.Close()
		if b, err := s.Next(t.Context(), nil); err != nil || len(b) == 0 {
			t.Errorf("what was left must be read before the end: %v", err)
		}
		if _, err := s.Next(t.Context(), nil); !errors.Is(err, ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
		if g.waiting != 0 {
			t.Errorf("%d subscribers are counted as waiting", g.waiting)
		}
	})
}

// TestTimesNeverGoBack: two connections may race for the lock after they read the clock.
func TestTimesNeverGoBack(t *testing.T) {
	g := New(1 << 20)
	for _, at := range []int64{5, 3, 7} {
		g.Append(&record.Record{Kind: record.KindEnd, Time: at})
	}
	var got []int64
	g.Snapshot(func(b []byte) bool {
		_, err := record.ReadBatch(b, func(r *record.Record) bool { got = append(got, r.Time); return true })
		return err == nil
	})
	if fmt.Sprint(got) != "[5 5 7]" {
		t.Error(got)
	}
}

// TestManyWritersAndReaders runs under the race detector: every subscriber accounts for every record.
func TestManyWritersAndReaders(t *testing.T) {
	g := New(64 << 10)
	const writers, each, readers = 4, 2000, 3
	var readersDone, writersDone sync.WaitGroup
	for range readers {
		s := g.Subscribe()
		readersDone.Go(func() {
			defer s.Close()
			var seen uint64
			for {
				b, err := s.Next(context.Background(), nil)
				if err != nil {
					break
				}
				head, err := record.ReadBatch(b, func(*record.Record) bool { return true })
				if err != nil {
					t.Error(err)
				}
				seen += head.Count + head.Missed
			}
			if seen != writers*each {
				t.Errorf("a subscriber accounts for %d records of %d", seen, writers*each)
			}
		})
	}
	for range writers {
		writersDone.Go(func() {
			for range each {
				g.Append(&record.Record{Kind: record.KindEnd, Reason: "reason"})
			}
		})
	}
	await.Group(t, &writersDone)
	g.Close()
	await.Group(t, &readersDone)
}

func TestAppendAllocatesNothing(t *testing.T) {
	g := New(1 << 20)
	r := numbered(1, 128)
	for range 20000 {
		g.Append(r)
	}
	if n := testing.AllocsPerRun(20000, func() { g.Append(r) }); n != 0 {
		t.Errorf("%v allocations for an append", n)
	}
}

// TestRecordsByNumber proves that each record that the ring holds is found by its number, and no other.
func TestRecordsByNumber(t *testing.T) {
	r := New(64 << 10)
	for seq := uint64(1); seq <= 3000; seq++ {
		r.Append(numbered(seq, int(seq%300)))
	}
	r.Append(leftMasked(3001, 50))
	stats := r.Stats()
	for seq := uint64(0); seq <= 3003; seq++ {
		var got uint64
		found := r.Record(seq, func(rec *record.Record) {
			got = uint64(rec.Time)
			if n := len(rec.Payload); !bytes.Equal(rec.Payload, numbered(seq, n).Payload) || rec.LeftMasked {
				t.Errorf("record %d says %q", seq, rec.Payload)
			}
		})
		if want := seq > stats.Evicted && seq <= 3001; found != want || found && got != seq {
			t.Fatalf("record %d of %d..3001: %t, %d", seq, stats.Evicted+1, found, got)
		}
	}
}

// TestReadersGetUnmaskedPayloads proves that what a tap left masked is unmasked in each batch that is read, for every reader and each time.
func TestReadersGetUnmaskedPayloads(t *testing.T) {
	g := New(1 << 20)
	for seq := uint64(1); seq <= 40; seq++ {
		g.Append(leftMasked(seq, int(seq)*7))
	}
	size := func(seq uint64) int { return int(seq) * 7 }
	for range 2 {
		s, of := g.Subscribe(), reading{next: 1}
		batch, err := s.Next(t.Context(), []byte("before"))
		if err != nil || string(batch[:6]) != "before" {
			t.Fatalf("%q, %v", batch, err)
		}
		if err := of.take(batch[6:], size); err != nil || of.read != 40 {
			t.Errorf("a subscriber read %d records: %v", of.read, err)
		}
		s.Close()
		snap := reading{next: 1}
		g.Snapshot(func(batch []byte) bool {
			if err := snap.take(batch, size); err != nil {
				t.Error(err)
			}
			return true
		})
		if snap.read != 40 {
			t.Errorf("a snapshot has %d records", snap.read)
		}
	}
}

// TestSubscribeFrom: a reader goes on where it was; what was evicted meanwhile is counted, and a number that was not given yet waits for the next record.
func TestSubscribeFrom(t *testing.T) {
	r := New(16 << 10)
	add := func(n int) {
		for range n {
			r.Append(&record.Record{Kind: record.KindNote, Conn: 1, Reason: "a record of some length"})
		}
	}
	first := func(seq uint64) record.Batch {
		t.Helper()
		s := r.SubscribeFrom(seq)
		defer s.Close()
		b, err := s.Next(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		head, err := record.ReadBatch(b, func(*record.Record) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		return head
	}
	late := r.SubscribeFrom(5) // of an empty ring
	defer late.Close()
	add(10)
	if b, err := late.Next(t.Context(), nil); err != nil || len(b) == 0 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	for seq, want := range map[uint64]record.Batch{0: {First: 1, Count: 10}, 1: {First: 1, Count: 10}, 7: {First: 7, Count: 4}, 10: {First: 10, Count: 1}} {
		if head := first(seq); head != want {
			t.Errorf("from %d: %+v, want %+v", seq, head, want)
		}
	}
	for _, seq := range []uint64{11, 99} {
		s := r.SubscribeFrom(seq)
		add(1)
		b, err := s.Next(t.Context(), nil)
		s.Close()
		head, err2 := record.ReadBatch(b, func(*record.Record) bool { return true })
		if err != nil || err2 != nil || head.Count != 1 || head.Missed != 0 {
			t.Errorf("from %d: %+v, %v, %v", seq, head, err, err2)
		}
	}
	add(5000)
	if head := first(3); head.Missed != head.First-3 || head.First < 100 {
		t.Errorf("from one that was evicted: %+v", head)
	}
}

// TestAppendLate: a record from elsewhere keeps its time, and those that follow keep theirs.
func TestAppendLate(t *testing.T) {
	r := New(0)
	r.Append(&record.Record{Kind: record.KindNote, Conn: 1, Time: 10})
	r.AppendLate(&record.Record{Kind: record.KindNote, Conn: 2, Time: 3})
	r.AppendLate(&record.Record{Kind: record.KindNote, Conn: 2, Time: 30})
	r.Append(&record.Record{Kind: record.KindNote, Conn: 1, Time: 9})
	var times []int64
	r.Snapshot(func(batch []byte) bool {
		_, err := record.ReadBatch(batch, func(rec *record.Record) bool { times = append(times, rec.Time); return true })
		return err == nil
	})
	if want := []int64{10, 3, 30, 10}; !slices.Equal(times, want) {
		t.Errorf("the times are %v, want %v", times, want)
	}
}
