//go:build !js

// These tests prove that first words and sessions go together; the server is the test, frame by frame, as in
// resume_client_test.go.
package tether_test

import (
	"context"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// greetOnce is a hello that is said once for each session.
func greetOnce(_ context.Context, o tether.Opened) ([]string, error) {
	if o.Resumed {
		return nil, nil
	}
	return []string{"auth"}, nil
}

// TestFirstWordsOfASession are messages of the session: they leave before what is queued, come again if they are not
// acknowledged, and a resumed session needs none. A session that is new says them again.
func TestFirstWordsOfASession(t *testing.T) {
	s := script(t, tether.WithHello(greetOnce))
	s.send("queued")
	c := s.next("resume - 0 0 4000", "new s1 0 0 9000 0 1000 -")
	s.expect(c, "m 1 0\nauth")
	s.expect(c, "m 2 0\nqueued")
	if o := await.Receive(t, s.opened); o.Resumed {
		t.Error("the first connection is resumed")
	}
	_ = c.CloseNow() // neither was acknowledged
	await.Receive(t, s.lost)

	c = s.next("resume s1 0 0 4000", "resumed s1 0 0 9000 0 1000 -")
	s.expect(c, "m 1 0\nauth")
	s.expect(c, "m 2 0\nqueued")
	if o := await.Receive(t, s.opened); !o.Resumed {
		t.Error("the second connection is not resumed")
	}
	s.say(c, "a 2")
	s.send("later") // there are no words between
	s.expect(c, "m 3 0\nlater")
	s.say(c, "a 3")
	s.say(c, "m 1 3\nhi") // which is read after the acknowledgement
	for range s.Messages(await.Context(t)) {
		break
	}
	_ = c.CloseNow()
	await.Receive(t, s.lost)

	c = s.next("resume s1 1 1 4000", "gone s2 3 3 9000 1 1000 -")
	s.expect(c, "m 1 0\nauth")
	if o := await.Receive(t, s.opened); o.Resumed {
		t.Error("a new session is said to be resumed")
	}
	if len(s.gaps) != 0 {
		t.Errorf("%+v", await.Receive(t, s.gaps))
	}
}

// TestAnAnsweredHelloInASession: the client is open, and sends what is queued, when the answer has come through the session.
func TestAnAnsweredHelloInASession(t *testing.T) {
	s := script(t, tether.WithHello(greetOnce), tether.WithHelloAnswer(func(text string) (bool, error) { return text == "welcome", nil }))
	s.send("queued")
	c := s.next("resume - 0 0 4000", "new s1 0 0 9000 0 1000 -")
	s.expect(c, "m 1 0\nauth")
	if len(s.opened) != 0 {
		t.Error("it is open before the answer")
	}
	s.say(c, "m 1 1\nwelcome")
	s.expect(c, "m 2 1\nqueued")
	if o := await.Receive(t, s.opened); o.Resumed || o.Attempt != 1 {
		t.Errorf("%+v", o)
	}
}
