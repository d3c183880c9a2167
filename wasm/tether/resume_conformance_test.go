// These tests prove resumed sessions over every transport, as conformance_test.go does for the rest.
package tether_test

import (
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

var resumed = tether.WithResume(tether.Resume{})

// TestResumeLosesAndDoublesNothing sends numbers through connections that break, some with a reset, and wants each one
// back once and in order, text and binary.
func TestResumeLosesAndDoublesNothing(t *testing.T) {
	const messages = 2000
	times := int(onBrowser(12, 60)) // a browser makes a client that fails often wait
	c := prepare(t, "/resume?cut=2500&times="+strconv.Itoa(times), fast, resumed)
	gaps := make(chan tether.Gap, 100)
	tether.On(c, func(g tether.Gap) { gaps <- g })
	opens := 0
	tether.On(c, func(o tether.Opened) {
		if opens++; o.Resumed == (opens == 1) {
			t.Errorf("connection %d: resumed %v", opens, o.Resumed)
		}
	})
	c.run()
	var sender sync.WaitGroup
	defer await.Group(t, &sender)
	sender.Go(func() {
		for i := range messages {
			m := codec.Message{Type: codec.Text + codec.MessageType(i%2), Data: []byte(strconv.Itoa(i))}
			if err := c.Send(t.Context(), m); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range messages {
		m := c.receive()
		if string(m.Data) != strconv.Itoa(i) || m.Type != codec.Text+codec.MessageType(i%2) {
			t.Fatalf("message %d is %q, type %v", i, m.Data, m.Type)
		}
	}
	if len(gaps) > 0 {
		t.Errorf("%+v", <-gaps)
	}
	attempts := serverStats(t, c.key).Attempts
	if attempts < times/2 {
		t.Errorf("only %d connections: nothing was proved", attempts)
	}
	t.Logf("%d messages each way over %d connections: lost 0, duplicated 0, reordered 0", messages, attempts)
	if err := c.Shutdown(deadline(t), tether.CodeNormalClosure, ""); err != nil {
		t.Error("not everything was acknowledged:", err)
	}
}

// TestARestartOfTheServerIsAGap that is announced, after which messages flow again.
func TestARestartOfTheServerIsAGap(t *testing.T) {
	c := prepare(t, "/resume", fast, resumed)
	gaps := make(chan tether.Gap, 1)
	tether.On(c, func(g tether.Gap) { gaps <- g })
	c.run()
	for _, s := range []string{"a", "restart", "b"} {
		if err := c.Send(deadline(t), text(s)); err != nil {
			t.Fatal(err)
		}
		if s == "a" {
			c.receive()
		}
	}
	if g := await.Receive(t, gaps); g.Inbound != -1 || g.Exact || !errors.Is(g.Cause, tether.ErrSessionLost) {
		t.Errorf("%+v", g)
	}
	if err := c.Send(deadline(t), text("c")); err != nil {
		t.Fatal(err)
	}
	for m := c.receive(); string(m.Data) != "c"; m = c.receive() {
		if string(m.Data) != "b" {
			t.Errorf("got %q", m.Data)
		}
	}
}

// TestAServerThatDoesNotResume: natively the client says what is wrong; a browser itself ends a connection whose server
// selects none of the subprotocols offered.
func TestAServerThatDoesNotResume(t *testing.T) {
	c := start(t, "/echo?protocol=other", fast, tether.WithSubprotocols("other"), resumed)
	err := c.end()
	if !errors.Is(err, tether.ErrNoResume) {
		t.Errorf("Run returned %v", err)
	}
	c.saw("the connection was let go", func(st wstest.Stats) bool { return st.Live == 0 })
}
