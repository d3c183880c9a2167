//go:build !js

package tether_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/wstest"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/message"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// What both ends share: in a program it stands in a package that the server imports, too.
type (
	line struct {
		Text string `json:"text"`
	}
	sum  struct{ A, B int }
	news struct{ Total int }
)

var (
	lineType = message.New("line", jsoncodec.New[line, line]())
	sumCall  = message.NewCall("sum", jsoncodec.New[sum, sum](), jsoncodec.New[news, news]())
)

// serveSums is a server of any kind that answers the call and sends everything else back.
func serveSums(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	for {
		_, b, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		if m, err := message.JSON().Open(b, codec.Text); err == nil && m.Type == sumCall.Name() {
			b, _, _ = message.Answer(r.Context(), sumCall, message.JSON(), m, nil,
				func(_ context.Context, s sum) (news, error) { return news{s.A + s.B}, nil })
		}
		_ = conn.Write(r.Context(), websocket.MessageText, b)
	}
}

func ExampleNewTyped() {
	server := wstest.Start()
	defer server.Close()

	c, _ := tether.NewTyped(server.URL+"/echo", message.JSON())
	ended := make(chan error)
	go func() { ended <- c.Run(context.Background()) }()
	message.On(c.Router(), lineType, func(l line) {
		fmt.Println(l.Text)
		c.Close()
	})
	fmt.Println(tether.Send(context.Background(), c, lineType, line{"hello"}))
	fmt.Println(<-ended)
	// Output:
	// <nil>
	// hello
	// <nil>
}

func ExampleCall() {
	server := httptest.NewServer(http.HandlerFunc(serveSums))
	defer server.Close()

	c, _ := tether.NewTyped(server.URL, message.JSON())
	go c.Run(context.Background())
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	answer, err := tether.Call(ctx, c, sumCall, sum{A: 20, B: 22})
	fmt.Println(answer.Total, err)
	// Output: 42 <nil>
}

func ExampleTrack() {
	server := wstest.Start()
	defer server.Close()

	client, _ := tether.New(server.URL+"/echo", codec.String())
	ctx := context.Background()
	go client.Run(ctx)
	defer client.Close()
	var r tether.Receipt
	client.Send(ctx, "hello", tether.Track(&r))
	fmt.Println(r.Wait(ctx, tether.StageFlushed))
	stage, _ := r.Stage()
	fmt.Println(stage)
	// Output:
	// <nil>
	// Flushed
}

// Without a connection: what waits in the outbox, and what does not.
func ExampleSendOption() {
	client, _ := tether.New("wss://example.org/", codec.String())
	client.TrySend("order")
	client.TrySend("cursor at 1", tether.Replaces("cursor"))
	client.TrySend("cursor at 2", tether.Replaces("cursor")) // takes the place of the first
	client.TrySend("typing…", tether.Volatile())             // only if there is a connection now
	client.TrySend("price?", tether.Expires(2*time.Second))  // not when it is too old
	var r tether.Receipt
	client.TrySend("cancel that", tether.Urgent(), tether.Track(&r)) // before all others
	fmt.Println(client.Stats().Outbox.Messages, client.Stats().Replaced)
	fmt.Println(r.Cancel(), client.Stats().Outbox.Messages)
	// Output:
	// 4 1
	// true 3
}

func ExampleWithConflation() {
	// Of each price that is not read yet, only the newest matters: "EUR=1.07" takes the place of "EUR=1.06".
	symbol := func(m codec.Message) string {
		name, _, _ := strings.Cut(string(m.Data), "=")
		return name
	}
	_, err := tether.New("wss://example.org/prices", codec.String(), tether.WithConflation(symbol))
	fmt.Println(err)
	// Output: <nil>
}

func ExampleWithInbox() {
	// A tab that is busy drops what is oldest, and never holds more than a megabyte.
	_, err := tether.New("wss://example.org/", codec.Bytes(),
		tether.WithInbox(tether.Limits{Bytes: 1 << 20}, tether.InboxOverflowDropOldest))
	fmt.Println(err)
	// Output: <nil>
}

func ExampleClient_Explain() {
	server := wstest.Start()
	defer server.Close()

	client, _ := tether.New(server.URL+"/close?code=4001&reason=token+expired", codec.String())
	_ = client.Run(context.Background())
	for _, step := range client.Explain().Steps {
		fmt.Println(step)
	}
	// Output:
	// Idle → Connecting: Run was called
	// Connecting → Open: the connection is open
	// Open → Closed: the connection or attempt ended: connection closed: 4001 "token expired" (4000–4099: refused by the application)
}

func ExampleLog() {
	server := wstest.Start()
	defer server.Close()

	untimed := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	client, _ := tether.New(server.URL+"/close?code=4001", codec.String())
	tether.Log(client, slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: untimed})))
	_ = client.Run(context.Background())
	// Output:
	// level=INFO msg=opened attempt=1 subprotocol=""
	// level=INFO msg=lost code=4001 reason="" unflushed=0
}
