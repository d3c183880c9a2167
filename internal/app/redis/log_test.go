package redis_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/internal/app/redis"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// past returns what n says was logged after a position.
func (n *node) past(t *testing.T, after broker.Position) broker.Past {
	t.Helper()
	p, err := n.History(t.Context(), after)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestHistoryOfAllNodes: what each node's clients say is in one log, which every node has, and which a node that was not there gets too.
// It is bounded: whose place in it is gone is informed.
func TestHistoryOfAllNodes(t *testing.T) { historyOfAllNodes(t, server(t).URL()) }

func historyOfAllNodes(t *testing.T, url string) {
	t.Helper()
	a, b := steady(t, url, "a"), steady(t, url, "b")
	begin := b.past(t, broker.Position{}).At
	if p := a.past(t, begin); begin.Epoch == "" || p.At != begin || p.Lost || len(p.Messages) > 0 {
		t.Errorf("an empty log: %+v, then %+v", begin, p)
	}
	a.Publish([]byte("not logged"))
	for i := range 3 {
		a.PublishKept(fmt.Append(nil, "a", i))
		b.PublishKept(fmt.Append(nil, "b", i))
	}
	eventually(t, "six messages", func() bool { return a.past(t, begin).At.Offset == 6 })
	c := steady(t, url, "c")
	p := c.past(t, begin)
	order := map[byte]byte{'a': '0', 'b': '0'}
	for _, m := range p.Messages {
		if len(m) != 2 || order[m[0]] != m[1] {
			t.Fatalf("not in order: %q", p.Messages)
		}
		order[m[0]]++
	}
	if len(p.Messages) != 6 || p.Lost || p.More || p.At.Epoch != begin.Epoch {
		t.Errorf("%+v", p)
	}
	for i := range broker.MaxLogged {
		a.PublishKept(fmt.Append(nil, i))
	}
	last := uint64(6 + broker.MaxLogged)
	eventually(t, "the rest", func() bool { return c.past(t, broker.Position{}).At.Offset == last })
	if p := c.past(t, begin); !p.Lost || !p.More || len(p.Messages) != broker.MaxPast || string(p.Messages[0]) != "0" || p.At.Offset != 6+broker.MaxPast {
		t.Errorf("after what is not kept: lost %v, more %v, %d messages, at %+v", p.Lost, p.More, len(p.Messages), p.At)
	}
	if p := c.past(t, broker.Position{Epoch: begin.Epoch, Offset: last - 1}); p.Lost || p.More || len(p.Messages) != 1 {
		t.Errorf("the last one: %+v", p)
	}
}

// TestAHoleInTheLogIsAnnounced: a message that Redis did not take, and a Redis that has lost the log, begin another epoch, so that
// a client that comes back is informed.
func TestAHoleInTheLogIsAnnounced(t *testing.T) {
	r := server(t)
	a, b := steady(t, r.URL(), "a"), steady(t, r.URL(), "b")
	say := func(text string, after broker.Position) broker.Past {
		t.Helper()
		a.PublishKept([]byte(text))
		eventually(t, text, func() bool {
			p, err := a.History(t.Context(), broker.Position{})
			return err == nil && p.At != after
		})
		return b.past(t, after)
	}
	first := say("one", b.past(t, broker.Position{}).At).At
	operator := operator(t, r)
	deny := func(rule string) {
		t.Helper()
		if err := operator.Do(t.Context(), "ACL", "SETUSER", "default", rule).Err(); err != nil {
			t.Fatal(err)
		}
	}
	deny("-xadd")
	a.PublishKept([]byte("two"))
	eventually(t, "the node knows of the hole", func() bool { _, err := a.History(t.Context(), first); return err != nil })
	deny("+xadd")
	if p := say("three", first); !p.Lost || len(p.Messages) != 1 || string(p.Messages[0]) != "three" || p.At.Epoch == first.Epoch {
		t.Errorf("after a hole: %+v", p)
	}
	second := b.past(t, broker.Position{}).At
	r.Kill()
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Redis is back", func() bool {
		p, err := b.History(t.Context(), second)
		return err == nil && p.Lost && len(p.Messages) == 0 && p.At.Epoch != second.Epoch
	})
}

