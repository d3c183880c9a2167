// Package work is what the benchmark of the panel does with a model, the same natively and in a page.
package work

import (
	"fmt"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// PayloadSize is the length of every payload, in bytes.
const PayloadSize = 128

// perBatch is how many records a batch has, as the ring makes them under load.
const perBatch = 1000

// The queries that are measured. The substring stands in one payload of a million.
const (
	Predicate = "dir:in len>64"
	Substring = "00424242"
)

// Payload returns the payload of record n.
func Payload(n uint64) string {
	s := fmt.Sprintf(`{"type":"trade","price":%d.5,"id":"%08d","pad":"`, n%1000, n)
	return s + strings.Repeat("x", PayloadSize-2-len(s)) + `"}`
}

// Batches returns n records from number first on, as batches of the feed.
func Batches(first, n uint64) (out [][]byte) {
	for at := first; at < first+n; at += perBatch {
		count := min(perBatch, first+n-at)
		b := record.AppendBatch(nil, record.Batch{First: at, Count: count})
		for i := range count {
			p := Payload(at + i)
			b = record.AppendRecord(b, &record.Record{
				Time: int64(1e18) + int64(at+i)*10_000, Conn: 1, Kind: record.KindFrame, Dir: record.Dir((at + i) & 1),
				Header:  frame.Header{Fin: true, Opcode: frame.Text, Length: PayloadSize, Size: 4},
				Payload: []byte(p), Message: at + i, Final: true, Frames: 1, Wire: PayloadSize, Inflated: PayloadSize,
			})
		}
		out = append(out, b)
	}
	return out
}

// Take gives a model n records from number first on, a thousand at a time so that the batches themselves take no memory.
func Take(m *model.Model, first, n uint64) {
	for at := first; at < first+n; at += perBatch {
		for _, b := range Batches(at, min(perBatch, first+n-at)) {
			m.Update(model.Batch{Bytes: b})
		}
		Search(m)
	}
}

// Search lets the model find what its filter shows.
func Search(m *model.Model) {
	for m.Status().Scanning {
		m.Step(1 << 16)
	}
}

// Scan measures a search through all rows: the least of so many repetitions.
func Scan(m *model.Model, query string, reps int) time.Duration {
	least := time.Duration(1<<63 - 1)
	for range reps {
		m.Update(model.SetFilter{})
		Search(m)
		start := time.Now()
		m.Update(model.SetFilter{Filter: rows.Filter{Text: query}})
		Search(m)
		least = min(least, time.Since(start))
	}
	m.Update(model.SetFilter{})
	Search(m)
	return least
}
