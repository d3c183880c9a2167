package faults

import (
	"context"
	"errors"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// The tests in this file prove how a client reacts to each kind of fault on real TCP.

// beat is a heartbeat that an echo endpoint answers: the pong is the ping itself. Its interval is short, so that tests are fast.
var beat = tether.Heartbeat{
	Interval: 100 * time.Millisecond, Timeout: 200 * time.Millisecond,
	Ping: func(nonce uint32) codec.Message {
		return codec.Message{Type: codec.Text, Data: []byte("ping " + strconv.FormatUint(uint64(nonce), 10))}
	},
	Pong: func(m codec.Message) (uint32, bool) {
		digits, ok := strings.CutPrefix(string(m.Data), "ping ")
		nonce, err := strconv.ParseUint(digits, 10, 32)
		return uint32(nonce), ok && err == nil
	},
}

// quick reconnects at once, so that no test waits for a backoff.
var quick = tether.WithBackoff(tether.Backoff{Base: time.Millisecond, Max: 20 * time.Millisecond})

// peer is a client that is connected to an echo endpoint through a link.
type peer struct {
	*tether.Client[string, string]
	t    *testing.T
	ctx  context.Context
	link *Link
	lost chan tether.Lost
}

func newPeer(t *testing.T, kind Kind, opts ...tether.Option) *peer {
	t.Helper()
	server := wstest.Start()
	t.Cleanup(server.Close)
	p := &peer{t: t, link: Open(t, strings.TrimPrefix(server.URL, "ws://"), kind), lost: make(chan tether.Lost, 64)}
	var err error
	p.Client, err = tether.New("ws://"+p.link.Addr+"/echo", codec.String(),
		append([]tether.Option{quick, tether.WithConnectTimeout(time.Second)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	tether.On(p, func(e tether.Lost) { p.lost <- e })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	p.ctx = ctx
	ended := make(chan struct{})
	go func() { defer close(ended); _ = p.Run(ctx) }()
	t.Cleanup(func() {
		p.Close()
		await.Closed(t, ended)
		cancel()
	})
	return p
}

// roundTrip sends s and reads until it comes back.
func (p *peer) roundTrip(s string) {
	p.t.Helper()
	if err := p.Open(p.ctx); err != nil {
		p.t.Fatal(err)
	}
	if err := p.Send(p.ctx, s); err != nil {
		p.t.Fatal(err)
	}
	for got, err := range p.Messages(p.ctx) {
		if err != nil {
			p.t.Fatalf("waiting for %q: %v", s, err)
		}
		if got == s {
			return
		}
	}
}

// rounds is how many forced disconnects of a kind a test makes.
func rounds() int {
	if testing.Short() {
		return 20
	}
	return 1000
}

// TestAClientReconnectsAfterEveryKind: each forced disconnect is reported once, with its code, and followed by a connection.
// Only messages in transit may be lost; the tests of the resume layer prove that sessions deliver even those.
func TestAClientReconnectsAfterEveryKind(t *testing.T) {
	for _, kind := range []Kind{Reset, Fin, CutFrame, Down} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			p := newPeer(t, kind)
			n := rounds()
			for i := range n {
				p.roundTrip("whole " + strconv.Itoa(i))
				p.link.Strike()
				_ = p.TrySend("struck")
				if e := await.Receive(t, p.lost); e.Code != tether.CodeAbnormalClosure || e.Clean || !e.Opened {
					t.Errorf("%d: %+v", i, e)
				}
				p.link.Heal()
			}
			p.roundTrip("last")
			t.Logf("%d forced disconnects, %d attempts, %d connections", n, p.Stats().Attempts, p.Stats().Opens)
		})
	}
}

// TestABlackHoleIsNoticedInTime: a heartbeat notices each black hole within its bound, with messages and with ping frames.
func TestABlackHoleIsNoticedInTime(t *testing.T) {
	const peers = 10
	for name, protocol := range map[string]bool{"messages": false, "ping frames": true} {
		for i := range peers {
			t.Run(name+" "+strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				h := beat
				h.Protocol = protocol
				blackHoles(t, h, rounds()/peers/2)
			})
		}
	}
}

