//go:build !js

package tether_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/wstest"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/message"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// What could not work is refused before anything is dialled, and the error says which option.
func ExampleOptionError() {
	var client *tether.Client[string, string]
	client, err := tether.New("wss://example.org/chat", codec.String(), tether.WithMaxMessage(0))
	if wrong, ok := errors.AsType[*tether.OptionError](err); ok {
		fmt.Println(wrong.Option, wrong.Reason, client == nil)
	}
	// Output:
	// WithMaxMessage must be positive true
}

// What only a native program can have: its handshake.
func ExampleWithHeader() {
	server := wstest.Start()
	defer server.Close()

	client, _ := tether.New(server.URL+"/echo", codec.String(),
		tether.WithHeader(http.Header{"Authorization": {"Bearer …"}}),
		tether.WithHTTPClient(&http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}}),
		tether.WithSubprotocols("chat.v2", "chat.v1"), tether.WithOptionalSubprotocol(),
		tether.WithCompression(tether.Compression{Threshold: 1 << 10}),
		tether.WithMaxFrame(32<<10), // what some gateways take at most
		tether.WithConnectTimeout(time.Minute), tether.WithCloseTimeout(time.Second))
	tether.On(client, func(e tether.Opened) {
		fmt.Println("the server speaks", e.Subprotocol)
		client.Close()
	})
	fmt.Println(client.Run(context.Background()))
	// Output:
	// the server speaks chat.v2
	// <nil>
}

// A program that must not wait for a slow network, and would rather know.
func ExampleWithOutbox() {
	client, _ := tether.New("wss://example.org/positions", codec.String(),
		tether.WithOutbox(tether.Limits{Messages: 2, Bytes: 1 << 20}, tether.OverflowReject), tether.WithSendBuffer(64<<10))
	for _, position := range []string{"e4", "d4", "c4"} { // Run was not called yet: they wait
		fmt.Println(client.Send(context.Background(), position))
	}
	// Output:
	// <nil>
	// <nil>
	// tether: outbox is full
}

// The place where tokens come from knows best what a failure means.
func ExampleRetryAfter() {
	client, _ := tether.New("", codec.String(), tether.WithEndpoint(func(_ context.Context, a tether.Attempt) (tether.Target, error) {
		if a.Number == 1 {
			return tether.Target{}, tether.RetryAfter(time.Millisecond, errors.New("too many logins"))
		}
		return tether.Target{}, tether.Permanent(errors.New("the account is closed"))
	}))
	err := client.Run(context.Background())
	if stop, ok := errors.AsType[*tether.StopError](err); ok {
		fmt.Println(stop.Rule)
	}
	fmt.Println(strings.HasSuffix(err.Error(), "the account is closed"))
	// Output:
	// endpoint
	// true
}

func ExampleHandshakeError() {
	server := wstest.Start()
	defer server.Close()

	client, _ := tether.New(server.URL+"/refuse?status=503&retry-after=30", codec.String())
	tether.On(client, func(e tether.Retrying) {
		if refusal, ok := errors.AsType[*tether.HandshakeError](e.Cause); ok {
			fmt.Println(refusal.Status, refusal.RetryAfter)
		} else if refusal, ok := errors.AsType[*tether.ProxyError](e.Cause); ok {
			fmt.Println("the proxy:", refusal.Status)
		}
		client.Close()
	})
	fmt.Println(client.Run(context.Background()))
	// Output:
	// 503 30s
	// <nil>
}

// What goes wrong beside the connection is reported, too, and harms nothing else.
func ExamplePanicked() {
	server := wstest.Start()
	defer server.Close()

	client, _ := tether.New(server.URL+"/echo", codec.String())
	tether.On(client, func(tether.Opened) { panic("a listener of mine") })
	tether.On(client, func(e tether.Panicked) {
		fmt.Println("panicked:", e.Value)
		client.Close()
	})
	tether.On(client, func(e tether.Dropped) { fmt.Println(e.Messages, "messages were given up:", e.Cause) })
	tether.On(client, func(e tether.Skipped) { fmt.Println("listeners are too slow:", e.Events, "events were left out") })
	tether.On(client, func(e tether.Diagnosed) { fmt.Println("attempts fail because of:", e.Verdict) }) // WithDiagnosis
	fmt.Println(client.Run(context.Background()))
	// Output:
	// panicked: a listener of mine
	// <nil>
}

// A call says whether its request was sent, so that one knows whether it may be repeated.
func ExampleDisconnectedError() {
	var client *tether.Typed
	client, _ = tether.NewTyped("wss://example.org/chat", message.JSON())
	tether.On(client, func(e tether.Unhandled) { fmt.Println("no listener for", e.Type) })
	tether.On(client, func(e tether.Malformed) { fmt.Println("cannot read:", e.Err) })
	fmt.Println(tether.TrySend(client, lineType, line{"waits until there is a connection"}))

	options := []tether.SendOption{tether.Volatile()} // does not wait
	_, err := tether.Call(context.Background(), client, sumCall, sum{1, 2}, options...)
	if lost, ok := errors.AsType[*tether.DisconnectedError](err); ok {
		fmt.Println("sent:", lost.Sent)
	}
	// Output:
	// <nil>
	// sent: false
}

// A program that must know what arrived before it ends.
func ExampleShutdownError() {
	client, _ := tether.New("ws://127.0.0.1:1/", codec.String()) // where nothing listens
	go func() { _ = client.Run(context.Background()) }()
	_ = client.TrySend("a last word")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	err := client.Shutdown(ctx, tether.CodeNormalClosure, "")
	if e, ok := errors.AsType[*tether.ShutdownError](err); ok {
		fmt.Println(e.Unsent, "not sent,", e.Uncertain, "uncertain:", e.Err)
	}
	// Output:
	// 1 not sent, 0 uncertain: context deadline exceeded
}
