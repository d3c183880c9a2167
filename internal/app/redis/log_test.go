package redis_test

import (
	"fmt"
	"testing"

	"github.com/tetherscope/tetherscope/internal/app/broker"
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
func TestHistoryOfAllNodes(t *testing.T) {
	r := server(t)
	a, b := steady(t, r.URL(), "a"), steady(t, r.URL(), "b")
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
	c := steady(t, r.URL(), "c")
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
