package app_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// pipes is a listener without a network: with it a server and its clients run in a bubble of testing/synctest, where time
// passes only when everybody waits. What is promised by the clock is then true to the nanosecond, on any machine.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func (p *pipes) dial() (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// virtually runs test with an App in virtual time.
func virtually(t *testing.T, cfg app.Config, test func(*testing.T, *node)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		n := startOn(t, cfg, p)
		n.dial = p.dial
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return p.dial() }}
		n.client = &http.Client{Transport: transport}
		t.Cleanup(transport.CloseIdleConnections)
		test(t, n)
	})
}

// after fails unless the time that passed since began is exactly want.
func after(t *testing.T, began time.Time, want time.Duration) {
	t.Helper()
	if took := time.Since(began); took != want {
		t.Errorf("after %v, want %v", took, want)
	}
}

// TestIdleClientsAreClosed: after the time that is set, counted from the last message.
func TestIdleClientsAreClosed(t *testing.T) {
	virtually(t, app.Config{IdleTimeout: 6 * time.Second}, func(t *testing.T, n *node) {
		p := n.join("ada")
		for range 3 {
			time.Sleep(6*time.Second - 1)
			p.silent()
		}
		began := time.Now()
		p.expectClosed(websocket.StatusGoingAway, "Idle")
		after(t, began, 6*time.Second)
	})
}

// TestSilentPeersAreTerminated: one that does not answer its first ping is gone when the next is due, one that does
// stays.
func TestSilentPeersAreTerminated(t *testing.T) {
	const beat = 5 * time.Second
	virtually(t, app.Config{Heartbeat: beat}, func(t *testing.T, n *node) {
		answering := n.join("ada")
		alive := answering.conn.CloseRead(t.Context()) // reads, and so answers
		silent := rawDial(t, n, rawRequest("/ws/bin", nil))
		began := time.Now()
		if got := silent.next(); !strings.HasPrefix(got, "ping ") {
			t.Fatalf("got %q", got)
		}
		after(t, began, beat)
		for got := silent.next(); got != "end"; got = silent.next() {
			if !strings.HasPrefix(got, "ping ") { // the next may be out before the end
				t.Fatalf("got %q", got)
			}
		}
		after(t, began, 2*beat)
		time.Sleep(10 * beat)
		if alive.Err() != nil {
			t.Error("a client that answers was terminated")
		}
	})
}

// TestExpiryEndsTheConnection: when the token's time is over, with advice to bring a new one.
func TestExpiryEndsTheConnection(t *testing.T) {
	virtually(t, app.Config{}, func(t *testing.T, n *node) {
		began := time.Now() // a bubble's time begins with a whole second, as a token's ends
		p := dialBy(t, n.client, n.url, "/ws/chat?token="+n.token("ada", 9*time.Second), nil)
		p.expect(chat.TypeWelcome)
		p.expectClosed(4002, `{"reconnect":true,"message":"Token expired"}`)
		after(t, began, 9*time.Second)
	})
}

// TestTheFirstMessageIsAwaited: for as long as is set; and nothing else of such a client.
func TestTheFirstMessageIsAwaited(t *testing.T) {
	virtually(t, app.Config{AuthTimeout: 8 * time.Second}, func(t *testing.T, n *node) {
		began := time.Now()
		dialBy(t, n.client, n.url, "/ws/chat?auth=message", nil).expectClosed(4001, "Authentication required")
		after(t, began, 8*time.Second)
	})
}

// TestSlowlorisIsCutOff: half a request, and then a header per second, or per byte.
func TestSlowlorisIsCutOff(t *testing.T) {
	for name, drip := range map[string]func(int) string{
		"a header per second": func(i int) string { return fmt.Sprintf("X-%d: y\r\n", i) },
		"a byte per second":   func(int) string { return "x" },
		"nothing more":        func(int) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			virtually(t, app.Config{}, func(t *testing.T, n *node) {
				c := rawDialOnly(t, n)
				began := time.Now()
				ended := make(chan time.Time, 1)
				go func() {
					_, _ = io.Copy(io.Discard, c.r)
					ended <- time.Now()
				}()
				c.send([]byte("GET /ws/chat HTTP/1.1\r\nHost: x\r\n"), 0)
				for i := range 19 {
					c.send([]byte(drip(i)), 0)
					time.Sleep(time.Second)
				}
				if took := (<-ended).Sub(began); took != readHeaderTimeout {
					t.Errorf("cut off after %v, want %v", took, readHeaderTimeout)
				}
			})
		})
	}
}

// TestCloseRaces: Read, Write, Close, CloseNow and a context that ends, all at once on one connection, and the server's
// answers beside them: nothing hangs, nothing is left (goleak, synctest), and the race detector sees nothing.
func TestCloseRaces(t *testing.T) {
	rounds := 10_000
	if testing.Short() {
		rounds = 500
	}
	many := app.Limits{AddressDials: 1 << 30, AddressMessages: 1 << 30, Messages: 1000}
	virtually(t, app.Config{Limits: many}, func(t *testing.T, n *node) {
		for i := range rounds {
			c := dialBy(t, n.client, n.url, "/ws/bin", nil).conn
			ctx, cancel := context.WithCancel(t.Context())
			var together sync.WaitGroup
			for k, do := range []func(){
				func() { _, _, _ = c.Read(ctx) },
				func() { _ = c.Write(ctx, websocket.MessageBinary, []byte("x")) },
				func() { _ = c.Close(websocket.StatusNormalClosure, "") },
				func() { _ = c.CloseNow() },
				cancel,
			} {
				together.Go(func() {
					for range (i >> k) & 3 { // another order each time
						runtime.Gosched()
					}
					do()
				})
			}
			together.Wait()
			cancel()
		}
		synctest.Wait()
		if left := strings.Count(n.log.String(), `"msg":"connected"`) - strings.Count(n.log.String(), `"msg":"closed"`); left != 0 {
			t.Errorf("%d of %d connections have not ended", left, rounds)
		}
	})
}
