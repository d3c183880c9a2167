package broker

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func lines(from, n int) (list [][]byte) {
	for i := range n {
		list = append(list, fmt.Append(nil, from+i))
	}
	return list
}

func (p Past) words() string {
	var words []string
	for _, m := range p.Messages {
		words = append(words, string(m))
	}
	words = append(words, fmt.Sprint("at ", p.At.Epoch, p.At.Offset))
	if p.Lost {
		words = append(words, "lost")
	}
	if p.More {
		words = append(words, "more")
	}
	return strings.Join(words, " ")
}

// TestWhatAClientMissed lists what a client gets that comes with a position, of a log of the epoch e with the messages first to last.
func TestWhatAClientMissed(t *testing.T) {
	for name, c := range map[string]struct {
		after       Position
		first, last int
		want        string
	}{
		"without a position":                 {Position{}, 1, 5, "at e5"},
		"nothing":                            {Position{"e", 5}, 1, 5, "at e5"},
		"two":                                {Position{"e", 3}, 1, 5, "4 5 at e5"},
		"all from the beginning":             {Position{"e", 0}, 1, 2, "1 2 at e2"},
		"the first that is kept":             {Position{"e", 3}, 4, 5, "4 5 at e5"},
		"one that is not kept":               {Position{"e", 2}, 4, 5, "4 5 at e5 lost"},
		"nothing is kept, and it knows all":  {Position{"e", 5}, 6, 5, "at e5"},
		"nothing is kept":                    {Position{"e", 4}, 6, 5, "at e5 lost"},
		"another epoch":                      {Position{"d", 5}, 1, 5, "1 2 3 4 5 at e5 lost"},
		"another epoch, nothing was logged":  {Position{"d", 5}, 1, 0, "at e0 lost"},
		"a place that the log does not have": {Position{"e", 9}, 4, 5, "4 5 at e5 lost"},
		"a log without messages":             {Position{"e", 0}, 1, 0, "at e0"},
	} {
		if got := PastOf(c.after, "e", uint64(c.last), uint64(c.first), lines(c.first, c.last-c.first+1)).words(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestAnAnswerIsBounded: in messages and in bytes, and there is more then; one message is always in it.
func TestAnAnswerIsBounded(t *testing.T) {
	if p := PastOf(Position{"e", 0}, "e", 250, 1, lines(1, MaxPast+1)); len(p.Messages) != MaxPast || !p.More || p.At.Offset != MaxPast {
		t.Errorf("%d messages at %d, more %v", len(p.Messages), p.At.Offset, p.More)
	}
	big := [][]byte{make([]byte, 2*MaxPastBytes), []byte("x")}
	if p := PastOf(Position{"e", 0}, "e", 2, 1, big); len(p.Messages) != 1 || !p.More || p.At.Offset != 1 {
		t.Errorf("%d messages at %d, more %v", len(p.Messages), p.At.Offset, p.More)
	}
}

// TestNothingIsMissedInSilence: whatever is logged between the visits of a client, it gets each message once and in order, or is
// informed that some are lost; and the log stays within its bounds.
func TestNothingIsMissedInSilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := NewMemory()
		visit := func(p Position) Past {
			past, err := m.History(context.Background(), p)
			if err != nil {
				t.Fatal(err)
			}
			return past
		}
		at, next, logged := visit(Position{}).At, 1, 0
		for range rapid.IntRange(1, 4).Draw(t, "visits") {
			size, most := 8, 3*MaxLogged/2
			if rapid.Bool().Draw(t, "big") {
				size, most = MaxPastBytes, 3*MaxLoggedBytes/MaxPastBytes/2
			}
			for range rapid.IntRange(0, most).Draw(t, "messages") {
				logged++
				m.PublishKept(strconv.AppendInt(make([]byte, 0, size), int64(logged), 10)[:size])
			}
			for more := true; more; {
				past := visit(at)
				for i, message := range past.Messages {
					n, _ := strconv.Atoi(string(bytes.TrimRight(message, "\x00")))
					if n != next && (i > 0 || !past.Lost || n < next) {
						t.Fatalf("message %d came instead of %d, lost %v", n, next, past.Lost)
					}
					next = n + 1
				}
				at, more = past.At, past.More
			}
			if next != logged+1 || m.log.bytes > MaxLoggedBytes || len(m.log.kept) > MaxLogged {
				t.Fatalf("%d of %d were seen; %d messages of %d bytes are kept", next-1, logged, len(m.log.kept), m.log.bytes)
			}
		}
	})
}
