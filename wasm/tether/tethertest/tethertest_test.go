//go:build !js

// These tests are written as those of a user are, and prove what the package promises them.
package tethertest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/tether"
	"github.com/tetherscope/tetherscope/wasm/tether/tethertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type stringClient = tether.Client[string, string]

// bubble runs a test with a server in a bubble of testing/synctest.
func bubble(t *testing.T, f func(t *testing.T, s *tethertest.Server)) {
	synctest.Test(t, func(t *testing.T) {
		s := tethertest.New()
		t.Cleanup(s.Close)
		f(t, s)
	})
}

// run makes a client of s and runs it until the test ends; ended gets what Run returned.
func run(t *testing.T, s *tethertest.Server, opts ...tether.Option) (c *stringClient, ended <-chan error) {
	t.Helper()
	return runAt(t, tethertest.URL, s, opts...)
}

func runAt(t *testing.T, url string, s *tethertest.Server, opts ...tether.Option) (*stringClient, <-chan error) {
	t.Helper()
	c := must(tether.New(url, codec.String(), append(opts, s.Option())...))(t)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(t.Context()) }()
	return c, ended
}

// must returns a value, or fails the test with its error.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestAConversation: messages of both kinds pass in both directions, across an attempt that is refused.
func TestAConversation(t *testing.T) {
	bubble(t, func(t *testing.T, s *tethertest.Server) {
		begin := time.Now()
		c, ended := run(t, s)
		ok(t, must(s.Next(t.Context()))(t).Refuse(http.StatusServiceUnavailable, http.Header{"Retry-After": {"7"}}))
		conn := must(s.Accept(t.Context()))(t)
		if d := time.Since(begin); d < 7*time.Second {
			t.Errorf("the client came back after %v, asked to wait 7 s", d)
		}
		ok(t, c.Send(t.Context(), "a"))
		if got := must(conn.Receive(t.Context()))(t); got != "a" {
			t.Errorf("the server received %q", got)
		}
		ok(t, conn.Send(t.Context(), "b"))
		for got, err := range c.Messages(t.Context()) {
			if got != "b" || err != nil {
				t.Errorf("the client received %q, %v", got, err)
			}
			break
		}
		ok(t, conn.Close(t.Context(), 4001, "bye"))
		e, isClose := errors.AsType[*tether.CloseError](await.Receive(t, ended))
		if !isClose || e.Code != 4001 || e.Reason != "bye" || !e.Clean {
			t.Errorf("the client ended with %v", e)
		}
	})
}

// TestHowAConnectionEnds: the server learns the client's code, or that there was none, after the last message.
func TestHowAConnectionEnds(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(t *testing.T, c *stringClient, conn *tethertest.Conn)
		want tether.CloseInfo
	}{
		"the client closes": {func(t *testing.T, c *stringClient, _ *tethertest.Conn) {
			ok(t, c.Shutdown(t.Context(), 4000, "done"))
		}, tether.CloseInfo{Code: 4000, Reason: "done", Clean: true, Opened: true}},
		"the server closes": {func(t *testing.T, _ *stringClient, conn *tethertest.Conn) {
			ok(t, conn.Close(t.Context(), 1001, ""))
		}, tether.CloseInfo{Code: 1001, Clean: true, Opened: true}},
		"without a code": {func(t *testing.T, _ *stringClient, conn *tethertest.Conn) {
			ok(t, conn.Close(t.Context(), 0, ""))
		}, tether.CloseInfo{Code: 1005, Clean: true, Opened: true}},
		"the connection is cut": {func(_ *testing.T, _ *stringClient, conn *tethertest.Conn) {
			conn.Cut()
		}, tether.CloseInfo{Code: 1006, Opened: true}},
		"all connections are cut": {nil, tether.CloseInfo{Code: 1006, Opened: true}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *tethertest.Server) {
				c, _ := run(t, s)
				conn := must(s.Accept(t.Context()))(t)
				ok(t, c.Send(t.Context(), "last"))
				synctest.Wait()
				if test.end == nil {
					s.Cut()
				} else {
					test.end(t, c, conn)
				}
				got := must(conn.Wait(t.Context()))(t)
				got.Err = nil
				if got != test.want {
					t.Errorf("ended with %+v, want %+v", got, test.want)
				}
				if m := must(conn.Receive(t.Context()))(t); m != "last" {
					t.Errorf("received %q before the end", m)
				}
				_, err := conn.Receive(t.Context())
				if e, isClose := errors.AsType[*tether.CloseError](err); !isClose || e.Code != test.want.Code {
					t.Errorf("received %v after the end", err)
				}
			})
		})
	}
}

