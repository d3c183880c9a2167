//go:build !js

package tether_test

import (
	"context"
	"fmt"

	"github.com/tetherscope/tetherscope/internal/test/wstest"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// A server that learns the user from the first message, and says when it has checked that.
func ExampleWithHello() {
	server := wstest.Start()
	defer server.Close()

	client, _ := tether.New(server.URL+"/echo", codec.String(),
		tether.WithHello(func(_ context.Context, _ tether.Opened) ([]string, error) {
			token := "fresh" // fetched here, for each connection
			return []string{"authenticate " + token, "subscribe prices"}, nil
		}),
		tether.WithHelloAnswer(func(answer string) (done bool, err error) {
			return answer == "subscribe prices", nil // this server echoes
		}))
	defer client.Close()
	ctx := context.Background()
	go client.Run(ctx)
	client.Send(ctx, "queued before there was a connection")
	for text := range client.Messages(ctx) {
		fmt.Println(text)
		break
	}
	// Output: queued before there was a connection
}
