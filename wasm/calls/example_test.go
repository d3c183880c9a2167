//go:build !js

package calls_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/calls"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/message"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// A server that answers the calls of its clients.
func Example() {
	type pair struct{ A, B int }
	sum := message.NewCall("sum", jsoncodec.New[pair, pair](), jsoncodec.New[number, number]())

	var router calls.Router
	calls.Handle(&router, sum, func(_ context.Context, p pair) (number, error) { return number{p.A + p.B}, nil })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		_ = calls.NewPeer(&router, conn, message.JSON()).Run(r.Context())
	}))
	defer server.Close()

	client, _ := tether.NewTyped(server.URL, message.JSON())
	defer client.Close()
	go client.Run(context.Background())
	total, err := tether.Call(context.Background(), client, sum, pair{20, 22})
	fmt.Println(total.N, err)
	// Output: 42 <nil>
}
