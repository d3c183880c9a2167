// The benchmark compares an echo over coder/websocket without a proxy, through one that only copies bytes with io.Copy, and
// through ours with its tap, in one run. The load is raw TCP, so that what is measured is the way there and back.
package proxy

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/ring"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// BenchmarkProxy prints messages per second of 64 connections: "direct", "plain" and "ours". They take turns, and the ratios
// are medians over the turns: a machine that others use as well is no steadier than that.
func BenchmarkProxy(b *testing.B) {
	target := httptest.NewServer(http.HandlerFunc(echo))
	defer target.Close()
	direct := target.Listener.Addr().String()
	ways := []string{direct, plainProxy(b, direct), standWithRing(b, direct)}
	for _, size := range []int{128, 16 << 10} {
		for _, window := range []int{1, 16} {
			b.Run("size="+strconv.Itoa(size)+"/window="+strconv.Itoa(window), func(b *testing.B) {
				for b.Loop() { // one turn is seconds long
					compare(b, ways, size, window)
				}
			})
		}
	}
}

const (
	benchConns = 64
	turns      = 5
	turn       = 500 * time.Millisecond
)

func compare(b *testing.B, ways []string, size, window int) {
	var rates [3][]float64
	for range turns {
		for i, addr := range ways {
			rates[i] = append(rates[i], load(b, addr, size, window))
		}
	}
	ratio := func(over int) float64 {
		var list []float64
		for t := range turns {
			list = append(list, rates[2][t]/rates[over][t])
		}
		return median(list)
	}
	b.ReportMetric(0, "ns/op") // of a turn: no news
	b.ReportMetric(median(rates[0]), "direct-msg/s")
	b.ReportMetric(median(rates[1]), "plain-msg/s")
	b.ReportMetric(median(rates[2]), "ours-msg/s")
	b.ReportMetric(ratio(0), "ours/direct")
	b.ReportMetric(ratio(1), "ours/plain")
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// load returns how many messages of a size come back per second, with window of them under way on each connection.
func load(b *testing.B, addr string, size, window int) float64 {
	message := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Binary, Masked: true, Key: [4]byte{1, 2, 3, 4}}, make([]byte, size))
	answer := len(frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Binary}, make([]byte, size)))
	batch := slices.Repeat(message, window)
	conns := make([]net.Conn, benchConns)
	for i := range conns {
		conns[i] = dialEcho(b, addr)
	}
	counts := make([]int, benchConns)
	begin := time.Now()
	var all sync.WaitGroup
	for i, c := range conns {
		all.Go(func() {
			defer c.Close()
			back := make([]byte, answer*window)
			for time.Since(begin) < turn {
				if _, err := c.Write(batch); err != nil {
					b.Error(err)
					return
				}
				if _, err := io.ReadFull(c, back); err != nil {
					b.Error(err)
					return
				}
				counts[i] += window
			}
		})
	}
	await.Group(b, &all)
	total := 0
	for _, n := range counts {
		total += n
	}
	return float64(total) / time.Since(begin).Seconds()
}

func dialEcho(b *testing.B, addr string) net.Conn {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	_, _ = io.WriteString(c, upgrade("/", addr))
	var head strings.Builder
	in := bufio.NewReaderSize(c, 16)
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		x, err := in.ReadByte()
		if err != nil {
			b.Fatal(err)
		}
		head.WriteByte(x)
	}
	return c
}

// plainProxy is the least that a proxy can do.
func plainProxy(b *testing.B, to string) string {
	l := listen(b)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				up, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				defer up.Close()
				go func() {
					_, _ = io.Copy(up, c)
					_ = up.Close()
				}()
				_, _ = io.Copy(c, up)
			}()
		}
	}()
	return l.Addr().String()
}

// standWithRing is ours as the development server has it.
func standWithRing(b *testing.B, to string) string {
	t, err := ParseTarget("bench=ws://" + to)
	if err != nil {
		b.Fatal(err)
	}
	p := New(t, Options{})
	l := listen(b)
	srv := &http.Server{
		Handler:     tap.New(tap.Config{Sink: ring.New(64 << 20), LeaveMasked: true}).Handler("bench", p),
		ConnContext: tap.ConnContext,
	}
	go func() { _ = srv.Serve(tap.Listen(l)) }()
	b.Cleanup(func() {
		_ = srv.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		p.Close(ctx)
	})
	return l.Addr().String()
}

// echo returns each message as it came.
func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(1 << 20)
	buffer := make([]byte, 64<<10)
	for {
		kind, in, err := c.Reader(context.Background())
		if err != nil {
			return
		}
		n, err := io.ReadFull(in, buffer)
		if err != io.ErrUnexpectedEOF || c.Write(context.Background(), kind, buffer[:n]) != nil { //nolint:errorlint // io.ReadFull's own
			return
		}
	}
}
