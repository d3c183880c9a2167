package app_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/chat"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	types "github.com/tetherscope/tetherscope/wasm/message"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// What the server declares as structs of wasm/chat is all that a typed client needs to know of it.
var (
	welcomeType  = types.New(chat.TypeWelcome, jsoncodec.New[chat.Welcome, chat.Welcome]())
	chatType     = types.New(chat.TypeChat, jsoncodec.New[chat.Chat, chat.Chat]())
	privateType  = types.New(chat.TypePrivate, jsoncodec.New[chat.Private, chat.Private]())
	echoType     = types.New(chat.TypeEcho, jsoncodec.New[chat.Echo, chat.Echo]())
	presenceType = types.New(chat.TypePresence, jsoncodec.New[chat.Presence, chat.Presence]())
	errorType    = types.New(chat.TypeError, jsoncodec.New[chat.Error, chat.Error]())
)

// typedClient is a tether of typed messages to n, with what it received.
type typedClient struct {
	*tether.Typed
	welcomes  chan chat.Welcome
	chats     chan chat.Chat
	privates  chan chat.Private
	echoes    chan chat.Echo
	presences chan chat.Presence
	errors    chan chat.Error
}

func hear[T any](c *typedClient, what *types.Type[T]) chan T {
	received := make(chan T, 100)
	types.On(c.Router(), what, func(v T) { received <- v })
	return received
}

func typed(t *testing.T, n *node, user string) *typedClient {
	t.Helper()
	c, err := tether.NewTyped(strings.Replace(n.url, "http", "ws", 1)+"/ws/chat", types.JSON(),
		tether.WithHeader(http.Header{"Origin": {origin}}), tether.WithSubprotocols(chat.Subprotocol, chat.TokenPrefix+n.token(user, time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	u := &typedClient{Typed: c}
	u.welcomes, u.chats, u.privates = hear(u, welcomeType), hear(u, chatType), hear(u, privateType)
	u.echoes, u.presences, u.errors = hear(u, echoType), hear(u, presenceType), hear(u, errorType)
	tether.On(c, func(e tether.Unhandled) { t.Errorf("no handler for %q", e.Type) })
	tether.On(c, func(e tether.Malformed) { t.Errorf("%s: %v", e.Type, e.Err) })
	var work sync.WaitGroup
	work.Go(func() { _ = c.Run(t.Context()) })
	t.Cleanup(func() {
		c.Close()
		await.Group(t, &work)
	})
	return u
}

// next returns what comes.
func next[T any](t *testing.T, from chan T) (v T) {
	t.Helper()
	return await.Receive(t, from)
}

// TestTypedClientAndServerShareTheirTypes: the structs of wasm/chat, sent and received by a typed tether, are what the server
// reads and writes: no name and no member is declared twice.
func TestTypedClientAndServerShareTheirTypes(t *testing.T) {
	n := start(t, app.Config{})
	ada, bob := typed(t, n, "ada"), typed(t, n, "bob")
	hello, other := next(t, ada.welcomes), next(t, bob.welcomes)
	if hello.User != "ada" || !chat.ValidID(hello.ClientID) || hello.Server == "" || hello.ClientID == other.ClientID {
		t.Fatalf("%+v, %+v", hello, other)
	}
	send := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	send(tether.Send(t.Context(), ada.Typed, chatType, chat.Chat{Message: "grüß dich"}))
	for _, u := range []*typedClient{ada, bob} {
		if m := next(t, u.chats); m.Message != "grüß dich" || m.From != hello.ClientID || m.User != "ada" || m.Timestamp == 0 {
			t.Errorf("%+v", m)
		}
	}
	send(tether.Send(t.Context(), bob.Typed, privateType, chat.Private{TargetID: hello.ClientID, Content: "psst"}))
	if m := next(t, ada.privates); m.Content != "psst" || m.From != other.ClientID || m.TargetID != "" {
		t.Errorf("%+v", m)
	}
	send(tether.Send(t.Context(), ada.Typed, echoType, chat.Echo{Content: "twice"}))
	if m := next(t, ada.echoes); m.Content != "twice" || m.Message != "" || m.Timestamp == 0 {
		t.Errorf("%+v", m)
	}
	send(tether.Send(t.Context(), ada.Typed, presenceType, chat.Presence{}))
	if m := next(t, ada.presences); m.Total != 2 || !slices.Contains(m.Clients, chat.Client{ID: other.ClientID, User: "bob"}) {
		t.Errorf("%+v", m)
	}
	// What the shared rules forbid does not leave the client; what only the server can know comes back as an error.
	if err := tether.Send(t.Context(), ada.Typed, chatType, chat.Chat{}); err == nil || !strings.Contains(err.Error(), chat.InvalidMessage) {
		t.Errorf("an empty message: %v", err)
	}
	send(tether.Send(t.Context(), ada.Typed, privateType, chat.Private{TargetID: strings.Repeat("a", chat.IDLength), Message: "psst"}))
	if m := next(t, ada.errors); !slices.Contains(m.Errors, chat.TargetNotPresent) {
		t.Errorf("%+v", m)
	}
}
