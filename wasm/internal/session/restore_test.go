package session

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestRestoredSessionsGoOn: wherever in a conversation one side is replaced by a copy that is restored from what was kept of it,
// and the connection by another, every message arrives once and in order, in both directions.
func TestRestoredSessionsGoOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ends := [2]*Session{New(1 << 20), New(1 << 20)}
		var sent, got [2][]byte
		connect := func() {
			for i, s := range ends {
				if _, err := s.Attach(ends[1-i].Position()); err != nil {
					t.Fatal(err)
				}
			}
		}
		connect()
		deliver := func(from int) {
			if frame, text, ok := ends[from].Next(nil); ok {
				if _, _, err := ends[1-from].Receive(text, frame); err != nil {
					t.Fatal(err)
				}
			}
			if m, ok := ends[1-from].Read(); ok {
				got[from] = append(got[from], m.Data...)
			}
		}
		for i := range rapid.IntRange(0, 80).Draw(t, "steps") {
			from := rapid.IntRange(0, 1).Draw(t, "from")
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				ends[from].Append(Message{Data: []byte{byte(i)}})
				sent[from] = append(sent[from], byte(i))
			case 1, 2:
				deliver(from)
			default:
				s := ends[from]
				ends[from] = Restore(1<<20, Kept{s.Taken(), s.Acked(), clone(s.Unacked())})
				connect()
			}
		}
		connect()
		for range 200 {
			deliver(0)
			deliver(1)
		}
		for i := range ends {
			if !bytes.Equal(sent[i], got[i]) {
				t.Fatalf("side %d sent %v, and %v arrived", i, sent[i], got[i])
			}
		}
	})
}

func clone(list []Message) []Message { return append([]Message(nil), list...) }

// TestAServerGivesAToken: the peer has it, and its answer says which.
func TestAServerGivesAToken(t *testing.T) {
	client, server := New(1000), New(1000)
	frame := AppendToken(nil, 1<<63)
	if got, _, err := client.Receive(true, frame); got != GotToken || err != nil || client.Token() != 1<<63 {
		t.Errorf("%q is %d, %v, with the token %d", frame, got, err, client.Token())
	}
	answer, ok := client.Pong(nil)
	if got, _, err := server.Receive(true, answer); !ok || got != GotPong || err != nil || server.Answered() != 1<<63 {
		t.Errorf("the answer %q is %d, %v", answer, got, err)
	}
}

// TestNames: an identifier says how often the session has moved, and everything else is a name.
func TestNames(t *testing.T) {
	for _, c := range []struct {
		id, name string
		moves    uint64
	}{{"ABC", "ABC", 0}, {"ABCg7", "ABC", 7}, {"ABCg", "ABCg", 0}, {"ABCg0", "ABCg0", 0}, {"ABCg07", "ABCg07", 0}, {"g7", "", 7}, {"ABCgx", "ABCgx", 0}, {"", "", 0}} {
		if name, moves := SplitName(c.id); name != c.name || moves != c.moves {
			t.Errorf("%q: %q, %d", c.id, name, moves)
		}
		if c.moves > 0 && JoinName(c.name, c.moves) != c.id {
			t.Errorf("%q, %d: %q", c.name, c.moves, JoinName(c.name, c.moves))
		}
	}
	if !SameName("ABC", "ABCg9") || SameName("ABC", "ABD") {
		t.Error("names are compared without their moves")
	}
}
