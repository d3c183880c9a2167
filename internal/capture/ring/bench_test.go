package ring

import (
	"context"
	"fmt"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// BenchmarkAppendWhileRead appends while a subscriber reads everything, as a panel does and as a recorder does, for which appends wait.
func BenchmarkAppendWhileRead(b *testing.B) {
	for _, n := range []int{128, 16 << 10} {
		benchmarkAppendWhileRead(b, n, "panel", (*Ring).Subscribe)
		benchmarkAppendWhileRead(b, n, "recorder", (*Ring).SubscribeKept)
	}
}

func benchmarkAppendWhileRead(b *testing.B, n int, reader string, subscribe func(*Ring) *Subscriber) {
	b.Run(fmt.Sprintf("%d/%s", n, reader), func(b *testing.B) {
		g := New(0)
		s := subscribe(g)
		done := make(chan struct{})
		go func() {
			defer close(done)
			var batch []byte
			for {
				var err error
				if batch, err = s.Next(context.Background(), batch[:0]); err != nil {
					return
				}
			}
		}()
		r := numbered(1, n)
		b.SetBytes(int64(n))
		for b.Loop() {
			g.Append(r)
		}
		b.StopTimer()
		b.ReportMetric(100*float64(g.Stats().Missed)/float64(g.Stats().Appended), "%missed")
		g.Close()
		await.Closed(b, done)
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{128, 16 << 10} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			g := New(0)
			r := numbered(1, n)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				g.Append(r)
			}
		})
	}
}