// TestAClientComesBack: after a cut, a server that is down, and a connection that lets nothing through.
func TestAClientComesBack(t *testing.T) {
	bubble(t, func(t *testing.T, s *tethertest.Server) {
		c, _ := run(t, s, tether.WithHeartbeat(tether.Heartbeat{Interval: 20 * time.Second, Timeout: 5 * time.Second}))
		lost := make(chan tether.Lost, 10)
		failed := make(chan tether.Retrying, 100)
		tether.On(c, func(e tether.Lost) { lost <- e })
		tether.On(c, func(e tether.Retrying) { failed <- e })

		must(s.Accept(t.Context()))(t).Cut()
		if e := await.Receive(t, lost); e.Code != tether.CodeAbnormalClosure {
			t.Errorf("a cut connection ended with %+v", e.CloseInfo)
		}
		s.Down(true)
		for range 3 {
			await.Receive(t, failed)
		}
		s.Down(false)
		conn := must(s.Accept(t.Context()))(t)
		synctest.Wait()
		begin := time.Now()
		conn.Freeze()
		ok(t, c.Send(t.Context(), "into the dark"))
		await.Receive(t, lost)
		if d := time.Since(begin); d < 5*time.Second || d > 26*time.Second {
			t.Errorf("the client noticed after %v, want interval and timeout", d)
		}
		must(s.Accept(t.Context()))(t)
		if _, _, err := conn.Read(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a frozen connection received %v", err)
		}
	})
}

// TestTheProgramsOwnHandlerAnswers: a session of package resumeserver goes on after a cut, and each message arrives once.
func TestTheProgramsOwnHandlerAnswers(t *testing.T) {
	bubble(t, func(t *testing.T, s *tethertest.Server) {
		sessions := &resumeserver.Server{}
		echo := sessions.Handler(func(ctx context.Context, session *resumeserver.Session) {
			for {
				kind, b, err := session.Read(ctx)
				if err != nil || session.Write(ctx, kind, b) != nil {
					return
				}
			}
		})
		c, _ := run(t, s, tether.WithResume(tether.Resume{}))
		go func() {
			for a, err := s.Next(t.Context()); err == nil; a, err = s.Next(t.Context()) {
				_ = a.Serve(echo)
			}
		}()
		for _, text := range []string{"a", "b", "c"} {
			ok(t, c.Send(t.Context(), text))
			s.Cut()
		}
		want := []string{"a", "b", "c"}
		for got, err := range c.Messages(t.Context()) {
			if err != nil || got != want[0] {
				t.Fatalf("received %q, %v, want %q", got, err, want[0])
			}
			if want = want[1:]; len(want) == 0 {
				break
			}
		}
		ok(t, c.Shutdown(t.Context(), tether.CodeNormalClosure, ""))
		ok(t, sessions.Shutdown(t.Context(), websocket.StatusGoingAway, func() string { return "" }))
	})
}

// TestSubprotocolsAndURLs: the server chooses what it speaks, sees path and headers, and answers wss:// too.
func TestSubprotocolsAndURLs(t *testing.T) {
	for _, test := range []struct {
		speaks []string
		want   string
	}{{nil, "v1"}, {[]string{"v2"}, "v2"}, {[]string{"v3", "v2"}, "v2"}, {[]string{"v3"}, ""}} {
		bubble(t, func(t *testing.T, s *tethertest.Server) {
			runAt(t, "wss://example.org/feed?room=7", s, tether.WithSubprotocols("v1", "v2"),
				tether.WithHeader(http.Header{"X-Test": {"1"}}), tether.WithOptionalSubprotocol())
			conn := must(must(s.Next(t.Context()))(t).Accept(test.speaks...))(t)
			if r := conn.Request; conn.Subprotocol != test.want || r.Host != "example.org" || r.URL.String() != "/feed?room=7" || r.Header.Get("X-Test") != "1" {
				t.Errorf("%v: chose %q for %s%s", test.speaks, conn.Subprotocol, r.Host, r.URL)
			}
		})
	}
}

