//go:build !js

package storetest

import (
	"errors"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/resumeserver"
)

// save makes one step and fails the test unless it ends with want.
func save(t *testing.T, s resumeserver.Store, st resumeserver.Step, want error) {
	t.Helper()
	st.Lifetime = time.Minute
	if err := s.Save(t.Context(), []resumeserver.Step{st})[0]; !errors.Is(err, want) {
		t.Errorf("step %+v: %v, want %v", st, err, want)
	}
}

// take takes the session S for ada.
func take(t *testing.T, s resumeserver.Store, known uint64) resumeserver.Record {
	t.Helper()
	r, err := s.Take(t.Context(), "S", "ada", known)
	if err != nil {
		t.Fatalf("taken with token %d: %v", known, err)
	}
	return r
}

// refused proves that the session S cannot be taken.
func refused(t *testing.T, s resumeserver.Store, why, owner string, known uint64) {
	t.Helper()
	if r, err := s.Take(t.Context(), "S", owner, known); !errors.Is(err, resumeserver.ErrUnknown) {
		t.Errorf("%s: %+v, %v", why, r, err)
	}
}

func messages(from, n int) (list []resumeserver.Message) {
	for i := range n {
		list = append(list, resumeserver.Message{Text: i%2 == 0, Data: []byte(strconv.Itoa(from + i))})
	}
	return list
}

// Fencing proves that of two nodes one owns a session, that what it saved is what the other finds, and that a step that comes
// late or twice changes nothing. node makes the store of one more node.
func Fencing(t *testing.T, node func() resumeserver.Store) {
	a, b := node(), node()
	if err := a.Reach(t.Context()); err != nil {
		t.Error(err)
	}
	refused(t, b, "a session that does not exist", "ada", 0)
	save(t, a, resumeserver.Step{Name: "S", Number: 1, First: 1, Append: messages(1, 1)}, resumeserver.ErrUnknown)
	save(t, a, resumeserver.Step{Name: "S", Number: 2, First: 1, Append: messages(1, 2), Whole: true, Owner: "ada", Subprotocol: "p"}, nil)
	late := resumeserver.Step{Name: "S", Number: 3, First: 3, Append: messages(3, 1), Taken: 1}
	save(t, a, late, nil)
	save(t, a, resumeserver.Step{Name: "S", Number: 4, First: 3, Append: messages(3, 2), Taken: 2, Acked: 1}, nil)
	save(t, a, late, nil)
	save(t, a, resumeserver.Step{Name: "S", Number: 5, First: 6, Append: messages(6, 1)}, resumeserver.ErrUnknown)
	refused(t, b, "another user's session", "eve", 0)
	r := take(t, b, 0)
	want := resumeserver.Record{Moves: r.Moves, Chain: []uint64{0, r.Moves}, Subprotocol: "p", Taken: 2, Acked: 1, Pending: append(messages(1, 2)[1:], messages(3, 2)...)}
	if r.Moves>>32 != 1 || !reflect.DeepEqual(r, want) {
		t.Errorf("taken: %+v\nwant %+v", r, want)
	}
	save(t, a, resumeserver.Step{Name: "S", Number: 6, First: 5, Append: messages(5, 1)}, resumeserver.ErrMoved)
	save(t, a, resumeserver.Step{Name: "S", Number: 7, Whole: true, First: 1}, resumeserver.ErrMoved)
	save(t, a, resumeserver.Step{Name: "S", Number: 8, End: true}, resumeserver.ErrMoved)
	save(t, b, resumeserver.Step{Name: "S", Moves: r.Moves, Number: 1, First: 5, Append: messages(5, 1), Acked: 4}, nil)
	again := take(t, b, 0)
	if again.Before != r.Moves || again.Moves>>32 != 2 || len(again.Pending) != 1 || again.Acked != 4 {
		t.Errorf("its own: %+v", again)
	}
	save(t, b, resumeserver.Step{Name: "S", Moves: again.Moves, Number: 2, End: true}, nil)
	refused(t, a, "a session that is over", "ada", 0)
}

// Tokens proves that a session is taken only for a client whose token is of this very session, although the store lost an
// earlier one of the same name: what it has then is not what that client knows.
func Tokens(t *testing.T, node func() resumeserver.Store) {
	a, b := node(), node()
	whole := resumeserver.Step{Name: "S", Number: 1, First: 1, Whole: true, Owner: "ada"}
	save(t, a, whole, nil)
	first := take(t, b, 0)
	second := take(t, b, first.Moves)
	if want := []uint64{0, first.Moves, second.Moves}; !reflect.DeepEqual(second.Chain, want) {
		t.Errorf("the client may have %v, want %v", second.Chain, want)
	}
	save(t, b, resumeserver.Step{Name: "S", Moves: second.Moves, Known: first.Moves, Number: 1, First: 1}, nil)
	refused(t, a, "a token from before what the client knows", "ada", 0)
	save(t, b, resumeserver.Step{Name: "S", Moves: second.Moves, Number: 2, End: true}, nil)
	save(t, a, whole, nil) // as a node that was overtaken, or a step that was late
	refused(t, b, "a token of the session that was lost", "ada", first.Moves)
	other := take(t, b, 0)
	refused(t, b, "a token as old as the newest one", "ada", first.Moves)
	save(t, b, resumeserver.Step{Name: "S", Moves: second.Moves, Number: 3, First: 1}, resumeserver.ErrUnknown)
	save(t, b, resumeserver.Step{Name: "S", Moves: second.Moves, Number: 4, First: 1, Whole: true, Owner: "ada"}, nil)
	refused(t, a, "a token of the session that was replaced", "ada", other.Moves)
	last := take(t, a, second.Moves)
	if last.Before != second.Moves {
		t.Errorf("taken: %+v", last)
	}
	save(t, a, resumeserver.Step{Name: "S", Moves: last.Moves, Number: 1, End: true}, nil)
}

// Chain proves that what the store keeps for a client that misses every welcome is bounded, and that the first and the last
// token stay good.
func Chain(t *testing.T, node func() resumeserver.Store) {
	a := node()
	save(t, a, resumeserver.Step{Name: "S", Number: 1, First: 1, Whole: true, Owner: "ada"}, nil)
	last := uint64(0)
	for range 40 {
		r := take(t, a, last)
		if len(r.Chain) > 16 || r.Chain[0] != 0 || r.Chain[len(r.Chain)-1] != r.Moves {
			t.Fatalf("the client may have %v", r.Chain)
		}
		last = r.Moves
	}
	take(t, a, 0)
}
