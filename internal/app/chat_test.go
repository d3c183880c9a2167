package app_test

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

func closeOf(err error) (websocket.StatusCode, string) {
	if ce, ok := errors.AsType[websocket.CloseError](err); ok {
		return ce.Code, ce.Reason
	}
	return websocket.StatusAbnormalClosure, err.Error()
}

// TestChatReachesEverybodyOnce: the sender too; sender, user and time are the server's.
func TestChatReachesEverybodyOnce(t *testing.T) {
	n := start(t, app.Config{})
	ada, bob := n.join("ada"), n.join("bob")
	ada.say(message{"type": "chat", "message": "hello"})
	for _, p := range []*peer{ada, bob} {
		m := p.expect(chat.TypeChat)
		at, _ := m["timestamp"].(float64)
		if m["message"] != "hello" || m["from"] != ada.id || m["user"] != "ada" || at < 1e12 {
			t.Errorf("got %v", m)
		}
		p.silent()
	}
}

// TestHandlersOfClientsReturn: net/http keeps nothing for a client that is connected.
func TestHandlersOfClientsReturn(t *testing.T) {
	n := start(t, app.Config{})
	ada := n.join("ada")
	await.Until(t, "the handler returns", func() bool { return n.handling.Load() == 0 })
	ada.say(message{"type": "chat", "message": "still there"})
	if m := ada.expect(chat.TypeChat); m["message"] != "still there" {
		t.Errorf("got %v", m)
	}
}

// slowBroker takes a while to make a client present.
type slowBroker struct {
	*broker.Memory
	present atomic.Bool
}

func (b *slowBroker) Join(c broker.Client) {
	time.Sleep(50 * time.Millisecond)
	b.Memory.Join(c)
	b.present.Store(true)
}

// TestWhoIsWelcomedIsReachable: a client that has read its welcome misses nothing from then on.
func TestWhoIsWelcomedIsReachable(t *testing.T) {
	b := &slowBroker{Memory: broker.NewMemory()}
	n := start(t, app.Config{Broker: b})
	n.join("ada")
	if !b.present.Load() {
		t.Error("ada was welcomed before any client could reach her")
	}
}

// TestBroadcastReachesEverybodyOnce: with sender and an ISO timestamp.
func TestBroadcastReachesEverybodyOnce(t *testing.T) {
	n := start(t, app.Config{})
	ada, bob := n.join("ada"), n.join("bob")
	ada.say(message{"type": "broadcast", "content": "hear"})
	iso := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	for _, p := range []*peer{ada, bob} {
		m := p.expect(chat.TypeBroadcast)
		if at, _ := m["timestamp"].(string); m["content"] != "hear" || m["sender"] != ada.id || !iso.MatchString(at) {
			t.Errorf("got %v", m)
		}
		p.silent()
	}
}

// TestPrivateReachesItsTargetOnly: no other client, not even one of the same user; the sender learns when no client
// is there.
func TestPrivateReachesItsTargetOnly(t *testing.T) {
	n := start(t, app.Config{})
	ada, bob, bob2 := n.join("ada"), n.join("bob"), n.join("bob")
	for _, member := range []string{"message", "content"} {
		ada.say(message{"type": "private", "targetId": bob.id, member: "psst"})
		m := bob.expect(chat.TypePrivate)
		if m[member] != "psst" || m["from"] != ada.id || m["user"] != "ada" {
			t.Errorf("got %v", m)
		}
	}
	ada.say(message{"type": "private", "targetId": strings.Repeat("a", chat.IDLength), "message": "psst"})
	if m := ada.expect(chat.TypeError); !reflect.DeepEqual(m["errors"], []any{chat.TargetNotPresent}) {
		t.Errorf("got %v", m)
	}
	ada.silent()
	bob.silent()
	bob2.silent()
}

// TestEchoSpeaksBothDialects: the text comes back in the member it came in.
func TestEchoSpeaksBothDialects(t *testing.T) {
	n := start(t, app.Config{})
	ada := n.join("ada")
	for _, member := range []string{"message", "content"} {
		ada.say(message{"type": "echo", member: "hé"})
		m := ada.expect(chat.TypeEcho)
		delete(m, "timestamp")
		if want := (message{"type": "echo", member: "hé"}); !reflect.DeepEqual(m, want) {
			t.Errorf("got %v, want %v", m, want)
		}
	}
}

// TestCallsAreAnswered: who asks under an id, as tether's calls do, gets the answer or the refusal under that id; an id that
// is none is not returned.
func TestCallsAreAnswered(t *testing.T) {
	n := start(t, app.Config{})
	ada := n.join("ada")
	for _, c := range []struct {
		say                message
		answer, reply, why string
	}{
		{message{"type": "echo", "call": "1", "message": "x"}, chat.TypeEcho, "1", ""},
		{message{"type": "ping", "call": "a \"b\""}, chat.TypePong, "a \"b\"", ""},
		{message{"type": "presence", "call": "ü"}, chat.TypePresence, "ü", ""},
		{message{"type": "chat", "call": "4"}, chat.TypeError, "4", "Missing or invalid message"},
		{message{"type": "echo", "call": 5, "message": "x"}, chat.TypeEcho, "", ""},
		{message{"type": "echo", "call": strings.Repeat("x", 65), "message": "x"}, chat.TypeEcho, "", ""},
	} {
		ada.say(c.say)
		m := ada.expect(c.answer)
		reply, _ := m["reply"].(string)
		why, _ := m["fault"].(string)
		if reply != c.reply || why != c.why {
			t.Errorf("%v: answered %v", c.say, m)
		}
	}
}

