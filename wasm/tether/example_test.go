//go:build !js

package tether_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/wstest"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

func Example() {
	server := wstest.Start() // any WebSocket server
	defer server.Close()

	client, err := tether.New(server.URL+"/echo", codec.String())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	go client.Run(ctx)
	client.Send(ctx, "hello")
	for text, err := range client.Messages(ctx) {
		fmt.Println(text, err)
		break
	}
	fmt.Println(client.Shutdown(ctx, tether.CodeNormalClosure, "bye"))
	// Output:
	// hello <nil>
	// <nil>
}

func Example_reconnect() {
	server := wstest.Start()
	defer server.Close()

	// This server drops the first two connections without a word.
	client, _ := tether.New(server.URL+"/drop-first?times=2&key=example&n=1", codec.String(),
		tether.WithBackoff(tether.Backoff{Base: time.Millisecond}))
	tether.On(client, func(e tether.Lost) { fmt.Println("lost:", e.Code) })
	tether.On(client, func(e tether.Retrying) { fmt.Println("retrying, attempt", e.Attempt) })
	opened := 0
	tether.On(client, func(tether.Opened) {
		if opened++; opened == 3 {
			client.Close()
		}
	})
	fmt.Println("ended:", client.Run(context.Background()))
	// Output:
	// lost: 1006
	// retrying, attempt 2
	// lost: 1006
	// retrying, attempt 3
	// lost: 1000
	// ended: <nil>
}

func ExampleNew_json() {
	type question struct{ A, B int }
	server := wstest.Start()
	defer server.Close()

	client, _ := tether.New(server.URL+"/echo", jsoncodec.New[question, question]())
	defer client.Close()
	ctx := context.Background()
	go client.Run(ctx)
	client.Send(ctx, question{A: 1, B: 2})
	for q := range client.Messages(ctx) {
		fmt.Println(q.A + q.B)
		break
	}
	// Output: 3
}

func ExampleClient_Run() {
	server := wstest.Start()
	defer server.Close()

	client, _ := tether.New(server.URL+"/close?code=4001&reason=token+expired", codec.String())
	err := client.Run(context.Background())
	fmt.Println(err)
	if lost, ok := errors.AsType[*tether.CloseError](err); ok {
		fmt.Println(lost.Code, lost.Reason)
	}
	// Output:
	// tether: stopped (4000–4099: refused by the application): connection closed: 4001 "token expired"
	// 4001 token expired
}

func ExampleClient_Events() {
	server := wstest.Start()
	defer server.Close()

	client, _ := tether.New(server.URL+"/close?n=2&code=4000", codec.String())
	go client.Run(context.Background())
	for it := range client.Events(context.Background()) {
		switch e := it.(type) {
		case tether.StateChanged:
			fmt.Println(e.Old, "→", e.New)
		case tether.Received[string]:
			fmt.Println("received", e.Value)
		case tether.Lost:
			fmt.Println("lost with", e.Code)
		}
	}
	// Output:
	// Idle → Connecting
	// Connecting → Open
	// received 0
	// received 1
	// lost with 4000
	// Open → Closed
}

func ExampleWithEndpoint() {
	server := wstest.Start()
	defer server.Close()

	// A fresh token for every attempt, and no second attempt when it is refused.
	token := func(context.Context) (string, error) { return "", errors.New("account is locked") }
	client, _ := tether.New("", codec.String(), tether.WithEndpoint(
		func(ctx context.Context, _ tether.Attempt) (tether.Target, error) {
			t, err := token(ctx)
			if err != nil {
				return tether.Target{}, tether.Permanent(err)
			}
			return tether.Target{URL: server.URL + "/echo?token=" + t}, nil
		}))
	fmt.Println(client.Run(context.Background()))
	// Output: tether: stopped (endpoint): cannot connect: account is locked
}

func ExampleWithFailover() {
	server := wstest.Start()
	defer server.Close()

	// The first server refuses its clients: the second one is asked next.
	client, _ := tether.New(server.URL+"/refuse?status=403", codec.String(), tether.WithFailover(server.URL+"/echo"),
		tether.WithBackoff(tether.Backoff{Base: time.Millisecond}))
	go client.Run(context.Background())
	_ = client.Send(context.Background(), "hello")
	for text := range client.Messages(context.Background()) {
		fmt.Println(text)
		client.Close()
	}
	// Output: hello
}

func ExampleWithDecide() {
	// This server says 4000 when it is merely busy.
	busy := func(c tether.CloseInfo) tether.Decision {
		if c.Code == 4000 {
			return tether.Decision{After: 2 * time.Second, Rule: "busy"}
		}
		return tether.DefaultDecide(c)
	}
	_, err := tether.New("wss://example.org/", codec.String(), tether.WithDecide(busy))
	fmt.Println(err, busy(tether.CloseInfo{Code: 4000}).After, busy(tether.CloseInfo{Code: 4001}).Stop)
	// Output: <nil> 2s true
}
