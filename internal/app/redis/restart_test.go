package redis_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestANodeThatRestartsIsReceived: its numbers begin at 1 again, and every message of its new life is delivered, once. What
// its old life, which said no goodbye, may not have published is announced.
func TestANodeThatRestartsIsReceived(t *testing.T) {
	r := server(t)
	a, old := steady(t, r.URL(), "a"), steady(t, r.URL(), "b")
	for range 100 {
		old.Publish([]byte("old"))
	}
	eventually(t, "the old life", func() bool { return len(a.received()) == 100 })
	again := steady(t, r.URL(), "b") // for a it is as if the old one had been killed
	var want []string
	for i := range 100 {
		again.Publish(fmt.Append(nil, i))
		want = append(want, fmt.Sprint("all ", i))
	}
	eventually(t, "the new life", func() bool { return len(a.received()) == 200 })
	if got := a.received()[100:]; !slices.Equal(got, want) {
		t.Errorf("of the new life came %q", got)
	}
	if sum, _, ended := a.missed(); sum != 0 || ended != 1 {
		t.Errorf("%d messages are said to be missing, and %d gaps of unknown size were announced; want one", sum, ended)
	}
	old.Publish([]byte("still there")) // it was not killed, but stopped for a while: nothing of it is a repeat
	eventually(t, "the old life goes on", func() bool { return slices.Contains(a.received(), "all still there") })
	if !slices.Contains(again.received(), "all still there") {
		eventually(t, "two nodes of one name reach each other", func() bool { return slices.Contains(again.received(), "all still there") })
	}
}

// TestAGracefulRestartLosesNothing: what is queued when the node closes still arrives, and because it says goodbye no
// gap is announced, neither then nor when it is back. That it is not missed later, either, see TestSilentLives.
func TestAGracefulRestartLosesNothing(t *testing.T) {
	r := server(t)
	a, b := steady(t, r.URL(), "a"), steady(t, r.URL(), "b")
	for range 3000 {
		b.Publish([]byte("x"))
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what was queued", func() bool { return len(a.received()) == 3000 })
	b = steady(t, r.URL(), "b")
	b.Publish([]byte("back"))
	eventually(t, "the next life", func() bool { return len(a.received()) == 3001 })
	if sum, lasting, ended := a.missed(); sum+uint64(lasting)+uint64(ended) > 0 {
		t.Errorf("gaps were announced: %d missing, %d began, %d ended", sum, lasting, ended)
	}
}

// TestADeadNodeIsAnnounced: a node that falls silent may have had messages that it never published.
func TestADeadNodeIsAnnounced(t *testing.T) {
	r := server(t)
	a := join(t, r.URL(), "a")
	if err := operator(t, r).Publish(t.Context(), "websocket:events", "2 dead epoch 1 1 -\nlast words").Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the gap", func() bool { _, _, ended := a.missed(); return ended == 1 })
}

// TestAStopLeavesNoGhosts: clients that leave just before their node closes, as all of them do when it drains, are not
// present afterwards.
func TestAStopLeavesNoGhosts(t *testing.T) { noGhosts(t, server(t).URL()) }

func noGhosts(t *testing.T, url string) {
	t.Helper()
	a, b := steady(t, url, "a"), steady(t, url, "b")
	const clients = 2000
	ids := crowd(clients)
	for _, id := range ids {
		b.Join(broker.Client{ID: id, User: "u"})
	}
	present := func() int {
		_, total, err := a.Presence(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		return total
	}
	eventually(t, "all are present", func() bool { return present() == clients })
	for _, id := range ids {
		b.Leave(id)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if left := present(); left > 0 {
		t.Errorf("%d of %d clients are present although their node has closed", left, clients)
	}
}

// TestAConnectedClientIsNeverNotPresent: while Redis restarts, and each node subscribes again when it gets to it, a message
// for a client that is connected is delivered, or its sender gets an error that says it is not known; never that there is no such client.
// Afterwards it arrives, and for one that is not connected the sender learns that.
func TestAConnectedClientIsNeverNotPresent(t *testing.T) {
	r := server(t)
	// No node is taken for dead in 20 s, and a report that Redis lost is repeated within seven.
	a, b := joinFor(t, r.URL(), "a", 20*time.Second), joinFor(t, r.URL(), "b", 20*time.Second)
	b.Join(broker.Client{ID: id("b"), User: "bob"})
	send := func(to string) broker.Outcome {
		out := make(chan broker.Outcome, 1)
		a.Send(to, []byte("psst"), func(o broker.Outcome) { out <- o })
		return await.Receive(t, out)
	}
	eventually(t, "bob's channel", func() bool { return send(id("b")) == broker.Sent })
	for round := range 3 {
		r.Kill()
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "bob is reached again", func() bool {
			o := send(id("b"))
			if o == broker.NotPresent {
				t.Errorf("restart %d: a connected client is said not to be", round)
			}
			return o == broker.Sent
		})
	}
	eventually(t, "it is certain again who is not connected", func() bool { return send(id("z")) == broker.NotPresent })
}

// TestPrivateMessagesInDoubtKeepTheirOrder: those that find no node wait, and leave in the order they were sent. Each is
// reported on once, and as sent exactly if it arrives.
func TestPrivateMessagesInDoubtKeepTheirOrder(t *testing.T) { orderInDoubt(t, server(t).URL()) }

func orderInDoubt(t *testing.T, url string) {
	t.Helper()
	a, b := steady(t, url, "a"), steady(t, url, "b")
	const messages = 300
	type outcome struct {
		message int
		of      broker.Outcome
	}
	out := make(chan outcome, messages)
	for i := range messages {
		a.Send(id("c"), fmt.Append(nil, i), func(o broker.Outcome) { out <- outcome{i, o} })
		if i == messages/2 {
			b.Join(broker.Client{ID: id("c"), User: "cy"}) // known to the bus a moment later
		}
	}
	var sent []int
	for range messages {
		if o := await.Receive(t, out); o.of == broker.Sent {
			sent = append(sent, o.message)
		}
	}
	slices.Sort(sent)
	var want []string
	for _, i := range sent {
		want = append(want, fmt.Sprint(id("c"), " ", i))
	}
	eventually(t, "those that were sent", func() bool { return len(b.received()) >= len(want) })
	if got := b.received(); !slices.Equal(got, want) {
		t.Errorf("%d were sent, and %d arrived, or out of order", len(want), len(got))
	}
}
