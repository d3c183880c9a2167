package cluster_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// sessionWindow is how many messages of one client are sent and not answered at most.
const sessionWindow = 4

// sessionLoad is clients with resumable sessions at an endpoint that answers each message with itself, as /ws/resume does, and the
// accounts of it. Its fields must not be changed once it runs.
type sessionLoad struct {
	URL     string // of the front
	Path    string // default /ws/resume
	Clients int
	Every   time.Duration // least time between two messages of one client
	Options []tether.Option

	mu      sync.Mutex
	clients []*talker
	quiet   bool // no client sends
}

// sessionAccount says what became of the messages of sessions. A message that is answered has been acknowledged in both directions.
type sessionAccount struct {
	Clients      int
	Connections  uint64 // of all clients; every one after a client's first is a reconnect
	Attempted    int    // messages sent
	Acknowledged int    // of those, how many were answered
	UnderWay     int    // sent and not answered yet, without a gap
	Lost         int    // neither answered nor announced by a gap
	Doubled      int    // answers that came again
	Reordered    int    // answers that came after a later one
	Stray        int    // messages that no owner of a session can have sent
	Gaps         int    // that clients were informed of
	Announced    int    // messages without an answer that those gaps cover
}

// Whole reports whether every message was answered once and in order, or is covered by a gap.
func (a sessionAccount) Whole() bool {
	return a.Lost+a.Doubled+a.Reordered+a.Stray+a.UnderWay == 0 && a.Attempted == a.Acknowledged+a.Announced
}

func (a sessionAccount) String() string {
	return fmt.Sprintf("%d clients, %d connections: %d attempted, %d acknowledged, lost %d, doubled %d, reordered %d, stray %d, gaps %d (%d messages)",
		a.Clients, a.Connections, a.Attempted, a.Acknowledged, a.Lost, a.Doubled, a.Reordered, a.Stray, a.Gaps, a.Announced)
}

// talker is one client and its account.
type talker struct {
	*tether.Client[string, string]
	sent    int          // numbers begin with 1
	last    int          // the highest that was answered, or is covered by a gap
	missing map[int]bool // of those, which were skipped without a gap
	covered map[int]bool // and which with one
	of      sessionAccount
}

// Run lets the clients live until ctx ends. The error is that of options that are not valid.
func (l *sessionLoad) Run(ctx context.Context) error {
	if err := l.makeClients(); err != nil {
		return err
	}
	var all sync.WaitGroup
	for _, t := range l.clients {
		all.Go(func() { _ = t.Run(ctx) })
		all.Go(func() { l.listen(ctx, t) })
		all.Go(func() { l.speak(ctx, t) })
	}
	all.Wait()
	return nil
}

func (l *sessionLoad) makeClients() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	path := l.Path
	if path == "" {
		path = "/ws/resume"
	}
	options := append([]tether.Option{tether.WithResume(tether.Resume{})}, l.Options...)
	for range l.Clients {
		c, err := tether.New(strings.Replace(l.URL, "http", "ws", 1)+path, codec.String(), options...)
		if err != nil {
			return err
		}
		t := &talker{Client: c, missing: map[int]bool{}, covered: map[int]bool{}}
		l.clients = append(l.clients, t)
	}
	return nil
}

// Quiet lets no client send from now on, or lets them again. What was sent before may still be under way.
func (l *sessionLoad) Quiet(quiet bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quiet = quiet
}

// Marks returns, for each client, up to which number its messages are answered: see [sessionLoad.Passed].
func (l *sessionLoad) Marks() []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	marks := make([]int, l.Clients) // a client that does not exist yet has none
	for i, t := range l.clients {
		marks[i] = t.last
	}
	return marks
}

// Passed returns how many clients have got an answer that was sent after marks were taken: more than can have been under way then.
func (l *sessionLoad) Passed(marks []int) (passed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, t := range l.clients {
		if t.last > marks[i]+sessionWindow {
			passed++
		}
	}
	return passed
}

// Account returns the accounts. When the load is quiet and nothing is under way, they are complete.
func (l *sessionLoad) Account() (a sessionAccount) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.clients {
		a.Clients++
		a.Connections += t.Stats().Opens
		a.Attempted += t.sent
		a.Acknowledged += t.of.Acknowledged
		a.UnderWay += t.sent - t.last
		a.Lost += len(t.missing)
		a.Doubled += t.of.Doubled
		a.Reordered += t.of.Reordered
		a.Stray += t.of.Stray
		a.Gaps += t.of.Gaps
		a.Announced += len(t.covered)
	}
	return a
}

// listen takes what comes to a client, in order, until ctx ends.
func (l *sessionLoad) listen(ctx context.Context, t *talker) {
	for item := range t.Events(ctx) {
		l.mu.Lock()
		switch item := item.(type) {
		case tether.Received[string]:
			t.receive(item.Value)
		case tether.Gap:
			t.interrupt()
		}
		l.mu.Unlock()
	}
}

// receive notes an answer.
func (t *talker) receive(text string) {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil || n < 1 || n > t.sent:
		t.of.Stray++
		return
	case n > t.last:
		for t.last++; t.last < n; t.last++ {
			t.missing[t.last] = true
		}
		t.of.Acknowledged++
	case t.missing[n]:
		delete(t.missing, n)
		t.of.Reordered++
		t.of.Acknowledged++
	case t.covered[n]: // it was in doubt, and arrived
		delete(t.covered, n)
		t.of.Acknowledged++
	default:
		t.of.Doubled++
	}
}

// interrupt notes a gap: what was under way may not come.
func (t *talker) interrupt() {
	t.of.Gaps++
	for t.last < t.sent {
		t.last++
		t.covered[t.last] = true
	}
}

// speak sends until ctx ends.
func (l *sessionLoad) speak(ctx context.Context, t *talker) {
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if n := l.next(t); n > 0 && t.Send(ctx, strconv.Itoa(n)) != nil {
			return
		}
	}
}

// next returns the number of the message that a client sends now, 0 for none.
func (l *sessionLoad) next(t *talker) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.quiet || t.sent-t.last >= sessionWindow {
		return 0
	}
	t.sent++
	return t.sent
}
