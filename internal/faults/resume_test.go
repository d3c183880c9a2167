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

// TestResumedSessionsLoseNothing forces a thousand disconnects of each kind, while numbered messages go to the server and
// back, and balances the account of both directions. Where every byte is slow, ten clients share them: -parallel 10 makes
// that quicker.
func TestResumedSessionsLoseNothing(t *testing.T) {
	for _, kind := range Kinds() {
		clients := 1
		if !kind.Disconnects() && !testing.Short() {
			clients = 10
		}
		for i := range clients {
			t.Run(kind.String()+" "+strconv.Itoa(i+1), func(t *testing.T) {
				t.Parallel()
				strikeOften(t, kind, rounds()/clients)
			})
		}
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
		tether.WithConnectTimeout(2*time.Second),
		tether.WithHeartbeat(tether.Heartbeat{Interval: 20 * time.Millisecond, Timeout: patience}))
	if err != nil {
		t.Fatal(err)
	}
	changes := make(chan bool, 100*times) // true: open; false: lost
	gaps, resumed := 0, 0
	tether.On(c, func(tether.Lost) { changes <- false })
	tether.On(c, func(tether.Gap) { gaps++ })
	tether.On(c, func(e tether.Opened) {
		changes <- true
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
	// until waits until the client is open, or not, as far as it has told.
	until := func(open bool) {
		t.Helper()
		for {
			select {
			case now := <-changes:
				if now == open && len(changes) == 0 {
					return
				}
			case <-ctx.Done():
				t.Fatal("the client does not become open: ", open, "; state ", c.State())
			}
		}
	}
	until(true)
	if !kind.Disconnects() {
		l.Strike() // once: Toxiproxy may hang when it heals a connection that ends
	}
	for range times {
		if kind.Disconnects() {
			l.Strike()
			until(false)
			l.Heal()
		} else {
			time.Sleep(20 * time.Millisecond)
			c.Reconnect(nil)
		}
		until(true)
	}
	close(done)
	arriveAll(ctx, &up, &down)
	if err := c.Shutdown(ctx, tether.NormalClosure, ""); err != nil && !errors.Is(err, tether.ErrUndelivered) {
		t.Error(err)
	}
	parts.Wait()
	upLost, upTwice := up.balance()
	downLost, downTwice := down.balance()
	t.Logf("%v: %d forced disconnects, %d resumed, %d gaps; to the server: %d sent, %d lost, %d duplicated or reordered; to the client: %d sent, %d lost, %d duplicated or reordered",
		kind, times, resumed, gaps, up.attempted, upLost, upTwice, down.attempted, downLost, downTwice)
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
