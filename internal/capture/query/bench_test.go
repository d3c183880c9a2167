package query

import (
	"bytes"
	"testing"
)

// columns are a million rows as the panel's store has them: one column for each field, payloads in one piece.
type columns struct {
	length, wire []uint64
	op, dir      []uint8
	arena        []byte
	i            int
}

const (
	benchRows    = 1 << 20
	benchPayload = 128
)

func newColumns() *columns {
	c := &columns{length: make([]uint64, benchRows), wire: make([]uint64, benchRows), op: make([]uint8, benchRows), dir: make([]uint8, benchRows)}
	one := []byte(`{"type":"trade","symbol":"BTCUSD","price":"101.50","size":3,"ts":1700000000000,"side":"buy","venue":"X1","pad":"..............."}`)
	for i := range benchRows {
		c.length[i], c.wire[i], c.op[i], c.dir[i] = uint64(i%2000), uint64(i%1000), 1+uint8(i%2), uint8(i%2)
		c.arena = append(c.arena, one[:benchPayload]...)
	}
	return c
}

func (c *columns) Number(f Field) (int64, bool) {
	return benchReaders[f](c)
}

// benchReaders has one function for each field, as a store of columns may have.
var benchReaders = func() (out [numFields]func(*columns) (int64, bool)) {
	for i := range out {
		out[i] = func(*columns) (int64, bool) { return 0, false }
	}
	out[Len] = func(c *columns) (int64, bool) { return int64(c.length[c.i]), true }
	out[Wire] = func(c *columns) (int64, bool) { return int64(c.wire[c.i]), true }
	out[Op] = func(c *columns) (int64, bool) { return int64(c.op[c.i]), true }
	out[Dir] = func(c *columns) (int64, bool) { return int64(c.dir[c.i]), true }
	return out
}()

func (c *columns) Text(Field) string { return "" }
func (c *columns) Payload() []byte   { return c.arena[c.i*benchPayload : (c.i+1)*benchPayload] }

// BenchmarkScan is one pass over 1,048,576 rows of 128 bytes: ns/op is the time until all are answered.
func BenchmarkScan(b *testing.B) {
	c := newColumns()
	for _, text := range []string{`len>1k`, `dir:in op:text len>1k`, `ratio<1`, `"nowhere"`, `nowhere`, `Nowhere`, `dir:in nowhere`, `$.price>200`, `$.type=none`, `/no[wx]here/`, `near:5 len:1999`} {
		q, err := Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			var ids []uint64
			for range b.N {
				s := q.Scanner()
				ids = ids[:0]
				for c.i = range benchRows {
					ids = s.Push(ids, uint64(c.i), c)
				}
			}
		})
	}
}

// BenchmarkByHand is the same work written out for one question, to compare with.
func BenchmarkByHand(b *testing.B) {
	c := newColumns()
	b.Run("len>1k", func(b *testing.B) {
		var ids []uint64
		for range b.N {
			ids = ids[:0]
			for i, n := range c.length {
				if n > 1000 {
					ids = append(ids, uint64(i))
				}
			}
		}
	})
	b.Run("bytes.Contains", func(b *testing.B) {
		for range b.N {
			for c.i = range benchRows {
				if bytes.Contains(c.Payload(), []byte("Nowhere")) {
					b.Fatal("found")
				}
			}
		}
	})
}
