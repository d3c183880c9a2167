//go:build !js

package tethertest_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/calls"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/message"
	"github.com/tetherscope/tetherscope/wasm/tether"
	"github.com/tetherscope/tetherscope/wasm/tether/tethertest"
)

// A test plays the server of a client: here it receives a message, and ends the client with a close code.
func Example() {
	ctx := context.Background() // in a test: t.Context()
	server := tethertest.New()
	defer server.Close()

	client, _ := tether.New(tethertest.URL, codec.String(), server.Option())
	ended := make(chan error, 1)
	go func() { ended <- client.Run(ctx) }()
	_ = client.Send(ctx, "hello")

	conn, _ := server.Accept(ctx)
	fmt.Println(conn.Receive(ctx))
	fmt.Println(conn.Close(ctx, 4001, "out of stock"))
	fmt.Println(<-ended)
	// Output:
	// hello <nil>
	// <nil>
	// tether: stopped (4000–4099: refused by the application): connection closed: 4001 "out of stock"
}

// An attempt is refused with a status: here the client asks for another token, and comes back with it.
func ExampleAttempt_Refuse() {
	ctx := context.Background()
	server := tethertest.New()
	defer server.Close()

	tokens := 0
	client, _ := tether.New("", codec.String(), server.Option(),
		tether.WithBackoff(tether.Backoff{Base: time.Millisecond, Max: time.Millisecond}),
		tether.WithEndpoint(func(context.Context, tether.Attempt) (tether.Target, error) {
			tokens++
			return tether.Target{URL: tethertest.URL, Header: http.Header{"Authorization": {fmt.Sprint("token ", tokens)}}}, nil
		}))
	defer client.Close()
	go client.Run(ctx)

	first, _ := server.Next(ctx)
	fmt.Println(first.Request.Header.Get("Authorization"))
	_ = first.Refuse(http.StatusUnauthorized, nil)
	second, _ := server.Next(ctx)
	fmt.Println(second.Request.Header.Get("Authorization"))
	// Output:
	// token 1
	// token 2
}

// An attempt is left to a handler of the program: here one that answers calls.
func ExampleAttempt_Serve() {
	type pair struct{ A, B int }
	type total struct{ N int }
	sum := message.NewCall("sum", jsoncodec.New[pair, pair](), jsoncodec.New[total, total]())
	var router calls.Router
	calls.Handle(&router, sum, func(_ context.Context, p pair) (total, error) { return total{p.A + p.B}, nil })
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			_ = calls.NewPeer(&router, conn, message.JSON()).Run(r.Context())
		}
	})

	ctx := context.Background()
	server := tethertest.New()
	defer server.Close()
	client, _ := tether.NewTyped(tethertest.URL, message.JSON(), server.Option())
	defer client.Close()
	go client.Run(ctx)

	attempt, _ := server.Next(ctx)
	_ = attempt.Serve(handler)
	fmt.Println(tether.Call(ctx, client, sum, pair{20, 22}))
	// Output: {42} <nil>
}
