//go:build !js

package calls_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/calls"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/message"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

type number struct{ N int }

var (
	double = message.NewCall("double", jsoncodec.New[number, number](), jsoncodec.New[number, number]())
	hang   = message.NewCall("hang", jsoncodec.New[number, number](), jsoncodec.New[number, number]())
	note   = message.New("note", jsoncodec.New[number, number]())
)

// pair is a router's connection and its client.
type pair struct {
	client *tether.Typed
	peer   *calls.Peer
	ended  chan error // of Run
}

// connect connects a client with a router.
func connect(t *testing.T, r *calls.Router, prepare func(*tether.Typed)) *pair {
	t.Helper()
	peers, ended := make(chan *calls.Peer, 1), make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		conn, err := websocket.Accept(w, q, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		p := calls.NewPeer(r, conn, message.JSON())
		peers <- p
		ended <- p.Run(q.Context())
	}))
	c, err := tether.NewTyped(server.URL, message.JSON(), tether.WithBackoff(tether.Backoff{MaxAttempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	prepare(c)
	run := make(chan struct{})
	go func() {
		defer close(run)
		_ = c.Run(context.Background())
	}()
	t.Cleanup(func() {
		c.Close()
		await.Closed(t, run)
		server.Close()
	})
	return &pair{c, await.Receive(t, peers), ended}
}

func fault(t *testing.T, err error, want string) {
	t.Helper()
	if f, ok := errors.AsType[*message.Fault](err); !ok || f.Text != want {
		t.Errorf("%v, want the fault %q", err, want)
	}
}

// Every call of a client is answered: with a result, or with a fault that says why there is none.
func TestEveryCallIsAnswered(t *testing.T) {
	reports := make(chan error, 10)
	r := &calls.Router{Report: func(_ *calls.Peer, _ string, err error) { reports <- err }}
	calls.Handle(r, double, func(_ context.Context, n number) (number, error) {
		switch n.N {
		case 1:
			panic("boom")
		case 2:
			return n, errors.New("a secret of the server")
		case 3:
			return n, message.Public(errors.New("not three"))
		case 4:
			runtime.Goexit()
		}
		return number{2 * n.N}, nil
	})
	p := connect(t, r, func(*tether.Typed) {})
	ctx := await.Context(t)
	if n, err := tether.Call(ctx, p.client, double, number{21}); n.N != 42 || err != nil {
		t.Error(n, err)
	}
	for n, want := range map[int]string{1: "internal error", 2: "internal error", 3: "not three", 4: "internal error"} {
		_, err := tether.Call(ctx, p.client, double, number{n})
		fault(t, err, want)
		err = await.Receive(t, reports)
		if panicked, ok := errors.AsType[*calls.PanicError](err); ok != (n == 1 || n == 4) || n == 1 && panicked.Value != "boom" || n == 4 && panicked.Value != any(calls.ErrGoexit) {
			t.Errorf("%d was reported as %v", n, err)
		}
	}
	_, err := tether.Call(ctx, p.client, hang, number{})
	fault(t, err, "unknown call")
}

// A function that fails because the time of the router has passed.
func TestAFunctionThatTakesTooLong(t *testing.T) {
	r := &calls.Router{Timeout: time.Millisecond}
	calls.Handle(r, hang, func(ctx context.Context, n number) (number, error) {
		<-ctx.Done()
		return n, ctx.Err()
	})
	p := connect(t, r, func(*tether.Typed) {})
	_, err := tether.Call(await.Context(t), p.client, hang, number{})
	fault(t, err, "took too long")
}

// A client that gives a call up, and one that goes, end the context of the function.
func TestFunctionsEndWithTheirCalls(t *testing.T) {
	r := &calls.Router{}
	began, causes := make(chan struct{}), make(chan error, 1)
	calls.Handle(r, hang, func(ctx context.Context, n number) (number, error) {
		await.Send(t, began, struct{}{})
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return n, nil
	})
	p := connect(t, r, func(*tether.Typed) {})
	ctx, cancel := context.WithCancel(await.Context(t))
	go func() { _, _ = tether.Call(ctx, p.client, hang, number{}) }()
	await.Receive(t, began)
	cancel()
	if err := await.Receive(t, causes); !errors.Is(err, message.ErrCanceled) {
		t.Error(err)
	}
	go func() { _, _ = tether.Call(context.Background(), p.client, hang, number{}) }()
	await.Receive(t, began)
	p.client.Close()
	if err := await.Receive(t, causes); !errors.Is(err, calls.ErrEnded) && !errors.Is(err, message.ErrCanceled) && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := await.Receive(t, p.ended); err == nil {
		t.Error("Run returned nil")
	}
}

// A server asks its client, gives a call up, and gets an error when the connection ends.
func TestTheServerCalls(t *testing.T) {
	causes, began := make(chan error, 1), make(chan struct{})
	p := connect(t, &calls.Router{}, func(c *tether.Typed) {
		tether.Handle(c, double, func(_ context.Context, n number) (number, error) { return number{2 * n.N}, nil })
		tether.Handle(c, hang, func(ctx context.Context, n number) (number, error) {
			await.Send(t, began, struct{}{})
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return n, nil
		})
	})
	ctx := await.Context(t)
	if n, err := calls.Call(ctx, p.peer, double, number{21}); n.N != 42 || err != nil {
		t.Error(n, err)
	}
	unknown := message.NewCall("unknown", jsoncodec.New[number, number](), jsoncodec.New[number, number]())
	_, err := calls.Call(ctx, p.peer, unknown, number{})
	fault(t, err, "unknown call")

	short, cancel := context.WithCancel(ctx)
	results := make(chan error, 1)
	ask := func(ctx context.Context) {
		_, err := calls.Call(ctx, p.peer, hang, number{})
		results <- err
	}
	go ask(short)
	await.Receive(t, began)
	cancel()
	if err := await.Receive(t, results); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := await.Receive(t, causes); !errors.Is(err, message.ErrCanceled) {
		t.Error(err)
	}
	go ask(ctx)
	await.Receive(t, began)
	p.client.Close()
	if err := await.Receive(t, results); !errors.Is(err, calls.ErrEnded) {
		t.Error(err)
	}
	await.Receive(t, causes)
	if _, err := calls.Call(ctx, p.peer, double, number{1}); !errors.Is(err, calls.ErrEnded) {
		t.Error(err)
	}
}

// Messages that are no calls pass, in both directions, in order.
func TestMessagesPass(t *testing.T) {
	r := &calls.Router{Message: func(_ context.Context, p *calls.Peer, m message.Message) {
		v, err := note.Decode(m)
		if err == nil {
			err = calls.Send(p, note, number{v.N + 1})
		}
		if err != nil {
			t.Error(err)
		}
	}}
	got := make(chan int, 10)
	p := connect(t, r, func(c *tether.Typed) { message.On(c.Router(), note, func(n number) { got <- n.N }) })
	for n := range 5 {
		if err := tether.TrySend(p.client, note, number{n}); err != nil {
			t.Error(err)
		}
	}
	for n := range 5 {
		if v := await.Receive(t, got); v != n+1 {
			t.Errorf("%d, want %d", v, n+1)
		}
	}
}
