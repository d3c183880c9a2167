package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/app/auth"
	"github.com/tetherscope/tetherscope/wasm/chat"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// fleet is clients of the cluster, and what happened to them since it was last reset.
type fleet struct {
	url   string
	work  sync.WaitGroup
	ends  []context.CancelFunc
	speak *tether.Client[string, string] // the first of them

	mu       sync.Mutex
	open     int
	lost     int
	opened   []time.Time
	attempts []time.Time
	received int
}

func newFleet(url string) *fleet { return &fleet{url: url} }

// add lets one more client connect, and go on until the fleet ends.
func (f *fleet) add(ctx context.Context) error {
	key, err := auth.NewSecret("secret", []byte(secret))
	if err != nil {
		return err
	}
	v, err := auth.NewVerifier(auth.Options{Keys: []auth.Key{key}, Audience: app.Audience})
	if err != nil {
		return err
	}
	token, err := v.Issue("bench", time.Now(), time.Hour)
	if err != nil {
		return err
	}
	c, err := tether.New(strings.Replace(f.url, "http", "ws", 1)+"/ws/chat", codec.String(), tether.WithHeader(http.Header{"Origin": {f.url}}),
		tether.WithSubprotocols(chat.Subprotocol, chat.TokenPrefix+token))
	if err != nil {
		return err
	}
	if f.speak == nil {
		f.speak = c
	}
	tether.On(c, f.changed)
	ctx, end := context.WithCancel(ctx)
	f.ends = append(f.ends, end)
	f.work.Go(func() { _ = c.Run(ctx) }) // how it ended shows in the counts
	f.work.Go(func() {
		for _, err := range c.Messages(ctx) {
			if err != nil {
				return // the client has ended
			}
			f.mu.Lock()
			f.received++
			f.mu.Unlock()
		}
	})
	return nil
}

// changed counts attempts and connections.
func (f *fleet) changed(s tether.StateChanged) {
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.New == tether.StateConnecting {
		f.attempts = append(f.attempts, now)
	}
	if s.New == tether.StateOpen {
		f.open++
		f.opened = append(f.opened, now)
	}
	if s.Old == tether.StateOpen {
		f.open--
		f.lost++
	}
}

// grow adds clients, one after another in the given pace, until there are n.
func (f *fleet) grow(ctx context.Context, n int, pace time.Duration) error {
	for len(f.ends) < n {
		if err := f.add(ctx); err != nil {
			return err
		}
		if err := rest(ctx, pace); err != nil {
			return err
		}
	}
	return f.until(ctx, "all are connected", func() bool { return f.open == n })
}

// shrink ends clients in the given pace.
func (f *fleet) shrink(ctx context.Context, pace time.Duration) error {
	for _, end := range f.ends {
		end()
		if err := rest(ctx, pace); err != nil {
			return err
		}
	}
	f.work.Wait()
	f.ends, f.speak = nil, nil
	return f.until(ctx, "all have left", func() bool { return f.open == 0 }) // events may come later than the end of Run
}

// reset forgets what happened.
func (f *fleet) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost, f.opened, f.attempts, f.received = 0, nil, nil, 0
}

// patience is how long the real cluster may take for anything.
const patience = 2 * time.Minute

// until waits for a condition on the counts.
func (f *fleet) until(ctx context.Context, what string, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		f.mu.Lock()
		done := ok()
		f.mu.Unlock()
		if done {
			return nil
		}
		if err := rest(ctx, 5*time.Millisecond); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

// rest waits, or returns why there is nothing to wait for.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
