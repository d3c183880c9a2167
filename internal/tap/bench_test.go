// The benchmark measures what a tap costs the connection that it watches: the same echo server with and without it, over
// real TCP. The test proves that a frame costs no allocation.
package tap

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/ring"
	"github.com/tetherscope/tetherscope/internal/frame"
)

func TestAFrameCostsNoAllocation(t *testing.T) {
	c := New(Config{Sink: ring.New(1 << 20), LeaveMasked: true}).newConn(endless{}, &responseWriter{id: 1})
	c.in.begin(c.opened([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")))
	b := masked(frame.Text, strings.Repeat("x", 128))
	round := func() {
		c.out.feed(b)
		c.in.feed(plainFrame)
	}
	for range 20_000 {
		round() // until the ring has its size
	}
	if n := testing.AllocsPerRun(10_000, round); n != 0 {
		t.Errorf("%v allocations for two frames", n)
	}
}

var plainFrame = plain(frame.Binary, strings.Repeat("y", 128))

type endless struct{ shortConn }

// BenchmarkEcho prints messages per second as ns/op of one round trip, tapped and untapped.
func BenchmarkEcho(b *testing.B) {
	for _, size := range []int{128, 16 << 10} {
		for _, tapped := range []bool{false, true} {
			b.Run(fmt.Sprintf("size=%d/tapped=%t", size, tapped), func(b *testing.B) { benchmarkEcho(b, size, tapped) })
		}
	}
}

func benchmarkEcho(b *testing.B, size int, tapped bool) {
	var handler http.Handler = http.HandlerFunc(echo)
	if tapped {
		handler = New(Config{Sink: ring.New(0), LeaveMasked: true}).Handler("/", handler)
	}
	srv := httptest.NewServer(handler)
	defer srv.Close()
	b.SetBytes(int64(size))
	b.RunParallel(func(pb *testing.PB) {
		c, _, err := websocket.Dial(context.Background(), srv.URL, nil)
		if err != nil {
			b.Error(err)
			return
		}
		defer func() { _ = c.CloseNow() }()
		message := make([]byte, size)
		for pb.Next() {
			if err := c.Write(context.Background(), websocket.MessageBinary, message); err != nil {
				b.Error(err)
				return
			}
			_, r, err := c.Reader(context.Background())
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, r)
		}
	})
}

func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	buf := make([]byte, 0, 64<<10)
	for {
		kind, reader, err := c.Reader(context.Background())
		if err != nil {
			return
		}
		buf = buf[:0]
		for {
			n, err := reader.Read(buf[len(buf):cap(buf)])
			buf = buf[:len(buf)+n]
			if err != nil {
				break
			}
		}
		if c.Write(context.Background(), kind, buf) != nil {
			return
		}
	}
}

// BenchmarkFrame is the bare cost of what one read gives: of its frames, decoded one by one, or kept as they passed where the ring takes runs.
// Both are measured in turns, so that other work on the machine is in both.
func BenchmarkFrame(b *testing.B) {
	for _, read := range []struct{ size, frames int }{{128, 1}, {128, 16}, {16 << 10, 1}} {
		b.Run(fmt.Sprintf("size=%d/frames=%d", read.size, read.frames), func(b *testing.B) {
			var p []byte
			for i := range read.frames {
				h := frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Key: [4]byte{byte(i), 0x5a, 0xa5, 0x3c}}
				p = frame.AppendFrame(p, h, []byte(strings.Repeat("x", read.size)))
			}
			sinks := [2]Sink{struct{ Sink }{ring.New(0)}, ring.New(0)} // the first has no AppendRun
			var conns [2]*conn
			for i, sink := range sinks {
				conns[i] = New(Config{Sink: sink, LeaveMasked: true}).newConn(endless{}, &responseWriter{id: 1})
				conns[i].in.begin(conns[i].opened([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")))
				for n := 0; n < 2*ring.DefaultSize; n += len(p) { // until the ring has its size
					conns[i].out.feed(p)
				}
			}
			b.ReportAllocs()
			var took [2]time.Duration
			for b.Loop() {
				for i, c := range conns {
					began := time.Now()
					for range 100 {
						c.out.feed(p)
					}
					took[i] += time.Since(began)
				}
			}
			for i, name := range []string{"ns/read-one-by-one", "ns/read-in-runs"} {
				b.ReportMetric(float64(took[i])/float64(b.N)/100, name)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkManyConnections has as many connections at once as there are processors feed one tap: what they share is what keeps more processors from
// doing more. With -mutexprofile it says how long they wait for which lock.
func BenchmarkManyConnections(b *testing.B) {
	for _, frames := range []int{1, 16} {
		var p []byte
		for i := range frames {
			p = frame.AppendFrame(p, frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Key: [4]byte{byte(i), 0x5a, 0xa5, 0x3c}}, make([]byte, 128))
		}
		for i, sink := range []Sink{ring.New(0), struct{ Sink }{ring.New(0)}} {
			b.Run(fmt.Sprintf("frames=%d/%s", frames, []string{"in-runs", "one-by-one"}[i]), func(b *testing.B) {
				tap := New(Config{Sink: sink, LeaveMasked: true})
				b.RunParallel(func(pb *testing.PB) {
					c := tap.newConn(endless{}, &responseWriter{id: tap.NewConn()})
					c.in.begin(c.opened([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")))
					for pb.Next() {
						c.out.feed(p)
					}
				})
			})
		}
	}
}
