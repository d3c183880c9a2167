package faults

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/wstest"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// TestAClientComesBackFromEveryKind: each forced disconnect is told with its code, and what was lost in it is at most the
// one message that was under way: the tests of the resume layer prove that even that one arrives.
func TestAClientComesBackFromEveryKind(t *testing.T) {
	server := wstest.Start()
	t.Cleanup(server.Close)
	times := 5
	if testing.Short() {
		times = 1
	}
	for _, kind := range []Kind{Reset, Fin, CutFrame, Down} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			l := Open(t, strings.TrimPrefix(server.URL, "ws://"), kind)
			c, err := tether.New("ws://"+l.Addr+"/echo", codec.String(),
				tether.WithBackoff(tether.Backoff{Base: time.Millisecond, Max: 20 * time.Millisecond}))
			if err != nil {
				t.Fatal(err)
			}
			lost := make(chan tether.Lost, times+1)
			tether.On(c, func(e tether.Lost) { lost <- e })
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			ended := make(chan struct{})
			go func() { defer close(ended); _ = c.Run(ctx) }()
			for i := range times {
				roundTrip(ctx, t, c, "whole "+strconv.Itoa(i))
				l.Strike()
				_ = c.TrySend("struck")
				if e := <-lost; e.Code != tether.AbnormalClosure || e.Clean {
					t.Errorf("%d: %+v", i, e)
				}
				l.Heal()
			}
			roundTrip(ctx, t, c, "last")
			c.Close()
			<-ended
		})
	}
}

// roundTrip sends s and reads until it comes back.
func roundTrip(ctx context.Context, t *testing.T, c *tether.Client[string, string], s string) {
	t.Helper()
	if err := c.Open(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(ctx, s); err != nil {
		t.Fatal(err)
	}
	for got, err := range c.Messages(ctx) {
		if err != nil {
			t.Fatalf("waiting for %q: %v", s, err)
		}
		if got == s {
			return
		}
	}
}