// TestPresenceListsWhoIsConnected: and no longer who has left.
func TestPresenceListsWhoIsConnected(t *testing.T) {
	n := start(t, app.Config{Limits: app.Limits{Messages: 10000, AddressMessages: 10000}})
	ada, bob := n.join("ada"), n.join("bob")
	ask := func() map[any]any {
		ada.say(message{"type": "presence"})
		m := ada.expect(chat.TypePresence)
		users := map[any]any{}
		for _, c := range m["clients"].([]any) {
			users[c.(map[string]any)["id"]] = c.(map[string]any)["user"]
		}
		if int(m["total"].(float64)) != len(users) {
			t.Errorf("total %v of %v", m["total"], users)
		}
		return users
	}
	if got, want := ask(), (map[any]any{ada.id: "ada", bob.id: "bob"}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	bob.conn.Close(websocket.StatusNormalClosure, "")
	eventually(t, "ada alone is present", func() bool { return reflect.DeepEqual(ask(), map[any]any{ada.id: "ada"}) })
}

// TestErrorsListEverythingWrong: each kind of bad message, on a connection that goes on after it.
func TestErrorsListEverythingWrong(t *testing.T) {
	n := start(t, app.Config{Limits: app.Limits{Messages: 1000}})
	ada, bob := n.join("ada"), n.join("bob")
	long := strings.Repeat("x", chat.MaxMessage+1)
	for _, c := range []struct {
		sent string
		want []any // nil: the message Invalid JSON
	}{
		{`{`, nil},
		{``, nil},
		{`{"type":"chat","message":"x"} x`, nil},
		{`5`, []any{chat.InvalidType, chat.InvalidMessage}},
		{`null`, []any{chat.InvalidType, chat.InvalidMessage}},
		{`[]`, []any{chat.InvalidType, chat.InvalidMessage}},
		{`{}`, []any{chat.InvalidType, chat.InvalidMessage}},
		{`{"type":7,"message":"` + long + `"}`, []any{chat.InvalidType, chat.MessageTooLong}},
		{`{"type":"shout","message":"x"}`, []any{chat.InvalidType}},
		{`{"TYPE":"chat","message":"x"}`, []any{chat.InvalidType}},
		{`{"type":"chat"}`, []any{chat.InvalidMessage}},
		{`{"type":"chat","message":""}`, []any{chat.InvalidMessage}},
		{`{"type":"chat","message":["x"]}`, []any{chat.InvalidMessage}},
		{`{"type":"chat","message":null}`, []any{chat.InvalidMessage}},
		{`{"type":"chat","message":"` + long + `"}`, []any{chat.MessageTooLong}},
		{`{"type":"broadcast","message":"x"}`, []any{chat.InvalidContent}},
		{`{"type":"private"}`, []any{chat.InvalidTargetID, chat.InvalidMessage}},
		{`{"type":"private","targetId":"*","message":"x"}`, []any{chat.InvalidTargetID}},
		{`{"type":"private","targetId":"a\r\nPSUBSCRIBE *","message":"x"}`, []any{chat.InvalidTargetID}},
		{`{"type":"chat","message":"x","from":"` + bob.id + `"}`, []any{chat.SenderIsServers}},
		{`{"type":"broadcast","content":"x","sender":"` + bob.id + `"}`, []any{chat.SenderIsServers}},
		{`{"type":"chat","message":"x","user":"bob"}`, []any{chat.SenderIsServers}},
		{`{"type":"chat","from":7}`, []any{chat.InvalidMessage, chat.SenderIsServers}},
		{strings.Repeat(`[`, 20000) + strings.Repeat(`]`, 20000), nil},
	} {
		ada.write(websocket.MessageText, []byte(c.sent))
		m := ada.expect(chat.TypeError)
		if c.want == nil && m["message"] != chat.InvalidJSON || c.want != nil && !reflect.DeepEqual(m["errors"], c.want) {
			t.Errorf("%.60s: got %v, want %v", c.sent, m, c.want)
		}
	}
	ada.write(websocket.MessageBinary, []byte{1})
	ada.expect(chat.TypeError)
	ada.silent()
	bob.silent() // none of it reached any client
}

// TestRateLimitIsTenInASecond: the eleventh message within the period ends the connection with 4003; ten do not. In virtual time, where all of them
// are within it however slow the machine is.
func TestRateLimitIsTenInASecond(t *testing.T) {
	virtually(t, app.Config{}, func(_ *testing.T, n *node) {
		ada := n.join("ada")
		for range 10 {
			ada.silent()
		}
		ada.say(message{"type": "ping"})
		ada.expectClosed(4003, "Rate limit exceeded")
		bob := n.join("bob")
		for range 3 {
			for range 10 {
				bob.silent()
			}
			time.Sleep(time.Second)
		}
	})
}
