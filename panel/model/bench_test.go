package model

import (
	"fmt"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// million is a model that holds 1,000,000 records of 128 bytes.
func million(b *testing.B) *Model {
	b.Helper()
	m := New(Options{Bytes: 256 << 20})
	for first := uint64(1); first < 1_000_000; first += 1000 {
		m.Update(Batch{batchOf(first, thousand(first)...)})
		m.pairing.next = m.store.End() // the messages are not decoded: it takes long, and no scan needs it
		settle(m)
	}
	return m
}

func thousand(first uint64) []record.Record {
	out := make([]record.Record, 1000)
	for i := range out {
		s := fmt.Sprintf("%-120s%08d", `{"type":"trade","price":`, first+uint64(i))
		out[i] = text(record.Dir(i&1), s)
	}
	return out
}

func BenchmarkTake(b *testing.B) {
	m := New(Options{})
	batch := thousand(1)
	var seq uint64 = 1
	for b.Loop() {
		m.Update(Batch{batchOf(seq, batch...)})
		seq += 1000
		for m.Step(1 << 20) {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(seq-1), "ns/record")
}

func BenchmarkScanPredicate1M(b *testing.B) { benchScan(b, rows.Filter{Text: "dir:in len>64"}) }

func BenchmarkScanChip1M(b *testing.B) { benchScan(b, rows.Filter{HideDir: [2]bool{true, false}}) }

func BenchmarkScanText1M(b *testing.B) { benchScan(b, rows.Filter{Text: "00424242"}) }

func BenchmarkScanAnyCase1M(b *testing.B) { benchScan(b, rows.Filter{Text: "nowhere"}) }

// benchScan measures a scan of all rows; that the filter is taken away between two of them is not measured.
func benchScan(b *testing.B, f rows.Filter) {
	m := million(b)
	for b.Loop() {
		b.StopTimer()
		m.Update(SetFilter{})
		m.search.found.stop(m.store.End())
		b.StartTimer()
		m.Update(SetFilter{f})
		for m.search.found.next < m.store.End() {
			m.Step(4096)
		}
	}
}

func BenchmarkWindow(b *testing.B) {
	m := million(b)
	m.Update(Resize{60})
	var buf []byte
	for b.Loop() {
		w := m.Window()
		buf = w.Pack(buf[:0])
	}
}
