//go:build !js

package tether_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

func ExampleWithResume() {
	sessions := &resumeserver.Server{}
	defer sessions.Close()
	server := httptest.NewServer(sessions.Handler(func(ctx context.Context, s *resumeserver.Session) {
		for {
			kind, p, err := s.Read(ctx)
			if err != nil {
				return
			}
			_ = s.Write(ctx, kind, p)
		}
	}))
	defer server.Close()

	client, _ := tether.New("ws"+server.URL[4:], codec.String(), tether.WithResume(tether.Resume{}))
	tether.On(client, func(e tether.Opened) { fmt.Println("open, resumed:", e.Resumed) })
	tether.On(client, func(e tether.Gap) { fmt.Println("messages were lost:", e.Inbound, e.Outbound) })
	ctx := context.Background()
	ended := make(chan error)
	go func() { ended <- client.Run(ctx) }()
	_ = client.Open(ctx)
	_ = client.Send(ctx, "hello")
	client.Reconnect(nil) // the connection is given up with the message under way
	for text := range client.Messages(ctx) {
		fmt.Println(text)
		break
	}
	_ = client.Shutdown(ctx, tether.CodeNormalClosure, "") // when it returns, everything was acknowledged
	fmt.Println(<-ended)
	// Unordered output:
	// open, resumed: false
	// open, resumed: true
	// hello
	// <nil>
}
