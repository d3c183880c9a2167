package player

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/tetherscope/tetherscope/internal/rawws"
	"github.com/tetherscope/tetherscope/internal/requests"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/scope/act"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pinging sends a ping to each client, and a message once the pong came; then it waits for the end.
func pinging(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover, CompressionThreshold: 1})
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	ctx := c.CloseRead(r.Context())
	if c.Ping(ctx) == nil && c.Write(ctx, websocket.MessageText, []byte(`{"after":"pong","pad":"`+strings.Repeat("x", 5000)+`"}`)) == nil {
		<-ctx.Done()
	}
}

func dial(ctx context.Context, q *requests.Request) (*rawws.Peer, error) {
	u, err := url.Parse(q.URL)
	if err != nil {
		return nil, err
	}
	return rawws.Dial(ctx, rawws.Target{URL: u, Header: http.Header{"Sec-Websocket-Extensions": {"permessage-deflate"}}})
}

func prepared(t *testing.T, steps string) *requests.Run {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(pinging))
	t.Cleanup(s.Close)
	f, err := requests.Parse("a.toml", []byte("[[request]]\nname = 'a'\nurl = 'ws"+strings.TrimPrefix(s.URL, "http")+"'\n"+steps))
	if err != nil {
		t.Fatal(err)
	}
	run, err := requests.NewRun(f, requests.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// TestPingsAreAnsweredAndCompressionIsRead proves both while a step waits, and that the number of the connection reaches the results.
func TestPingsAreAnsweredAndCompressionIsRead(t *testing.T) {
	run := prepared(t, "[[request.step]]\nwait = '$.after=pong'\nwithin = '1m'\n")
	var all []act.StepResult
	err := Play(t.Context(), run, Config{
		Dial: dial, Conn: func(*rawws.Peer) uint32 { return 7 },
		Step: func(s act.StepResult) error {
			all = append(all, s)
			return nil
		},
	})
	if err != nil || len(all) != 2 || all[1].Outcome != act.StepPassed || all[1].Message != 1 || all[1].Conn != 7 || all[0].Conn != 7 {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestARunIsStopped proves that a run ends with its context, while a step waits, and with an error of who takes the results.
func TestARunIsStopped(t *testing.T) {
	steps := "[[request.step]]\nwait = 'never'\nwithin = '10m'\n"
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	run := prepared(t, steps)
	go func() {
		done <- Play(ctx, run, Config{Dial: dial, Step: func(act.StepResult) error {
			cancel()
			return nil
		}})
	}()
	if err := await.Receive(t, done); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	full := errors.New("full")
	if err := Play(t.Context(), prepared(t, steps), Config{Dial: dial, Step: func(act.StepResult) error { return full }}); !errors.Is(err, full) {
		t.Error(err)
	}
}
