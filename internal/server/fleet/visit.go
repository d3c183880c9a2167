package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"
)

// visiting is a visit at work: one goroutine reads, another one asks for the time.
type visiting struct {
	*peer
	conn     *websocket.Conn
	asked    uint64       // questions about the time
	answers  chan words   // to the last of them
	readings chan reading // of the clock, from the one that asks to the one that reads
}

// first measures the clock before records come.
func (v *visiting) first(ctx context.Context) (reading, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, greetTimeout, errLate)
	defer cancel()
	return measure(ctx, v.fleet.Now, func(ctx context.Context) (time.Time, error) {
		if err := v.ask(ctx); err != nil {
			return time.Time{}, err
		}
		w, err := listen(ctx, v.conn)
		if err == nil && w.Clock != v.asked {
			err = errors.New("an answer to nothing that was asked")
		}
		return time.Unix(0, w.Time), err
	})
}

func (v *visiting) ask(ctx context.Context) error {
	v.asked++
	return say(ctx, v.conn, words{Clock: v.asked})
}

// watch asks for the time now and then, and ends the visit when no answer comes.
func (v *visiting) watch(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(steady)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		timed, cancel := context.WithTimeoutCause(ctx, steady, errLate)
		r, err := measure(timed, v.fleet.Now, v.question)
		cancel()
		if err != nil {
			stop(err)
			return
		}
		select {
		case v.readings <- r:
		case <-ctx.Done():
			return
		default: // the last one is not taken yet: it is as good
		}
	}
}

// question asks, and waits for the answer that the reading goroutine passes on.
func (v *visiting) question(ctx context.Context) (time.Time, error) {
	if err := v.ask(ctx); err != nil {
		return time.Time{}, err
	}
	for {
		select {
		case w := <-v.answers:
			if w.Clock == v.asked {
				return time.Unix(0, w.Time), nil
			}
		case <-ctx.Done():
			return time.Time{}, context.Cause(ctx)
		}
	}
}

// records reads what the peer sends until the visit ends.
func (v *visiting) records(ctx context.Context, clock reading) error {
	if err := say(ctx, v.conn, words{Records: true}); err != nil {
		return err
	}
	var buf bytes.Buffer
	for {
		kind, r, err := v.conn.Reader(ctx)
		if err != nil {
			return ended(err)
		}
		buf.Reset()
		if _, err := buf.ReadFrom(r); err != nil {
			return ended(err)
		}
		now := v.fleet.Now()
		select {
		case fresh := <-v.readings:
			v.merger.adjust(fresh, clock, now)
			clock = fresh
			v.fleet.reached(v.peer, clock)
		default:
		}
		if kind == websocket.MessageBinary {
			if err := v.merger.take(buf.Bytes(), now); err != nil {
				return fmt.Errorf("what it sends cannot be read: %w", err)
			}
			continue
		}
		w, err := parse(buf.Bytes())
		if err != nil {
			return fmt.Errorf("what it sends cannot be read: %w", err)
		}
		select {
		case v.answers <- w:
		default: // to a question that was given up
		}
	}
}

// ended says in words why a visit ended.
func ended(err error) error {
	switch websocket.CloseStatus(err) { //nolint:exhaustive // the others are not expected
	case websocket.StatusGoingAway:
		return errors.New("it was stopped")
	case -1:
		return errors.New("the connection broke")
	}
	return err
}
