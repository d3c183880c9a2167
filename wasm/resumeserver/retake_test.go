//go:build !js

package resumeserver

import (
	"context"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/internal/session"
)

// overtakenStore lets a Take overtake the Save that is under way: the step of it comes after the move.
type overtakenStore struct {
	Store
	held chan struct{} // while it is not nil, Save waits for it to close
}

func (o *overtakenStore) Save(ctx context.Context, steps []Step) []error {
	if o.held != nil {
		<-o.held
	}
	return o.Store.Save(ctx, steps)
}

// Take answers when the node has done all that follows from the Save.
func (o *overtakenStore) Take(ctx context.Context, name, owner string, known uint64) (Record, error) {
	r, err := o.Store.Take(ctx, name, owner, known)
	close(o.held)
	o.held = nil
	time.Sleep(time.Millisecond)
	return r, err
}

// TestANodeThatTakesItsOwnSessionKeepsIt: a client comes back to the node that has its session while a step of it is on its way
// to the store, which refuses the step because of the move. That is no other node's move: the session goes on, and what was to
// be saved is saved.
func TestANodeThatTakesItsOwnSessionKeepsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := NewMemoryStore(time.Hour)
		store := &overtakenStore{Store: memory.Node()}
		server := &Server{Store: store}
		server.init()
		defer server.Close()
		r := httptest.NewRequest("GET", "/", nil)
		attach := func(h session.Hello) *Session {
			t.Helper()
			s, err := server.table.attach(h, r, newConnection(nil, &session.Line{}, 0))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		hello := session.Hello{Position: session.Position{Window: 1 << 20}}
		s := attach(hello)
		synctest.Wait()
		store.held = make(chan struct{})
		if err := s.Write(t.Context(), websocket.MessageText, []byte("x")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		hello.ID = session.JoinName(s.id, 0)
		if again := attach(hello); again != s {
			t.Error("the session began once more at its own node")
		}
		synctest.Wait()
		if n, _ := s.Pending(); n != 1 || s.over != nil {
			t.Errorf("%d messages are saved and not acknowledged, want 1; %v", n, s.over)
		}
		if of := memory.sessions[s.id].of; of.Moves>>32 != 1 || len(of.Pending) != 1 {
			t.Errorf("the store has %+v", of)
		}
	})
}
