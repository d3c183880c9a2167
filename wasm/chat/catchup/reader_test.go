package catchup_test

import (
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/wasm/chat"
	"github.com/tetherscope/tetherscope/wasm/chat/catchup"
)

// log is a server's log of the last messages, and a connection to it.
type log struct {
	epoch string
	first int // number of the oldest message that it has
	lines []chat.Chat
	size  int // of an answer
}

func (l *log) end() uint64 { return uint64(l.first + len(l.lines) - 1) }

func (l *log) write(text string) chat.Chat {
	m := chat.Chat{ID: "id" + text, Message: text}
	l.lines = append(l.lines, m)
	return m
}

// answer is what the server answers, see docs/example-app.md.
func (l *log) answer(q chat.History) chat.History {
	h := chat.History{Epoch: l.epoch, Offset: l.end()}
	if q.Epoch == "" {
		return h
	}
	from := int(q.Offset) + 1
	if q.Epoch != l.epoch || from < l.first {
		h.Lost, from = true, l.first
	}
	list := l.lines[min(from-l.first, len(l.lines)):]
	if len(list) > l.size {
		list, h.More = list[:l.size], true
		h.Offset = uint64(from + l.size - 1)
	}
	h.Messages = slices.Clone(list)
	return h
}

// reader is a client: what it was shown, and whether it was said to it that something may be missing.
type reader struct {
	catchup.Reader
	shown []string
	lost  bool
}

func (r *reader) show(list []chat.Chat) {
	for _, m := range list {
		r.shown = append(r.shown, m.Message)
	}
}

// hear takes one answer, and the question that follows.
func (r *reader) hear(h chat.History) (next chat.History, more bool) {
	show, lost, next, more := r.Answer(h)
	r.show(show)
	r.lost = r.lost || lost
	return next, more
}

// TestEachMessageIsShownOnce: whenever the connection is lost, answers do not come, messages arrive late or with the connection not at all,
// and the log forgets, each message that was logged since the client first knew a place is shown once; or the client says that some may
// be missing. Without failures and losses they are shown in order.
func TestEachMessageIsShownOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, r := &log{epoch: "e1", first: 1, size: rapid.IntRange(1, 5).Draw(t, "size")}, &reader{}
		var said []string    // since the client knew a place
		var late []chat.Chat // that are on the way to the client
		connected, known := false, false
		var question *chat.History
		number, failed := 0, false
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"write", "write", "write", "arrive", "arrive", "connect", "lose", "answer", "answer", "answer", "fail", "ask", "forget"}).Draw(t, "step") {
			case "write":
				number++
				m := l.write(strconv.Itoa(number))
				if known {
					said = append(said, m.Message)
				}
				if connected {
					late = append(late, m)
				}
			case "arrive":
				if connected && len(late) > 0 {
					r.show(r.Message(late[0]))
					late = late[1:]
				}
			case "connect":
				if !connected {
					q := r.Connected()
					connected, question, late = true, &q, nil
				}
			case "lose":
				connected, question, late = false, nil, nil
			case "answer":
				if question == nil {
					continue
				}
				q, more := r.hear(l.answer(*question))
				known = true
				if question = nil; more {
					question = &q
				}
			case "fail":
				if question != nil {
					r.show(r.Failed())
					question, failed = nil, true
				}
			case "ask":
				if connected && question == nil && len(late) == 0 {
					q := r.Ask()
					question = &q
				}
			case "forget":
				if len(l.lines) > 2 {
					l.lines, l.first = l.lines[2:], l.first+2
				}
			}
		}
		settle(l, r, connected, question, late)
		check(t, r, said, failed)
	})
}

// settle lets everything arrive.
func settle(l *log, r *reader, connected bool, question *chat.History, late []chat.Chat) {
	if !connected {
		q := r.Connected()
		question, late = &q, nil
	}
	for _, m := range late {
		r.show(r.Message(m))
	}
	if question == nil {
		q := r.Ask()
		question = &q
	}
	for q, more := *question, true; more; {
		q, more = r.hear(l.answer(q))
	}
}

func check(t *rapid.T, r *reader, said []string, failed bool) {
	once := map[string]bool{}
	for _, text := range r.shown {
		if once[text] {
			t.Fatalf("%s is shown twice: %v", text, r.shown)
		}
		once[text] = true
	}
	for _, text := range said {
		if !once[text] && !r.lost {
			t.Fatalf("%s is missing, and that is not said: %v", text, r.shown)
		}
	}
	if !failed && !r.lost && !slices.IsSortedFunc(r.shown, func(a, b string) int { return number(a) - number(b) }) {
		t.Fatalf("out of order: %v", r.shown)
	}
}

func number(text string) int { n, _ := strconv.Atoi(text); return n }

// TestAnotherEpochIsSaid: a log that has begun again is one whose messages may be missing; those that it has are shown.
func TestAnotherEpochIsSaid(t *testing.T) {
	l, r := &log{epoch: "e1", first: 1, size: 10}, &reader{}
	r.hear(l.answer(r.Connected()))
	r.show(r.Message(l.write("1")))
	again := &log{epoch: "e2", first: 1, size: 10}
	again.write("2")
	r.hear(again.answer(r.Connected()))
	if want := []string{"1", "2"}; !slices.Equal(r.shown, want) || !r.lost {
		t.Errorf("shown %v, lost %t", r.shown, r.lost)
	}
}

// TestWaitingIsBounded: messages that arrive while an answer does not come are shown after a while, and ids are forgotten.
func TestWaitingIsBounded(t *testing.T) {
	l, r := &log{epoch: "e1", first: 1, size: 10}, &reader{}
	r.hear(l.answer(r.Connected()))
	r.Connected()
	for i := range 10_000 {
		r.show(r.Message(chat.Chat{ID: strconv.Itoa(i), Message: strconv.Itoa(i)}))
	}
	if len(r.shown) != 10_000 {
		t.Errorf("%d of 10,000 are shown", len(r.shown))
	}
}
