//go:build !js

package resumeserver_test

import (
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
)

// These tests prove what the server makes of frames that were altered or lost on the way: it takes none of them, gives the
// connection up with a code after which clients come back, and the session goes on.

func TestWhatIsAlteredIsNotTaken(t *testing.T) {
	b := serve(t, &resumeserver.Server{})
	c, w := b.hello("- 0 0 1000")
	s := await.Receive(t, b.sessions)
	c.say("m 1 0\none")
	if got := read(t, s); got != "one" {
		t.Fatal(got)
	}
	altered := append(c.line.Begin(nil), "m 2 0\ntwo"...)
	c.line.Seal(true, altered)
	altered[len(altered)-1] ^= 1
	if err := c.Write(t.Context(), websocket.MessageText, altered); err != nil {
		t.Fatal(err)
	}
	if code := c.closed(); code != websocket.StatusInternalError {
		t.Errorf("closed with %d", code)
	}
	c, w = b.hello(w[1] + " 0 0 1000")
	if w[0] != "resumed" || w[3] != "1" {
		t.Fatalf("welcome %q", w)
	}
	c.say("m 2 0\ntwo")
	if got := read(t, s); got != "two" {
		t.Error(got)
	}
}

func TestAFrameThatIsLostIsNoticedAtTheNext(t *testing.T) {
	b := serve(t, &resumeserver.Server{})
	c, _ := b.hello("- 0 0 1000")
	await.Receive(t, b.sessions)
	c.line.Seal(true, append(c.line.Begin(nil), "a 0"...)) // and it never arrives
	c.say("p 7")
	if code := c.closed(); code != websocket.StatusInternalError {
		t.Errorf("closed with %d", code)
	}
}

// TestASilentClientIsAsked: whether it has the welcome, and what it has of what was sent; and it is answered itself.
func TestASilentClientIsAsked(t *testing.T) {
	t.Parallel() // it waits for seconds
	b := serve(t, &resumeserver.Server{})
	c := b.dial(nil)
	c.say("resume - 0 0 1000")
	_ = c.hear() // the welcome
	if got := c.hearAny(); got != "s 0" {
		t.Fatalf("the server says %q", got)
	}
	c.say("a 0")
	s := await.Receive(t, b.sessions)
	write(t, s, "one")
	if got := c.hear(); got != "m 1 0\none" {
		t.Fatalf("the server says %q", got)
	}
	for range 2 {
		if got := c.hearAny(); got != "s 0" {
			t.Fatalf("the server says %q, want to be asked", got)
		}
	}
	c.say("s 1")
	if got := c.hear(); got != "a 0" {
		t.Errorf("the server answers %q", got)
	}
	await.Until(t, "the message is acknowledged", func() bool { n, _ := s.Pending(); return n == 0 })
}

// TestAnAlteredHelloIsAskedForAgain: a client that comes with it gets a code after which it tries once more.
func TestAnAlteredHelloIsAskedForAgain(t *testing.T) {
	b := serve(t, &resumeserver.Server{Lifetime: time.Minute})
	c := b.dial(nil)
	if err := c.Write(t.Context(), websocket.MessageText, []byte("00000000resume - 0 0 1000")); err != nil {
		t.Fatal(err)
	}
	if code := c.closed(); code != websocket.StatusInternalError || b.Stats().Sessions != 0 {
		t.Errorf("closed with %d, %+v", code, b.Stats())
	}
}
