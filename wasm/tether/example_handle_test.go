//go:build !js

package tether_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/message"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// A server that asks its client.
func ExampleHandle() {
	answer := make(chan news, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		b, _, _ := sumCall.AppendRequest(nil, message.JSON(), "1", sum{A: 20, B: 22})
		_ = conn.Write(r.Context(), websocket.MessageText, b)
		_, b, _ = conn.Read(r.Context())
		m, _ := message.JSON().Open(b, codec.Text)
		total, _ := sumCall.Result(m)
		answer <- total
		<-conn.CloseRead(r.Context()).Done()
	}))
	defer server.Close()

	c, _ := tether.NewTyped(server.URL, message.JSON())
	defer c.Close()
	tether.Handle(c, sumCall, func(_ context.Context, s sum) (news, error) { return news{s.A + s.B}, nil })
	go c.Run(context.Background())
	fmt.Println((<-answer).Total)
	// Output: 42
}
