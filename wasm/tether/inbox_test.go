// These tests prove that the inbox keeps one order, its bounds, and every message that it took.
package tether

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

func TestManyReadersShareAndMissNothing(t *testing.T) {
	in := newInbox(Limits{1 << 20, 1 << 30}, func() {})
	const n = 10_000
	var readers sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]int{}
	for range 4 {
		readers.Go(func() {
			for {
				e, err := in.take(context.Background())
				if err != nil {
					return
				}
				mu.Lock()
				seen[string(e.message.Data)]++
				mu.Unlock()
			}
		})
	}
	for i := range n {
		in.push(msg(strconv.Itoa(i)), "", false)
	}
	in.close()
	await.Group(t, &readers)
	for s, times := range seen {
		if times != 1 {
			t.Errorf("%s was read %d times", s, times)
		}
	}
	if len(seen) != n || in.size() != (Limits{}) {
		t.Errorf("%d of %d were read, %+v left", len(seen), n, in.size())
	}
}

func TestAnInboxWithoutAReaderDropsEventsAndNoMessage(t *testing.T) {
	in := newInbox(Limits{10, 100}, func() {})
	in.push(msg("first"), "", false)
	for i := range 3 * maxMarks {
		in.mark(Retrying{Attempt: i})
	}
	in.push(msg("last"), "", false)
	in.close()
	var messages, events, newest int
	for {
		e, err := in.take(context.Background())
		if errors.Is(err, errEnd) {
			break
		}
		if r, ok := e.event.(Retrying); ok {
			events, newest = events+1, r.Attempt
		} else {
			messages++
		}
	}
	if messages != 2 || events != maxMarks || newest != 3*maxMarks-1 {
		t.Errorf("%d messages, %d events up to %d", messages, events, newest)
	}
}

func TestHighAndLowWater(t *testing.T) {
	lows := 0
	in := newInbox(Limits{8, 1000}, func() { lows++ })
	for i := range 8 {
		if full, high := in.push(msg("x"), "", false); full || high != (i >= 3) {
			t.Errorf("message %d: full %v, high %v", i, full, high)
		}
	}
	if full, _ := in.push(msg("x"), "", false); !full {
		t.Error("the ninth fits into eight")
	}
	if full, _ := in.push(msg("x"), "", true); !full || in.size().Messages != 9 {
		t.Error("a transport that was asked to stop must be able to hand over what it already had")
	}
	for range 7 {
		if _, err := in.take(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if lows != 1 {
		t.Errorf("notified %d times that the reader caught up", lows)
	}
}

func TestABigMessageFitsIntoAnEmptyInbox(t *testing.T) {
	in := newInbox(Limits{8, 4}, func() {})
	if full, _ := in.push(msg("larger than four"), "", false); full {
		t.Error("it could never be received")
	}
}

func TestInboxDropOldestKeepsTheNewestWithinItsBounds(t *testing.T) {
	in := newInbox(Limits{3, 10}, func() {})
	in.oldest = true
	in.mark(Opened{Attempt: 1})
	for _, s := range []string{"aa", "bb", "cc", "dd", "eeeeeeee"} {
		if full, _ := in.push(msg(s), "", false); full {
			t.Errorf("%s did not fit", s)
		}
	}
	if lost, size := in.takeLost(), in.size(); lost != (Limits{3, 6}) || size != (Limits{2, 10}) {
		t.Errorf("lost %+v, kept %+v", lost, size)
	}
	if e, err := in.take(context.Background()); err != nil || e.event == nil {
		t.Errorf("an event was given up: %+v", e)
	}
}

func TestConflationKeepsOneOfEachKey(t *testing.T) {
	in := newInbox(Limits{10, 1000}, func() {})
	for i := range 1000 {
		in.push(msg("x"+strconv.Itoa(i)), "x", false)
		in.push(msg("y"+strconv.Itoa(i)), "y", false)
	}
	in.push(msg("plain"), "", false)
	if size := in.size(); size != (Limits{3, 4 + 4 + 5}) || in.replaced != 2*999 {
		t.Errorf("%+v wait, %d were replaced", size, in.replaced)
	}
	for _, want := range []string{"x999", "y999", "plain"} {
		if e, err := in.take(context.Background()); err != nil || string(e.message.Data) != want {
			t.Errorf("%s, %v, want %s", e.message.Data, err, want)
		}
	}
	in.push(msg("x again"), "x", false) // the old one was read: this is a new one
	if size := in.size(); size != (Limits{1, 7}) || len(in.keys) != 1 {
		t.Errorf("%+v wait", size)
	}
}
