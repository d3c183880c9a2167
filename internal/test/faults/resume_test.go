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

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/faults/ledger"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

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
	var up, down ledger.Ledger
	rs := &resumeserver.Server{}
	server := httptest.NewServer(rs.Handler(func(ctx context.Context, s *resumeserver.Session) {
		for {
			mt, p, err := s.Read(ctx)
			if err != nil {
				return
			}
			up.Arrived(number(p))
			_ = s.Write(ctx, mt, []byte(strconv.Itoa(down.Next())))
		}
	}))
	t.Cleanup(func() { rs.Close(); server.Close() })
	l := Open(t, strings.TrimPrefix(server.URL, "http://"), kind)
	patience := 2 * time.Second
	if kind == BlackHole {
		patience = 60 * time.Millisecond // nothing else shows it
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
				down.Arrived(number(s))
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
				if err := c.Send(ctx, strconv.Itoa(up.Next())); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	// until waits until the client is open, or not, as far as it has reported.
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
	if err := c.Shutdown(ctx, tether.CodeNormalClosure, ""); err != nil && !errors.Is(err, tether.ErrUndelivered) {
		t.Error(err)
	}
	await.Group(t, &parts)
	toServer, toClient := up.Balance(), down.Balance()
	t.Logf("%v: %d forced disconnects, %d resumed, %d gaps; to the server: %v; to the client: %v", kind, times, resumed, gaps, toServer, toClient)
	if toServer.Faults()+toClient.Faults()+gaps != 0 || toServer.Sent != toServer.Arrived || toClient.Sent != toClient.Arrived {
		t.Error("the account does not balance")
	}
}

// number reads a message; what is no number is 0, which a ledger takes for a fault.
func number[T string | []byte](message T) int {
	n, _ := strconv.Atoi(string(message))
	return n
}

// arriveAll waits until nothing is under way, or ctx ends, or something has arrived twice.
func arriveAll(ctx context.Context, ledgers ...*ledger.Ledger) {
	settled := func() bool {
		for _, l := range ledgers {
			b := l.Balance()
			if b.Duplicated > 0 {
				return true
			}
			if b.Sent != b.Arrived {
				return false
			}
		}
		return true
	}
	for ctx.Err() == nil && !settled() {
		time.Sleep(5 * time.Millisecond)
	}
}
