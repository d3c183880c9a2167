package frame

import (
	"bytes"
	"fmt"
	"testing"
)

// What a tapped byte costs: the numbers behind "a slow panel never slows a connection".

func BenchmarkDecoder(b *testing.B) {
	for _, size := range []int{0, 128, 1024, 16 << 10, 256 << 10} {
		for _, h := range []Header{
			{Fin: true, Opcode: Text},
			{Fin: true, Opcode: Text, Masked: true, Key: [4]byte{1, 2, 3, 4}},
			{Fin: true, Opcode: Binary, Masked: true, Key: [4]byte{1, 2, 3, 4}},
		} {
			b.Run(fmt.Sprintf("%v/masked=%t/%d", h.Opcode, h.Masked, size), func(b *testing.B) {
				wire := AppendFrame(nil, h, bytes.Repeat([]byte{'a'}, size))
				benchmarkFeed(b, Config{FromClient: h.Masked}, wire)
			})
		}
	}
	for _, p := range []DeflateParams{{}, {ServerNoContextTakeover: true}} {
		b.Run(fmt.Sprintf("compressed/takeover=%t", !p.ServerNoContextTakeover), func(b *testing.B) {
			benchmarkFeed(b, Config{Deflate: &p}, compressed(nil, NewDeflater(p, false).Append(nil, bytes.Repeat([]byte("some text "), 100))))
		})
	}
}

func benchmarkFeed(b *testing.B, c Config, wire []byte) {
	d := NewDecoder(c)
	n := 0
	emit := func(*Frame) { n++ }
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		d.Feed(wire, emit)
	}
	if n == 0 {
		b.Fatal("no frames")
	}
}

func BenchmarkMask(b *testing.B) {
	for _, size := range []int{16, 128, 16 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			src, dst := make([]byte, size), make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				xorMask(dst, src, [4]byte{1, 2, 3, 4}, 0)
			}
		})
	}
}
