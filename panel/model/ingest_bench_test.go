package model

import "testing"

// BenchmarkIngest is the taking in alone, as under a flood: nothing is searched and nothing decoded.
func BenchmarkIngest(b *testing.B) {
	m := New(Options{})
	batch := batchOf(1, thousand(1)...)
	var n uint64
	for b.Loop() {
		m.intake.lastSeq = 0
		m.Update(Batch{batch})
		n += 1000
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/record")
}