func blackHoles(t *testing.T, h tether.Heartbeat, n int) {
	p := newPeer(t, BlackHole, tether.WithHeartbeat(h))
	answered := make(chan time.Duration, 1)
	tether.On(p, func(e tether.PongReceived) {
		select {
		case answered <- e.RTT:
		default:
		}
	})
	if rtt := await.Receive(t, answered); rtt <= 0 || p.Stats().RTT <= 0 {
		t.Errorf("a pong after %v", rtt)
	}
	var slowest time.Duration
	for i := range n {
		p.roundTrip("whole " + strconv.Itoa(i))
		late := lateness(t)
		begin := time.Now()
		p.link.Strike()
		e := await.Receive(t, p.lost)
		delay := time.Since(begin)
		bound := h.Interval + h.Timeout + time.Second + late()
		slowest = max(slowest, delay)
		if !errors.Is(e.Err, tether.ErrHeartbeat) || delay > bound {
			t.Errorf("%d: after %v: %+v", i, delay, e)
		}
		p.link.Heal()
	}
	p.roundTrip("last")
	t.Logf("%d black holes, the slowest noticed after %v of %v", n, slowest.Round(time.Millisecond), h.Interval+h.Timeout+time.Second)
}

// lateness begins to measure how late this process is woken; the returned function ends that and returns what the machine may have added to a
// wait meanwhile. It is zero for a delay that no busy machine explains.
func lateness(t *testing.T) (most func() time.Duration) {
	const pause, unremarkable = 10 * time.Millisecond, 50 * time.Millisecond
	end, sum := make(chan struct{}), make(chan time.Duration, 1)
	go func() {
		var late time.Duration
		for last := time.Now(); ; last = time.Now() {
			select {
			case <-end:
				sum <- late
				return
			case <-time.After(pause):
			}
			if over := time.Since(last) - pause; over > unremarkable {
				late += over
			}
		}
	}()
	return func() time.Duration {
		close(end)
		return await.Receive(t, sum)
	}
}

// TestNothingIsLostOnABadLine: over a slow link, or one that passes single bytes, all messages return in order on one
// connection.
func TestNothingIsLostOnABadLine(t *testing.T) {
	for _, kind := range []Kind{Slow, Sliced} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			patient := beat
			patient.Timeout = 10 * time.Second
			p := newPeer(t, kind, tether.WithHeartbeat(patient))
			p.link.Strike()
			const n = 200
			go func() {
				for i := range n {
					_ = p.Send(p.ctx, strconv.Itoa(i)+strings.Repeat(".", i))
				}
			}()
			i := 0
			for got, err := range p.Messages(p.ctx) {
				if want := strconv.Itoa(i) + strings.Repeat(".", i); err != nil || got != want {
					t.Fatalf("message %d: %.20q, %v", i, got, err)
				}
				if i++; i == n {
					break
				}
			}
			if st := p.Stats(); st.Opens != 1 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// TestTenThousandConnectionsLeaveNothing: goroutines, file descriptors and the server's sockets return to where they were.
func TestTenThousandConnectionsLeaveNothing(t *testing.T) {
	clients := 10_000
	if testing.Short() {
		clients = 500
	}
	server := wstest.Start()
	t.Cleanup(server.Close)
	cycle := func() {
		c, err := tether.New(server.URL+"/echo?key=leak", codec.String(), tether.WithHeartbeat(beat), tether.WithPage(tether.Page{}), tether.WithDiagnosis(1))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { defer close(ended); _ = c.Run(context.Background()) }()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := c.Send(ctx, "x"); err != nil {
			t.Fatal(err)
		}
		for _, err := range c.Messages(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		c.Close()
		await.Closed(t, ended)
	}
	for range 100 {
		cycle()
	}
	before := settle(server)
	for range clients {
		cycle()
	}
	after := settle(server)
	t.Logf("%d clients came and went: before %+v, after %+v", clients, before, after)
	if after.goroutines > before.goroutines+2 || after.files > before.files+2 || after.sockets != 0 {
		t.Error("something was left behind")
	}
}

// remaining counts the resources in use, once they no longer change.
type remaining struct{ goroutines, files, sockets int }

func settle(server *wstest.Server) (r remaining) {
	for range 50 {
		http.DefaultClient.CloseIdleConnections()
		runtime.GC()
		now := remaining{goroutines: runtime.NumGoroutine(), sockets: server.Stats("leak").Live}
		if fds, err := os.ReadDir("/proc/self/fd"); err == nil {
			now.files = len(fds)
		}
		if now == r {
			return r
		}
		r = now
		time.Sleep(50 * time.Millisecond)
	}
	return r
}
