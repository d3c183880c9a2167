package tether_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// A fast server and a reader who sleeps: natively TCP holds the server back, a browser must give up the connection.
func TestAFullInboxLosesNothingSilently(t *testing.T) {
	c := prepare(t, "/push?n=400&size=20000", tether.WithInbox(tether.Limits{Messages: 100}), fast)
	dropped := make(chan tether.Dropped, 100)
	tether.On(c, func(e tether.Dropped) { dropped <- e })
	c.run()
	if onBrowser(1, 0) == 1 {
		if e := await.Receive(t, dropped); !e.Inbound || !errors.Is(e.Cause, tether.ErrInboxFull) {
			t.Errorf("%+v", e)
		}
		return
	}
	await.Until(t, "the inbox to fill", func() bool { return c.Stats().Inbox.Messages >= 50 })
	time.Sleep(300 * time.Millisecond) // what nothing holds back would all be there by now
	if waiting := c.Stats().Inbox.Messages; waiting >= 400 {
		t.Errorf("the inbox holds %d messages: nothing held the server back", waiting)
	}
	for range 400 {
		c.receive()
	}
}
