package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/wasm/chat"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// answerTime is how long a message's answer, or a new connection, may take on a busy machine.
const answerTime = 30 * time.Second

// tally counts.
type tally struct {
	answered, wrong int
	by              [len(losses)]int
}

func (t *tally) add(o tally) {
	t.answered += o.answered
	t.wrong += o.wrong
	for i := range t.by {
		t.by[i] += o.by[i]
	}
}

func (t tally) lost() (n int) {
	for _, k := range t.by {
		n += k
	}
	return n
}

func (t tally) kinds() string {
	var parts []string
	for i, name := range losses {
		parts = append(parts, fmt.Sprintf("%d by %s", t.by[i], name))
	}
	return strings.Join(parts, ", ")
}

// live runs all users of the plan at the same time.
func live(ctx context.Context, p plan, addr string) (all tally, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tallies, errs := make([]tally, p.people), make([]error, p.people)
	var work sync.WaitGroup
	for i := range p.people {
		work.Go(func() {
			if tallies[i], errs[i] = liveOne(ctx, p, addr, i); errs[i] != nil {
				cancel() // the test has failed: stop the others
			}
		})
	}
	work.Wait()
	for _, t := range tallies {
		all.add(t)
	}
	return all, errors.Join(errs...)
}

// person is one tether and who uses it.
type person struct {
	*tether.Client[string, string]
	name     string
	chats    bool // or echoes
	relay    *relay
	opened   chan struct{}
	received chan string
	ended    chan error // why the tether gave up
	tally    tally
}

// liveOne lives as person i.
func liveOne(ctx context.Context, p plan, addr string, i int) (tally, error) {
	r, err := newRelay(addr)
	if err != nil {
		return tally{}, err
	}
	defer r.stop()
	u := &person{
		name: fmt.Sprintf("person %d", i), chats: i%2 == 1, relay: r,
		opened: make(chan struct{}, p.rounds+10), received: make(chan string, 100), ended: make(chan error, 1),
	}
	if u.Client, err = u.tether(addr); err != nil {
		return tally{}, err
	}
	tether.On(u.Client, func(tether.Opened) { u.opened <- struct{}{} })
	var work sync.WaitGroup
	defer work.Wait()
	defer u.Close()
	work.Go(func() { u.ended <- u.Run(context.Background()) }) // it ends by Close, or before its time
	work.Go(u.listen)
	err = u.rounds(ctx, p, i)
	return u.tally, err
}

// tether makes the client, not running yet.
func (u *person) tether(addr string) (*tether.Client[string, string], error) {
	options := []tether.Option{
		tether.WithBackoff(tether.Backoff{Base: 5 * time.Millisecond, Max: 100 * time.Millisecond}),
	}
	path := "/ws/echo"
	if u.chats {
		t, err := token(u.name)
		if err != nil {
			return nil, err
		}
		path = "/ws/chat"
		options = append(options, tether.WithHeader(http.Header{"Origin": {"http://" + addr}}), tether.WithSubprotocols(chat.Subprotocol, chat.TokenPrefix+t))
	}
	return tether.New("ws://"+u.relay.Addr().String()+path, codec.String(), options...)
}

func (u *person) listen() {
	for text, err := range u.Messages(context.Background()) {
		if err == nil && (!u.chats || strings.Contains(text, `"type":"echo"`)) {
			u.received <- text
		}
	}
}

// rounds talks and loses the connection, by turns.
func (u *person) rounds(ctx context.Context, p plan, i int) error {
	if err := u.wait(ctx, "the first connection"); err != nil {
		return err
	}
	for round := range p.rounds {
		for n := range p.each {
			if err := u.say(ctx, fmt.Sprintf("%s says %d in round %d", u.name, n, round)); err != nil {
				return err
			}
			pause(ctx, p.every)
		}
		how := loss((round + i) % len(losses))
		if how == byTether {
			u.Reconnect(errors.New("the soak's turn"))
		} else {
			u.relay.lose(how)
		}
		u.tally.by[how]++
		if err := u.wait(ctx, "a new connection after "+losses[how]); err != nil {
			return err
		}
	}
	return nil
}

// say sends text and waits for its answer.
func (u *person) say(ctx context.Context, text string) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	message, want := text, text
	if u.chats {
		message, want = `{"type":"echo","message":"`+text+`"}`, `"message":"`+text+`"`
	}
	if err := u.Send(ctx, message); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	select {
	case got := <-u.received:
		u.tally.answered++
		if u.chats && !strings.Contains(got, want) || !u.chats && got != want {
			u.tally.wrong++
		}
		return nil
	case err := <-u.ended:
		return fmt.Errorf("%s: the tether gave up: %w", text, err)
	case <-ctx.Done():
		return fmt.Errorf("%s: no answer: %w; %+v", text, ctx.Err(), u.Stats())
	}
}

// wait waits until a connection has opened.
func (u *person) wait(ctx context.Context, what string) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	select {
	case <-u.opened:
		return nil
	case err := <-u.ended:
		return fmt.Errorf("%s: %s: the tether gave up: %w", u.name, what, err)
	case <-ctx.Done():
		return fmt.Errorf("%s: %s: %w; %+v", u.name, what, ctx.Err(), u.Stats())
	}
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
