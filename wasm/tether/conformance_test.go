// These tests prove that a client behaves the same over every transport. They run natively against a server in the same
// process, and in a browser against the one at $WS_TEST_URL.
package tether_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// fast retries at once, so that no test waits for a backoff.
var fast = tether.WithBackoff(tether.Backoff{Base: time.Millisecond, Max: 20 * time.Millisecond})

// start runs a client of texts against a script and ends it with the test.
func start(t *testing.T, path string, opts ...tether.Option) (*tether.Client[string, string], <-chan error) {
	t.Helper()
	c, err := tether.New(serverURL(t)+path, codec.String(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(context.Background()) }()
	t.Cleanup(func() {
		c.Close()
		within(t, 10*time.Second, "Run after Close", ended)
	})
	return c, ended
}

// within waits for what ended holds and puts it back.
func within(t *testing.T, d time.Duration, what string, ended interface{}) {
	t.Helper()
	ch, _ := ended.(chan error)
	if recv, ok := ended.(<-chan error); ok {
		select {
		case <-recv:
		case <-time.After(d):
			t.Errorf("%s did not end within %v", what, d)
		}
		return
	}
	select {
	case err := <-ch:
		ch <- err
	case <-time.After(d):
		t.Errorf("%s did not end within %v", what, d)
	}
}

func TestEchoSmoke(t *testing.T) {
	c, _ := start(t, "/echo")
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := c.Open(ctx); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"", "x", "žluť", strings.Repeat("y", 70_000)} {
		if err := c.Send(ctx, want); err != nil {
			t.Fatal(err)
		}
		for got, err := range c.Messages(ctx) {
			if err != nil || got != want {
				t.Fatalf("got %d bytes, %v", len(got), err)
			}
			break
		}
	}
	if err := c.Shutdown(ctx, 4001, "bye"); err != nil {
		t.Error(err)
	}
}

func TestCloseCodeSmoke(t *testing.T) {
	c, ended := start(t, "/close?n=3&code=4001&reason=token+expired")
	_ = ended
	n := 0
	for range c.Messages(context.Background()) {
		n++
	}
	var ce *tether.CloseError
	if err := c.Run(context.Background()); n != 3 || !errors.As(err, &ce) || ce.Code != 4001 || ce.Reason != "token expired" {
		t.Errorf("%d messages, %v", n, err)
	}
}
