//go:build !js

package resumeserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

func Example() {
	sessions := &resumeserver.Server{
		Lifetime: 5 * time.Minute,
		Owner:    func(r *http.Request) string { return r.Header.Get("X-User") }, // who your login says it is
	}
	defer sessions.Close()
	mux := http.NewServeMux()
	mux.Handle("/ws", sessions.Handler(func(ctx context.Context, s *resumeserver.Session) {
		for {
			_, p, err := s.Read(ctx)
			if errors.Is(err, resumeserver.ErrExpired) {
				fmt.Println("the client never came back:", err)
			}
			if err != nil {
				return
			}
			_ = s.Write(ctx, websocket.MessageText, append([]byte("you said "), p...))
		}
	}))
	server := httptest.NewServer(mux)
	defer server.Close()

	client, _ := tether.New("ws"+server.URL[4:]+"/ws", codec.String(), tether.WithResume(tether.Resume{}))
	go func() { _ = client.Run(context.Background()) }()
	_ = client.Send(context.Background(), "hello")
	for text := range client.Messages(context.Background()) {
		fmt.Println(text)
		break
	}
	_ = client.Shutdown(context.Background(), tether.CodeNormalClosure, "")
	// Output: you said hello
}

func ExampleServer_Serve() {
	sessions := &resumeserver.Server{}
	defer sessions.Close()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{resumeserver.Subprotocol}})
		if err != nil {
			return
		}
		_ = sessions.Serve(c, r, func(ctx context.Context, s *resumeserver.Session) {
			_ = s.Write(ctx, websocket.MessageText, []byte("welcome"))
			_ = s.Flush(ctx) // until the client has it
		})
	})
	server := httptest.NewServer(handler)
	defer server.Close()

	client, _ := tether.New("ws"+server.URL[4:], codec.String(), tether.WithResume(tether.Resume{}))
	fmt.Println(client.Run(context.Background()) != nil) // the server is done with it: the client stops
	for text := range client.Messages(context.Background()) {
		fmt.Println(text)
	}
	// Output:
	// true
	// welcome
}
