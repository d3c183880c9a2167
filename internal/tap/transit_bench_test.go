package tap

import (
	"fmt"
	"net"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// hole is a connection whose reads and writes return at once.
type hole struct {
	net.Conn
	gives []byte
}

func (h *hole) Write(p []byte) (int, error) { return len(p), nil }
func (h *hole) Read(p []byte) (int, error)  { return copy(p, h.gives), nil }

type nowhere struct{}

func (nowhere) Append(*record.Record) {}

// BenchmarkLegs compares what a frame costs through an endpoint's connection and through a proxy's, which records
// transit times: without any network, so that the tap is all that is measured. Both are measured in one run.
func BenchmarkLegs(b *testing.B) {
	for _, relays := range []bool{false, true} {
		for _, size := range []int{128, 16 << 10} {
			b.Run(fmt.Sprintf("relays=%t/size=%d", relays, size), func(b *testing.B) {
				up := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Binary, Masked: true, Key: [4]byte{1, 2, 3, 4}}, make([]byte, size))
				down := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Binary}, make([]byte, size))
				c := New(Config{Sink: nowhere{}}).newConn(&hole{gives: up}, &responseWriter{id: 1, name: "target", request: []byte(request)})
				c.relays.Store(relays)
				c.in.begin(c.opened([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")))
				p := make([]byte, len(up))
				b.ReportAllocs()
				for b.Loop() {
					_, _ = c.Read(p)
					_, _ = c.Write(down)
				}
			})
		}
	}
}