// TestEveryWaitEnds: with its context, after Patience, and with the server; the error says what was awaited.
func TestEveryWaitEnds(t *testing.T) {
	waits := map[string]func(context.Context, *tethertest.Server, *tethertest.Conn) error{
		"an attempt": func(ctx context.Context, s *tethertest.Server, _ *tethertest.Conn) error {
			_, err := s.Next(ctx)
			return err
		},
		"a message": func(ctx context.Context, _ *tethertest.Server, c *tethertest.Conn) error {
			_, err := c.Receive(ctx)
			return err
		},
		"the end of a connection": func(ctx context.Context, _ *tethertest.Server, c *tethertest.Conn) error {
			_, err := c.Wait(ctx)
			return err
		},
	}
	for what, wait := range waits {
		t.Run(what, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *tethertest.Server) {
				run(t, s)
				conn := must(s.Accept(t.Context()))(t)
				begin := time.Now()
				err := wait(t.Context(), s, conn)
				if d := time.Since(begin); d != tethertest.Patience || !strings.Contains(err.Error(), what) {
					t.Errorf("%v after %v", err, d)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				if err := wait(ctx, s, conn); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) < time.Hour {
					t.Errorf("%v after %v", err, time.Since(begin))
				}
				time.AfterFunc(time.Second, s.Close)
				begin = time.Now()
				_ = wait(t.Context(), s, conn) // the end of the connection is no error of Wait
				if d := time.Since(begin); d != time.Second {
					t.Errorf("Close ended the wait after %v", d)
				}
			})
		})
	}
}

// TestOneAnswerForEachAttempt: a second answer, and one to an attempt that the client has given up, is an error; a status that
// does not exist is one too, and leaves the attempt to be answered.
func TestOneAnswerForEachAttempt(t *testing.T) {
	bubble(t, func(t *testing.T, s *tethertest.Server) {
		c, _ := run(t, s, tether.WithConnectTimeout(3*time.Second))
		a := must(s.Next(t.Context()))(t)
		time.Sleep(4 * time.Second) // of the bubble's clock
		if _, err := a.Accept(); !errors.Is(err, tethertest.ErrGone) {
			t.Errorf("an attempt that was given up: %v", err)
		}
		b := must(s.Next(t.Context()))(t)
		if err := b.Refuse(101, nil); err == nil || errors.Is(err, tethertest.ErrGone) {
			t.Errorf("a refusal with 101: %v", err)
		}
		busy := make(chan struct{})
		ok(t, b.Serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			<-busy
			w.WriteHeader(http.StatusServiceUnavailable)
		})))
		if err := b.Refuse(500, nil); !errors.Is(err, tethertest.ErrGone) {
			t.Errorf("a second answer while a handler is at work: %v", err)
		}
		close(busy)
		b = must(s.Next(t.Context()))(t)
		conn := must(b.Accept())(t)
		if err := b.Refuse(500, nil); !errors.Is(err, tethertest.ErrGone) {
			t.Errorf("a second answer: %v", err)
		}
		ok(t, c.Open(t.Context()))
		c.Close()
		if info := must(conn.Wait(t.Context()))(t); info.Code != tether.CodeNormalClosure {
			t.Errorf("the first answer did not hold: %+v", info)
		}
	})
}

// TestWhatIsNotReadIsBounded: beyond the bound the client's messages wait, none is lost, and the server can still close.
func TestWhatIsNotReadIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T, s *tethertest.Server) {
		const messages, size, most = 28, 1 << 20, 20 << 20 // the client's send buffer and what is on its way included
		c, ended := run(t, s, tether.WithOutbox(tether.Limits{Messages: messages, Bytes: 64 << 20}, tether.OverflowBlock))
		conn := must(s.Accept(t.Context()))(t)
		for range messages {
			ok(t, c.Send(t.Context(), strings.Repeat("x", size)))
		}
		synctest.Wait()
		if left := c.Stats().Outbox.Bytes; left < messages*size-most {
			t.Errorf("the server took more than %d MiB: %d bytes are left", most>>20, left)
		}
		for range messages / 2 {
			if got := must(conn.Receive(t.Context()))(t); len(got) != size {
				t.Fatalf("received %d bytes", len(got))
			}
		}
		synctest.Wait() // full again
		ok(t, conn.Close(t.Context(), 4000, ""))
		if e, isClose := errors.AsType[*tether.CloseError](await.Receive(t, ended)); !isClose || e.Code != 4000 {
			t.Errorf("the client ended with %v", e)
		}
	})
}
