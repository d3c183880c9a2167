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

// BenchmarkFrame is the bare cost of one frame: decoding, unmasking, and its record into the ring.
func BenchmarkFrame(b *testing.B) {
	for _, size := range []int{128, 16 << 10} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			c := New(Config{Sink: ring.New(0), LeaveMasked: true}).newConn(endless{}, &responseWriter{id: 1})
			c.in.begin(c.opened([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")))
			p := masked(frame.Binary, strings.Repeat("x", size))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				c.out.feed(p)
			}
		})
	}
}
