//go:build !js

package resumeserver_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
)

// These tests prove when a server asks its client who owns the session, what it holds back until the answer, and that a client
// cannot give the token itself.

// moody is a store that does not have anything, or cannot be reached, when the test says so.
type moody struct {
	resumeserver.Store
	mu    sync.Mutex
	mood  error
	grace time.Duration
}

func (m *moody) become(mood error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mood = mood
}

func (m *moody) now() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mood
}

func (m *moody) Grace() time.Duration { return m.grace }

func (m *moody) Reach(ctx context.Context) error {
	if mood := m.now(); mood != nil {
		return mood
	}
	return m.Store.Reach(ctx)
}

// Save forgets nothing of what is saved whole.
func (m *moody) Save(ctx context.Context, steps []resumeserver.Step) []error {
	errs := m.Store.Save(ctx, steps)
	for i, st := range steps {
		if mood := m.now(); mood != nil && (!st.Whole || !errors.Is(mood, resumeserver.ErrUnknown)) {
			errs[i] = mood
		}
	}
	return errs
}

// doubtful begins a session whose first message the client has, and then changes the store's mood.
func doubtful(t *testing.T, mood error) (*moody, *bench, *peer, *resumeserver.Session, string) {
	t.Helper()
	store := &moody{Store: resumeserver.NewMemoryStore(0).Node(), grace: 50 * time.Millisecond}
	b := serve(t, &resumeserver.Server{Store: store, Lifetime: time.Minute})
	c, w := b.hello("- 0 0 9000")
	s := await.Receive(t, b.sessions)
	write(t, s, "one")
	if got := c.hear(); got != "m 1 0\none" {
		t.Fatalf("the server says %q", got)
	}
	c.say("a 1")
	store.become(mood)
	write(t, s, "two")
	return store, b, c, s, w[1]
}

// TestTheClientSaysWhoOwnsTheSession: when the store has lost a session, or cannot be reached, what the handler writes leaves only
// after the client has confirmed a token of this node.
func TestTheClientSaysWhoOwnsTheSession(t *testing.T) {
	for _, mood := range []error{resumeserver.ErrUnknown, errors.New("away")} {
		t.Run(mood.Error(), func(t *testing.T) {
			store, b, c, s, name := doubtful(t, mood)
			defer store.become(nil) // the server would wait for it when it closes
			token, ok := strings.CutPrefix(c.hear(), "g ")
			if !ok || s.Stored() {
				t.Fatalf("no token, and stored %v", s.Stored())
			}
			c.say("q 1", "p 7")
			if got := c.hear(); got != "q 7" {
				t.Fatalf("after another token the server says %q", got)
			}
			c.say("q " + token)
			if got := c.hear(); got != "m 2 0\ntwo" {
				t.Fatalf("the server says %q", got)
			}
			_ = c.CloseNow()
			c, w := b.hello(name + "g" + token + " 1 2 9000")
			if w[0] != "resumed" || !strings.HasPrefix(w[1], name+"g") {
				t.Fatalf("welcome %q", w)
			}
			_ = c.CloseNow()
		})
	}
}

// TestTheTokenComesWithTheWelcome: a client that had gone gets it there, and its first frame confirms it.
func TestTheTokenComesWithTheWelcome(t *testing.T) {
	store, b, c, _, name := doubtful(t, resumeserver.ErrUnknown)
	defer store.become(nil)
	if got := c.hear(); !strings.HasPrefix(got, "g ") {
		t.Fatalf("the server says %q", got)
	}
	_ = c.CloseNow()
	c, w := b.hello(name + " 1 1 9000")
	if w[0] != "resumed" || w[1] == name {
		t.Fatalf("welcome %q", w)
	}
	c.say("a 1")
	if got := c.hear(); got != "m 2 0\ntwo" {
		t.Errorf("the server says %q", got)
	}
}

// TestSessionsAreSavedAgain: a store that was away has everything again when it is back.
func TestSessionsAreSavedAgain(t *testing.T) {
	store, b, c, s, _ := doubtful(t, errors.New("away"))
	token, _ := strings.CutPrefix(c.hear(), "g ")
	c.say("q " + token)
	if got := c.hear(); got != "m 2 0\ntwo" || !b.Stats().Alone {
		t.Fatalf("the server says %q, %+v", got, b.Stats())
	}
	store.become(nil)
	await.Until(t, "the session is stored again", func() bool { return s.Stored() && !b.Stats().Alone })
}

// TestAClientGivesNoToken: its connection is closed with 1002.
func TestAClientGivesNoToken(t *testing.T) {
	b := serve(t, &resumeserver.Server{})
	c, _ := b.hello("- 0 0 1000")
	c.say("g 4294967297")
	if code := c.closed(); code != websocket.StatusProtocolError {
		t.Errorf("closed with %d", code)
	}
}
