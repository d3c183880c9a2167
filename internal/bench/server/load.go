package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/bench/proc"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// job is what a load generator does.
type job struct {
	place
	PIDs       []int // of the server, and of what works beside it: their CPU time is read
	Conns      int
	Size       int           // bytes of each message's payload
	Window     int           // messages under way; of each connection for an echo, of all together for a broadcast
	Broadcast  bool          // each message goes to all clients, and each delivery counts
	Warm, Span time.Duration // before, and of, the measurement
}

// result is what it saw in Span. Answers are echoes or deliveries.
type result struct {
	Answers int64
	Took    time.Duration
	CPU     time.Duration // of the server; 0 where it cannot be read
}

// beLoad does the job that text describes, and prints the result.
func beLoad(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	r, err := j.run()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// run connects, makes the load, and measures it in the middle.
func (j job) run() (result, error) {
	clients, err := connect(j.place, j.Conns)
	if err != nil {
		return result{}, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l := &load{job: j, clients: clients, counts: make([]count, len(clients)), wake: make(chan struct{}, 1)}
	var work sync.WaitGroup
	work.Go(func() { l.make(ctx) })
	r := l.measure()
	cancel()
	for _, c := range clients {
		_ = c.Close() // also ends what waits for it
	}
	work.Wait()
	return r, errors.Join(l.failed, l.none(r))
}

// none is an error when nothing was answered.
func (l *load) none(r result) error {
	if r.Answers == 0 {
		return fmt.Errorf("%s%s answered nothing in %v", l.Addr, l.Path, r.Took)
	}
	return nil
}

// perAddress is how many connections come from one address: fewer than the system has ports for it.
const perAddress = 20_000

// connect opens n connections, some at a time.
func connect(p place, n int) ([]*client, error) {
	clients, errs := make([]*client, n), make([]error, n)
	var work sync.WaitGroup
	const dialers = 16
	for d := range dialers {
		work.Go(func() {
			for i := d; i < n; i += dialers {
				p := p
				p.from = i / perAddress
				if clients[i], errs[i] = dial(p); errs[i] != nil {
					return
				}
			}
		})
	}
	work.Wait()
	return clients, errors.Join(errs...)
}

// load is a job that runs.
type load struct {
	job
	clients []*client
	counts  []count
	wake    chan struct{} // some deliveries came
	over    atomic.Bool
	mu      sync.Mutex
	failed  error // the first that went wrong before the end
}

// count is the answers that a client got, alone in its cache line.
type count struct {
	atomic.Int64
	_ [56]byte
}

// patience is how long a measurement goes on until there is anything to count.
const patience = 30 * time.Second

// measure lets the load warm up and looks at what it does in Span.
func (l *load) measure() result {
	time.Sleep(l.Warm)
	cpu := proc.CPU(l.PIDs...)
	began, first := time.Now(), l.answers()
	time.Sleep(l.Span)
	for l.answers() == first && !l.hasFailed() && time.Since(began) < patience { // a busy machine's first answer takes as long as it takes
		time.Sleep(l.Span)
	}
	last, took := l.answers(), time.Since(began)
	end := proc.CPU(l.PIDs...)
	l.over.Store(true)
	return result{Answers: last - first, Took: took, CPU: end - cpu}
}

func (l *load) answers() (n int64) {
	for i := range l.counts {
		n += l.counts[i].Load()
	}
	return n
}

// fail remembers what went wrong. After the end of the measurement every connection breaks, and that is no failure.
func (l *load) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil && !l.over.Load() {
		l.failed = err
	}
}

func (l *load) hasFailed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed != nil
}

// make runs until every connection is closed.
func (l *load) make(ctx context.Context) {
	var work sync.WaitGroup
	body := []byte(strings.Repeat("x", l.Size))
	if l.Broadcast {
		body = chatMessage(l.Size)
		work.Go(func() { l.speak(ctx, chunk(frame.Text, body, 1)) })
	}
	batch := chunk(frame.Binary, body, l.Window)
	for i, c := range l.clients {
		work.Go(func() {
			if l.Broadcast {
				c.expect(frame.Text, 0)
				l.listen(c, &l.counts[i])
				return
			}
			c.expect(frame.Binary, l.Size)
			l.echo(c, &l.counts[i], batch)
		})
	}
	work.Wait()
}

// echo sends a window of messages, waits for all of them, and does it again.
func (l *load) echo(c *client, n *count, batch []byte) {
	for {
		if _, err := c.Write(batch); err != nil {
			l.fail(err)
			return
		}
		for left := l.Window; left > 0; {
			got, err := c.read()
			if err != nil {
				l.fail(err)
				return
			}
			left -= got
			n.Add(int64(got))
		}
	}
}

// listen counts what is delivered to c. The first is its welcome.
func (l *load) listen(c *client, n *count) {
	for {
		got, err := c.read()
		if err != nil {
			l.fail(err)
			return
		}
		n.Add(int64(got))
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// speak sends messages, each from another client, as long as fewer than Window of them have not reached all clients.
func (l *load) speak(ctx context.Context, message []byte) {
	all := int64(len(l.clients))
	for sent := int64(0); ; sent++ {
		for (sent+1)*all-l.answers() > int64(l.Window)*all { // the welcomes count as a message that was sent before
			select {
			case <-l.wake:
			case <-ctx.Done():
				return
			}
		}
		if _, err := l.clients[sent%all].Write(message); err != nil {
			l.fail(err)
			return
		}
	}
}

// chatMessage is a chat message of size bytes.
func chatMessage(size int) []byte {
	const head, tail = `{"type":"chat","message":"`, `"}`
	return []byte(head + strings.Repeat("x", max(1, size-len(head)-len(tail))) + tail)
}
