//go:build !js

// These tests prove the promise over real TCP: whatever happens to connections, each message arrives once and in order.
package resumeserver_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// ledger checks the messages of one direction: number n arrives n-th.
type ledger struct {
	attempted, delivered, duplicated, reordered, missing, damaged atomic.Int64
}

// message returns the next message: its number, and a payload of a random size that says what it should be.
func (l *ledger) message() []byte {
	n := l.attempted.Add(1)
	p := binary.BigEndian.AppendUint64(nil, uint64(n))
	for i := range rand.IntN(200) {
		p = append(p, byte(int(n)+i))
	}
	return p
}

func (l *ledger) arrived(p []byte) {
	if len(p) < 8 {
		l.damaged.Add(1)
		return
	}
	n := int64(binary.BigEndian.Uint64(p))
	for i, b := range p[8:] {
		if b != byte(int(n)+i) {
			l.damaged.Add(1)
			return
		}
	}
	switch want := l.delivered.Load() + 1; {
	case n == want:
		l.delivered.Store(n)
	case n < want:
		l.duplicated.Add(1)
	default:
		l.missing.Add(n - want)
		l.reordered.Add(1)
		l.delivered.Store(n)
	}
}

func (l *ledger) String() string {
	return fmt.Sprintf("attempted %d, delivered %d, lost %d, duplicated %d, reordered %d, damaged %d", l.attempted.Load(),
		l.delivered.Load(), l.attempted.Load()-l.delivered.Load()+l.missing.Load(), l.duplicated.Load(), l.reordered.Load(), l.damaged.Load())
}

func (l *ledger) whole() bool {
	return l.attempted.Load() == l.delivered.Load() && l.duplicated.Load()+l.reordered.Load()+l.missing.Load()+l.damaged.Load() == 0
}

// TestEveryMessageArrivesOnce breaks connections at random bytes, 200 times for each kind, while both sides send; with
// TETHERSCOPE_CYCLES, as make faults sets it, that many times in all.
func TestEveryMessageArrivesOnce(t *testing.T) {
	times := int64(200)
	if cycles, err := strconv.ParseInt(os.Getenv("TETHERSCOPE_CYCLES"), 10, 64); err == nil && cycles > 0 {
		times = (cycles-1)/int64(wstest.Kinds) + 1
	}
	for kind := range wstest.Kinds {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			tally(t, kind, times)
		})
	}
}

func tally(t *testing.T, kind wstest.Kind, times int64) {
	var up, down ledger
	stop := make(chan struct{})
	finished := make(chan error, 1)
	rs := &resumeserver.Server{}
	defer rs.Close()
	ts := httptest.NewUnstartedServer(rs.Handler(func(ctx context.Context, s *resumeserver.Session) {
		finished <- converse(ctx, s, &up, &down, stop)
	}))
	l := &cutter{Listener: ts.Listener, kind: kind, most: 4000}
	ts.Listener = l
	ts.Start()
	defer ts.Close()
	defer l.release()
	c, err := tether.New("ws"+strings.TrimPrefix(ts.URL, "http"), codec.Raw(), tether.WithResume(tether.Resume{}), quick(),
		tether.WithHeartbeat(tether.Heartbeat{Interval: 10 * time.Millisecond, Timeout: 20 * time.Millisecond}),
		tether.WithConnectTimeout(250*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	var gaps, resumed atomic.Int64
	tether.On(c, func(tether.Gap) { gaps.Add(1) })
	tether.On(c, func(o tether.Opened) {
		if o.Resumed {
			resumed.Add(1)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	var parts sync.WaitGroup
	parts.Go(func() { _ = c.Run(ctx) })
	parts.Go(func() {
		for m, err := range c.Messages(ctx) {
			if err == nil {
				down.arrived(m.Data)
			}
		}
	})
	for sent := false; !sent; {
		select {
		case <-ctx.Done():
			t.Fatal("out of time: ", l.done.Load(), " cuts; up: ", up.String(), "; down: ", down.String())
		default:
			if err := c.Send(ctx, codec.Message{Type: codec.Binary, Data: up.message()}); err != nil {
				t.Fatal(err)
			}
			sent = l.done.Load() >= times
		}
		if rand.IntN(4) == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	l.off.Store(true)
	close(stop)
	_ = c.Send(ctx, codec.Message{Type: codec.Text, Data: []byte("enough")})
	if err := await.Receive(t, finished); err != nil {
		t.Error("server: ", err)
	}
	await.Group(t, &parts)
	t.Logf("%v: %d disconnects, %d resumed\n    client to server: %v\n    server to client: %v\n    gaps %d",
		kind, l.done.Load(), resumed.Load(), &up, &down, gaps.Load())
	if !up.whole() || !down.whole() || gaps.Load() != 0 || resumed.Load() == 0 {
		t.Error("the account does not balance")
	}
}

// converse is the server's side: it sends until it is stopped, and reads until the client has said that it is enough.
func converse(ctx context.Context, s *resumeserver.Session, up, down *ledger, stop chan struct{}) error {
	var writer sync.WaitGroup
	defer writer.Wait()
	writer.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if n, _ := s.Pending(); n > 30 { // what is sent again must not use up all that a connection can carry
					time.Sleep(time.Millisecond)
					continue
				}
				if s.Write(ctx, websocket.MessageBinary, down.message()) != nil {
					return
				}
				time.Sleep(time.Duration(rand.IntN(2)) * time.Millisecond)
			}
		}
	})
	for {
		kind, p, err := s.Read(ctx)
		if err != nil || kind == websocket.MessageText {
			return err
		}
		up.arrived(p)
	}
}

func quick() tether.Option {
	return tether.WithBackoff(tether.Backoff{Base: time.Millisecond, Max: 5 * time.Millisecond, MinUptime: time.Hour})
}
