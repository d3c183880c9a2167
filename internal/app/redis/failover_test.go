package redis_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/internal/app/redis"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

func receive[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	return await.Receive(t, ch)
}

// impatient joins a node that takes an answer for lost after a second, and which is never taken for dead.
func impatient(t *testing.T, url, name string) *node {
	t.Helper()
	b, err := redis.New(url, redis.Options{PresenceTTL: time.Hour, Timeout: time.Second, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	n := &node{Broker: b}
	if err := b.Start(name, n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() }) // its goodbye may have found no Redis
	return n
}

// failover lets two nodes speak while kill ends the Redis process that they publish on, until another one has taken its place. Every message
// of each arrives at the other one once and in order, or a gap says that some are missing; the history has everything after a position, or
// says that it has not; who was present is, what was announced is, and private messages arrive.
func failover(t *testing.T, url string, kill func()) {
	t.Helper()
	a, b := impatient(t, url, "a"), impatient(t, url, "b")
	ids := names(30)
	for _, id := range ids {
		b.Join(broker.Client{ID: id, User: "u", Connected: time.Now()})
	}
	a.Announce([]byte("revoked"), time.Now().Add(time.Hour))
	eventually(t, "all are present", func() bool { _, total, err := a.Presence(t.Context(), 1); return err == nil && total == len(ids) })
	at := b.past(t, broker.Position{}).At
	talk := speak(t, a, b)
	eventually(t, "both have received", func() bool { return len(a.received()) > 20 && len(b.received()) > 20 })
	kill()
	for _, n := range []*node{a, b} {
		eventually(t, "a gap, and its end", func() bool { _, lasting, ended := n.missed(); return lasting > 0 && lasting == ended })
	}
	beforeA, beforeB := len(a.received()), len(b.received())
	eventually(t, "messages arrive again", func() bool { return len(a.received()) > beforeA+20 && len(b.received()) > beforeB+20 })
	spoken := talk()
	for _, n := range []*node{a, b} {
		eventually(t, "the last message", func() bool { return slices.Contains(n.received(), "all "+spoken[n]) })
		ordered(t, n)
	}
	eventually(t, "the history is right again", func() bool {
		p, err := a.History(t.Context(), at)
		return err == nil && (p.Lost || len(p.Messages) > 0)
	})
	if p := a.past(t, at); !p.Lost {
		t.Errorf("the history does not say that messages may be missing: %d messages after %+v, up to %+v", len(p.Messages), at, p.At)
	}
	eventually(t, "all are present again", func() bool { _, total, err := a.Presence(t.Context(), 1); return err == nil && total == len(ids) })
	for _, id := range ids {
		eventually(t, "a private message is taken", func() bool {
			sent := make(chan broker.Outcome, 1)
			a.Send(id, []byte("psst"), func(o broker.Outcome) { sent <- o })
			o := receive(t, sent)
			if o == broker.NotPresent {
				t.Fatal("a connected client is said not to be")
			}
			return o == broker.Sent
		})
		eventually(t, "it arrives", func() bool { return slices.Contains(b.received(), id+" psst") })
	}
	late := impatient(t, url, "late")
	eventually(t, "a node that joins knows what was announced", func() bool { return slices.Contains(late.received(), "all revoked") })
}

// speak lets nodes publish numbered messages until the function that it returns is called, which returns the other node's last message by
// the node that is to get it.
func speak(t *testing.T, a, b *node) (stop func() map[*node]string) {
	t.Helper()
	var work sync.WaitGroup
	quit := make(chan struct{})
	last := make([]string, 2)
	for i, n := range []*node{a, b} {
		work.Go(func() {
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for number := 1; ; number++ {
				select {
				case <-tick.C:
				case <-quit:
					return
				}
				last[i] = fmt.Sprintf("%d %d", i, number)
				n.PublishKept([]byte(last[i]))
			}
		})
	}
	return func() map[*node]string {
		close(quit)
		await.Group(t, &work)
		return map[*node]string{a: last[1], b: last[0]}
	}
}

// ordered checks that what arrived of the other node is in order and came once. The gaps that failover waited for say what is missing.
func ordered(t *testing.T, n *node) {
	t.Helper()
	last := 0
	for _, s := range n.received() {
		f := strings.Fields(s)
		if f[0] != "all" || len(f) != 3 {
			continue
		}
		number, err := strconv.Atoi(f[2])
		if err != nil || number <= last {
			t.Errorf("%s arrived after %d", s, last)
		}
		last = number
	}
}
