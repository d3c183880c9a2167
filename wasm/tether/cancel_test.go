// These tests prove that a call that its caller gives up ends on the other side too, in both directions.
package tether

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/message"
)

// TestACallThatIsGivenUpIsCancelled: by its context's end or its deadline, before what is queued; a request that never left is
// only taken back.
func TestACallThatIsGivenUpIsCancelled(t *testing.T) {
	n := &fakeNet{}
	typedBubble(t, n, func(t *testing.T, c *Typed) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("the user left the page")
		first := call(ctx, c, double)
		late, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		second := call(late, c, double)
		cancel(why)
		if r := await.Receive(t, first); !errors.Is(r.err, why) {
			t.Error(r.err)
		}
		pass(time.Minute)
		if r := await.Receive(t, second); !errors.Is(r.err, context.DeadlineExceeded) {
			t.Error(r.err)
		}
		want := []string{
			`{"type":"double","call":"1","N":21}`, `{"type":"double","call":"2","N":21}`,
			`{"type":"$cancel","call":"1"}`, `{"type":"$cancel","call":"2"}`,
		}
		if got := n.last().got; !slices.Equal(got, want) {
			t.Errorf("sent %q", got)
		}
	})
	n = outside()
	typedBubble(t, n, func(t *testing.T, c *Typed) {
		ctx, cancel := context.WithCancel(t.Context())
		done := call(ctx, c, double)
		cancel()
		await.Receive(t, done)
		if got := n.openUp().got; len(got) != 0 {
			t.Errorf("sent %q", got)
		}
	}, WithConnectTimeout(time.Hour))
}

// TestACancelledCallOfALostConnection sends nothing to the next one: the end of its connection was its cancellation.
func TestACancelledCallOfALostConnection(t *testing.T) {
	n := &fakeNet{}
	typedBubble(t, n, func(t *testing.T, c *Typed) {
		ctx, cancel := context.WithCancel(t.Context())
		done := call(ctx, c, double)
		n.last().drop(CloseInfo{Code: CodeAbnormalClosure})
		await.Receive(t, done)
		cancel()
		pass(time.Minute)
		if got := n.last().got; len(got) != 0 {
			t.Errorf("sent %q", got)
		}
	})
}

// TestTheServerGivesACallUp: the context of its function ends, with the cause, that of no other does, and it is not answered.
func TestTheServerGivesACallUp(t *testing.T) {
	n := &fakeNet{}
	typedBubble(t, n, func(t *testing.T, c *Typed) {
		causes := make(chan error, 10)
		Handle(c, double, func(ctx context.Context, v number) (number, error) {
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return v, nil
		})
		conn := n.last()
		conn.say(`{"type":"double","call":"a","N":1}`, `{"type":"double","call":"b","N":2}`, `{"type":"$cancel","call":"a"}`, `{"type":"$cancel","call":"z"}`)
		if err := await.Receive(t, causes); !errors.Is(err, message.ErrCanceled) {
			t.Error(err)
		}
		pass(time.Second)
		if len(causes) != 0 || len(conn.got) != 0 {
			t.Errorf("%d others have ended; answered %q", len(causes), conn.got)
		}
		conn.drop(CloseInfo{Code: CodeAbnormalClosure})
		if err := await.Receive(t, causes); !errors.Is(err, ErrDisconnected) {
			t.Error(err)
		}
		pass(time.Minute)
		n.last().say(`{"type":"double","call":"c","N":3}`)
		pass(time.Second)
		c.Close()
		if err := await.Receive(t, causes); !errors.Is(err, ErrClosed) && !errors.Is(err, ErrDisconnected) {
			t.Error(err)
		}
		if got := strings.Join(n.last().got, ""); got != "" {
			t.Errorf("answered %q", got)
		}
	})
}