// reader is a sink that asks for the history in the moment that a message is delivered.
type reader struct {
	node
	begin  broker.Position
	past   func(broker.Position) (broker.Past, error)
	said   int
	absent []string // messages that were delivered and not in the history
}

func (r *reader) DeliverAll(m []byte) {
	p, err := r.past(r.begin)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said++
	if err != nil || len(p.Messages) == 0 || string(p.Messages[len(p.Messages)-1]) != string(m) {
		r.absent = append(r.absent, fmt.Sprintf("%s of %q, %v", m, p.Messages, err))
	}
	r.begin = p.At
}

func (r *reader) seen() int { r.mu.Lock(); defer r.mu.Unlock(); return r.said }

// TestWhatIsDeliveredIsInTheHistory: in the moment that another node delivers a message it is in the log, so that a client that comes just
// then misses nothing.
func TestWhatIsDeliveredIsInTheHistory(t *testing.T) { deliveredIsInHistory(t, server(t).URL()) }

func deliveredIsInHistory(t *testing.T, url string) {
	t.Helper()
	asked, from := steady(t, url, "asked"), steady(t, url, "from")
	b, err := redis.New(url, redis.Options{PresenceTTL: time.Hour, Timeout: await.Limit, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{begin: asked.past(t, broker.Position{}).At}
	r.past = func(p broker.Position) (broker.Past, error) { return asked.History(t.Context(), p) }
	if err := b.Start("reader", r); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for i := range 100 {
		from.PublishKept(fmt.Append(nil, "message ", i))
		eventually(t, "the message", func() bool { return r.seen() == i+1 })
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.absent) > 0 {
		t.Errorf("%d of %d were not in the history, the first: %s", len(r.absent), r.said, r.absent[0])
	}
}

// TestTheHistoryHasWhatItsNodeAccepted: a node's own clients get a message at once, so the node answers with it before Redis may have it;
// while Redis does not answer, there is no history, and no answer without the message.
func TestTheHistoryHasWhatItsNodeAccepted(t *testing.T) {
	r := server(t)
	a := steady(t, r.URL(), "a")
	at := a.past(t, broker.Position{}).At
	for i := range 100 {
		text := fmt.Append(nil, "message ", i)
		a.PublishKept(text)
		p := a.past(t, at)
		if len(p.Messages) != 1 || string(p.Messages[0]) != string(text) || p.Lost {
			t.Fatalf("after %s: %+v", text, p)
		}
		at = p.At
	}
	operator := operator(t, r)
	if err := operator.Do(t.Context(), "CLIENT", "PAUSE", await.Limit.Milliseconds(), "WRITE").Err(); err != nil {
		t.Fatal(err)
	}
	a.PublishKept([]byte("while Redis is paused"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := a.History(ctx, at); !errors.Is(err, broker.ErrUnavailable) {
		t.Errorf("while Redis is paused: %+v, %v", p, err)
	}
	if err := operator.Do(t.Context(), "CLIENT", "UNPAUSE").Err(); err != nil {
		t.Fatal(err)
	}
	if p := a.past(t, at); len(p.Messages) != 1 {
		t.Errorf("afterwards: %+v", p)
	}
}

// TestWhatCannotBeLoggedIsDelivered: a Redis that takes no message for the log still passes it on.
func TestWhatCannotBeLoggedIsDelivered(t *testing.T) {
	r := server(t)
	a, b := steady(t, r.URL(), "a"), steady(t, r.URL(), "b")
	if err := operator(t, r).Do(t.Context(), "ACL", "SETUSER", "default", "-xadd").Err(); err != nil {
		t.Fatal(err)
	}
	a.PublishKept([]byte("one"))
	eventually(t, "the message", func() bool { return slices.Equal(b.received(), []string{"all one"}) })
}
