package faults

import (
	"context"
	"errors"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
	"github.com/tetherscope/tetherscope/wasm/tether/resumeserver"
)

// account checks one direction as a log would be after the run: number n must come n-th.
type account struct {
	mu                                     sync.Mutex
	attempted, delivered, duplicated, lost int
}

func (a *account) send() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.attempted++
	return strconv.Itoa(a.attempted)
}

func (a *account) arrived(text string) {
	n, _ := strconv.Atoi(text) // what is no number is 0, a duplicate of what never was
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case n <= a.delivered:
		a.duplicated++
	default:
		a.lost += n - a.delivered - 1 // and should it come after all, it counts as duplicated too
		a.delivered = n
	}
}

// balance returns what is missing, too much, or out of order.
func (a *account) balance() (lost, duplicated int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.lost + a.attempted - a.delivered, a.duplicated
}

// TestResumedSessionsLoseNothing strikes connections a thousand times for each kind, while numbered messages go to the
// server and back, and balances the account of both directions.
func TestResumedSessionsLoseNothing(t *testing.T) {
	times := 1000
	if testing.Short() {
		times = 20
	}
	for _, kind := range Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			n := times
			if !kind.Disconnects() {
				n /= 10
			}
			strikeOften(t, kind, n)
		})
	}
}

func strikeOften(t *testing.T, kind Kind, times int) {
	var up, down account
	rs := &resumeserver.Server{}
	server := httptest.NewServer(rs.Handler(func(ctx context.Context, s *resumeserver.Session) {
		for {
			mt, p, err := s.Read(ctx)
			if err != nil {
				return
			}
			up.arrived(string(p))
			_ = s.Write(ctx, mt, []byte(down.send()))
		}
	}))
	t.Cleanup(func() { rs.Close(); server.Close() })
	l := Open(t, strings.TrimPrefix(server.URL, "http://"), kind)
	patience := 2 * time.Second
	if kind == BlackHole {
		patience = 60 * time.Millisecond // nothing else tells
	}
	c, err := tether.New("ws://"+l.Addr, codec.String(), tether.WithResume(tether.Resume{}),
		tether.WithBackoff(tether.Backoff{Base: time.Millisecond, Max: 5 * time.Millisecond, MinUptime: time.Hour}),
		tether.WithConnectTimeout(time.Second),
		tether.WithHeartbeat(tether.Heartbeat{Interval: 20 * time.Millisecond, Timeout: patience}))
	if err != nil {
		t.Fatal(err)
	}
	lost := make(chan tether.Lost, 10*times)
	gaps, resumed := 0, 0
	tether.On(c, func(e tether.Lost) { lost <- e })
	tether.On(c, func(tether.Gap) { gaps++ })
	tether.On(c, func(e tether.Opened) {
		if e.Resumed {
			resumed++
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	var parts sync.WaitGroup
	parts.Go(func() { _ = c.Run(ctx) })
	parts.Go(func() {
		for s, err := range c.Messages(ctx) {
			if err == nil {
				down.arrived(s)
			}
		}
	})
	done := make(chan struct{})
	parts.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(500 * time.Microsecond):
				if err := c.Send(ctx, up.send()); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	disconnects := 0
	for range times {
		if err := c.Open(ctx); err != nil {
			t.Fatal(err)
		}
		l.Strike()
		if kind.Disconnects() {
			select {
			case <-lost:
				disconnects++
			case <-ctx.Done():
				t.Fatal("the strike was not noticed; state ", c.State())
			}
		} else {
			time.Sleep(30 * time.Millisecond)
		}
		l.Heal()
		for len(lost) > 0 {
			<-lost
		}
	}
	close(done)
	arriveAll(ctx, &up, &down)
	if err := c.Shutdown(ctx, tether.NormalClosure, ""); err != nil && !errors.Is(err, tether.ErrUndelivered) {
		t.Error(err)
	}
	parts.Wait()
	upLost, upTwice := up.balance()
	downLost, downTwice := down.balance()
	t.Logf("%v: %d strikes, %d forced disconnects, %d resumed, %d gaps; to the server: %d sent, %d lost, %d duplicated or reordered; to the client: %d sent, %d lost, %d duplicated or reordered",
		kind, times, disconnects, resumed, gaps, up.attempted, upLost, upTwice, down.attempted, downLost, downTwice)
	if upLost+upTwice+downLost+downTwice+gaps != 0 {
		t.Error("the account does not balance")
	}
}

// arriveAll waits until nothing is under way, or ctx ends.
func arriveAll(ctx context.Context, up, down *account) {
	for ctx.Err() == nil {
		a, _ := up.balance()
		b, _ := down.balance()
		if a+b == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
		if _, twice := up.balance(); twice > 0 {
			return
		}
	}
}
