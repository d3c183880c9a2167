//go:build !js

// These tests prove what a native client accepts from a server, and that it gives away nothing and leaves nothing behind.
package tether_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// What a browser refuses ends a native connection too, and the server learns why.
func TestAServersViolationsEndTheConnection(t *testing.T) {
	for name, test := range map[string]struct {
		sent []byte
		code int
	}{
		"text that is not UTF-8":     {[]byte("\x81\x04a\xFF\xFEb"), 1007},
		"a reason that is not UTF-8": {[]byte("\x88\x03\x03\xE8\xFF"), 1007},
		"a masked frame":             {[]byte("\x81\x81\x00\x00\x00\x00a"), 1002},
		"a reserved opcode":          {[]byte("\x83\x00"), 1002},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				closed := make(chan int, 1)
				c := client(t, func(p *peer) {
					_, _ = p.conn.Write(test.sent)
					for {
						op, b, err := p.read()
						if err != nil {
							return
						}
						if op == frame.Close {
							closed <- int(b[0])<<8 | int(b[1])
						}
					}
				}, tether.WithBackoff(tether.Backoff{MaxAttempts: 1}))
				ended := make(chan error, 1)
				go func() { ended <- c.Run(t.Context()) }()
				if got := await.Receive(t, closed); got != test.code {
					t.Errorf("closed with %d, want %d", got, test.code)
				}
				if e, ok := errors.AsType[*tether.CloseError](await.Receive(t, ended)); !ok || e.Code != tether.CodeAbnormalClosure || e.Err == nil {
					t.Errorf("%+v", e)
				}
			})
		})
	}
}

// A subprotocol that was offered and not chosen.
func TestAServerMustChooseASubprotocol(t *testing.T) {
	for _, optional := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			opts := []tether.Option{tether.WithSubprotocols("one"), tether.WithBackoff(tether.Backoff{MaxAttempts: 1})}
			if optional {
				opts = append(opts, tether.WithOptionalSubprotocol())
			}
			c := client(t, func(p *peer) { p.serve(func([]byte) {}) }, opts...)
			defer runs(t, c)()
			if err := c.Open(t.Context()); (err == nil) != optional {
				t.Errorf("optional %v: %v", optional, err)
			}
		})
	}
}

// WithCloseTimeout holds above five seconds, too.
func TestTheCloseTimeoutMayBeLong(t *testing.T) {
	for _, timeout := range []time.Duration{2 * time.Second, 5 * time.Second, 12 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, func(p *peer) {
				for {
					if _, _, err := p.frame(); err != nil {
						return
					}
				}
			}, tether.WithCloseTimeout(timeout))
			stop := runs(t, c)
			if err := c.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			stop()
			if took := time.Since(begin); took != timeout {
				t.Errorf("it took %v, want %v", took, timeout)
			}
		})
	}
}

// A redirect of the handshake is not followed: the server that answers may name any other, and the headers hold credentials.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var asked atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL+"/?SECRET", http.StatusFound))
	defer first.Close()
	c, err := tether.New("ws"+strings.TrimPrefix(first.URL, "http")+"/?token=SECRET", codec.Raw(),
		tether.WithHeader(http.Header{"Authorization": {"SECRET"}}), tether.WithBackoff(tether.Backoff{MaxAttempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	err = c.Run(await.Context(t))
	if e, ok := errors.AsType[*tether.HandshakeError](err); !ok || e.Status != http.StatusFound || asked.Load() != 0 || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("%v, the other server was asked %d times", err, asked.Load())
	}
}

// What cannot be reached is named without the query.
func TestAFailedDialKeepsSecrets(t *testing.T) {
	c, err := tether.New("ws://user:SECRET@127.0.0.1:1/?token=SECRET", codec.Raw(), tether.WithBackoff(tether.Backoff{MaxAttempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(await.Context(t)); err == nil || strings.Contains(err.Error(), "SECRET") || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Error(err)
	}
}

// An attempt that is given up during its TLS handshake closes its socket; TestMain sees what is left of goroutines.
func TestASlowTLSHandshakeLeavesNoSocket(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	gone := make(chan error, 1)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				b := make([]byte, 4096)
				for err == nil {
					_, err = conn.Read(b) // and never answers
				}
				select {
				case gone <- err:
				default:
				}
			}()
		}
	}()
	c, err := tether.New("wss://"+l.Addr().String(), codec.Raw(), tether.WithConnectTimeout(200*time.Millisecond), fast)
	if err != nil {
		t.Fatal(err)
	}
	causes := make(chan error, 1)
	tether.On(c, func(e tether.Retrying) {
		select {
		case causes <- e.Cause:
		default:
		}
	})
	defer runs(t, c)()
	_ = await.Receive(t, gone) // of the first attempt that came as far as this
	if err := await.Receive(t, causes); !errors.Is(err, tether.ErrConnectTimeout) {
		t.Error(err)
	}
}

// A URL that can never work is refused before anything is tried, and without its secrets.
func TestURLsThatCanNeverWorkAreRefused(t *testing.T) {
	for _, url := range []string{"wss://user:SECRET@h:99999/p?token=SECRET", "ws://h:x/?SECRET", "ws://:80/?SECRET", "ws://[::1/?SECRET", "ws://%zz/?SECRET"} {
		if _, err := tether.New(url, codec.Raw()); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
