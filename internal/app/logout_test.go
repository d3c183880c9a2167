package app_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// wire joins two nodes in one process: what one publishes, the other's sink gets.
type wire struct {
	*broker.Memory
	sink  broker.Sink
	other *wire
}

func (w *wire) Start(node string, s broker.Sink) error {
	w.sink = s
	return w.Memory.Start(node, s)
}

func (w *wire) Announce(message []byte, _ time.Time) { w.Publish(message) }

func (w *wire) Publish(message []byte) { go w.other.sink.DeliverAll(message) }

// TestLogoutEndsTheUsersConnections: all of them, on every node and endpoint; no other user's; and their
// tokens open nothing any more, whichever node they were used on.
func TestLogoutEndsTheUsersConnections(t *testing.T) {
	one, two := &wire{Memory: broker.NewMemory()}, &wire{Memory: broker.NewMemory()}
	one.other, two.other = two, one
	a, b := start(t, app.Config{Broker: one}), start(t, app.Config{Broker: two})
	first, second := a.token("ada", time.Hour), a.token("ada", 2*time.Hour)
	query := func(token string) string { return "?token=" + token }
	here := dial(t, a.url, "/ws/chat"+query(first), nil)
	bin := dial(t, a.url, "/ws/bin"+query(first), nil)
	there := dial(t, b.url, "/ws/chat"+query(second), nil)
	here.expect(chat.TypeWelcome)
	there.expect(chat.TypeWelcome)
	bin.write(websocket.MessageBinary, []byte("x"))
	bin.read() // it is known by now
	bob := a.join("bob")
	ticket := a.ticket(first)
	here.say(message{"type": "logout"})
	for _, p := range []*peer{here, bin, there} {
		p.expectClosed(4002, "Logged out")
	}
	bob.silent()
	for _, n := range []*node{a, b} {
		for _, token := range []string{first, second} {
			eventually(t, "the token is refused", func() bool {
				code, reason := dial(t, n.url, "/ws/chat"+query(token), nil).closedOrWelcomed()
				return code == 4002 && reason == "Logged out"
			})
		}
	}
	dial(t, a.url, "/ws/chat?ticket="+ticket, nil).expectClosed(4002, "Logged out")
	dial(t, a.url, "/ws/chat"+query(a.token("ada", 3*time.Hour)), nil).expect(chat.TypeWelcome) // the user logs in again
}

// closedOrWelcomed returns the close code, or 0 when a message came instead.
func (p *peer) closedOrWelcomed() (websocket.StatusCode, string) {
	if _, _, err := p.conn.Read(p.t.Context()); err != nil {
		return closeOf(err)
	}
	p.conn.CloseNow()
	return 0, ""
}

// ticket gets one for a token.
func (n *node) ticket(token string) string {
	n.t.Helper()
	r, err := http.NewRequestWithContext(n.t.Context(), http.MethodPost, n.url+"/app/ticket", http.NoBody)
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Origin", origin)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	res.Body.Close()
	_, rest, found := strings.Cut(string(b), `"ticket":"`)
	ticket, _, _ := strings.Cut(rest, `"`)
	if err != nil || !found {
		n.t.Fatalf("%s %q, %v", res.Status, b, err)
	}
	return ticket
}

// TestNoClientIsLoggedOutByAnother: a chat message that looks like what nodes tell each other is a chat message.
func TestNoClientIsLoggedOutByAnother(t *testing.T) {
	n := start(t, app.Config{})
	ada, eve := n.join("ada"), n.join("eve")
	eve.say(message{"type": "node.logout", "user": "ada", "tokens": message{}})
	eve.expect(chat.TypeError)
	eve.say(message{"type": "logout", "user": "ada"})
	eve.expect(chat.TypeError) // the user is the server's to say
	ada.silent()
}
