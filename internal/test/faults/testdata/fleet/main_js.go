// Command fleet is a page of many clients under test. Each sends numbered messages, on and on; the server answers each
// with "NUMBER ANSWERED". Each keeps the account of what comes down, and of what it sent and has no answer to.
//
// The test speaks to it through globalThis.fleet(word); see answer.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall/js"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/faults/ledger"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

var resume = os.Getenv("RESUME") != ""

func main() {
	var crew []*member
	for _, url := range strings.Fields(os.Getenv("URLS")) {
		m, err := join(url)
		if err != nil {
			panic(err)
		}
		crew = append(crew, m)
	}
	js.Global().Set("fleet", js.FuncOf(func(_ js.Value, args []js.Value) any { return answer(crew, args[0].String()) }))
	select {}
}

// answer does what the test asks for. None of it waits.
func answer(crew []*member, word string) any {
	all := func(is func(*member) bool) bool {
		for _, m := range crew {
			m.mu.Lock()
			yes := is(m)
			m.mu.Unlock()
			if !yes {
				return false
			}
		}
		return true
	}
	switch word {
	case "mark": // a round begins
		return all(func(m *member) bool { m.marked = m.story.Lost; return true })
	case "reconnect":
		return all(func(m *member) bool { m.client.Reconnect(nil); return true })
	case "lost": // has every client lost a connection in this round, or did it have none?
		return all(func(m *member) bool { return m.story.Lost > m.marked || !m.whole })
	case "whole": // has every client received something on its present connection?
		return all(func(m *member) bool { return m.whole })
	case "stop": // send no more
		return all(func(m *member) bool { m.stopped = true; return true })
	case "settled": // is everything that was sent answered, or reported as lost?
		return all(func(m *member) bool { return len(m.pending) == 0 })
	case "losses", "silences": // so far, of all clients
		n := 0
		all(func(m *member) bool {
			if word == "losses" {
				n += m.story.Lost
			} else {
				n += m.story.Silent
			}
			return true
		})
		return n
	case "report":
		stories := []ledger.Story{}
		all(func(m *member) bool { stories = append(stories, m.tell()); return true })
		b, err := json.Marshal(stories)
		if err != nil {
			panic(err)
		}
		return string(b)
	}
	panic("the fleet does not know the word " + word)
}

// member is one client.
type member struct {
	client *tether.Client[string, string]
	down   ledger.Ledger

	mu        sync.Mutex
	story     ledger.Story
	pending   map[int]bool // sent and not answered
	uncertain map[int]bool // not answered when the client reported a lost connection
	marked    int
	whole     bool
	stopped   bool
}

func join(url string) (*member, error) {
	options := []tether.Option{
		tether.WithBackoff(tether.Backoff{Base: 20 * time.Millisecond, Max: 200 * time.Millisecond, MinUptime: time.Hour}),
		tether.WithConnectTimeout(5 * time.Second),
		tether.WithHeartbeat(heartbeat()),
		tether.WithOutbox(tether.Limits{Messages: 1000}, tether.OverflowBlock),
	}
	if resume {
		options = append(options, tether.WithResume(tether.Resume{}))
	}
	c, err := tether.New(url, codec.String(), options...)
	if err != nil {
		return nil, err
	}
	m := &member{client: c, pending: map[int]bool{}, uncertain: map[int]bool{}}
	ctx := context.Background()
	go func() {
		err := c.Run(ctx)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.story.Ended = "ended: " + errorText(err) // without a request
	}()
	go m.listen(ctx)
	go m.talk(ctx)
	return m, nil
}

func errorText(err error) string {
	if err == nil {
		return "without an error"
	}
	return err.Error()
}

// heartbeat is answered by the server as it came. With sessions, the layer of the session has its own.
func heartbeat() tether.Heartbeat {
	return tether.Heartbeat{
		Transfer: time.Millisecond, // no message is large
		Interval: milliseconds("INTERVAL"), Timeout: milliseconds("TIMEOUT"),
		Ping: func(nonce uint32) codec.Message {
			return codec.Message{Type: codec.Text, Data: strconv.AppendUint([]byte("ping "), uint64(nonce), 10)}
		},
		Pong: func(m codec.Message) (uint32, bool) {
			digits, ok := strings.CutPrefix(string(m.Data), "ping ")
			nonce, err := strconv.ParseUint(digits, 10, 32)
			return uint32(nonce), ok && err == nil
		},
	}
}

// ahead is how many messages a client sends without an answer: what a slow link could not carry would wait in ever
// longer queues.
const ahead = 50

func (m *member) talk(ctx context.Context) {
	every := milliseconds("EVERY")
	for {
		n, more := m.next()
		if !more {
			return
		}
		if n > 0 && m.client.Send(ctx, strconv.Itoa(n)) != nil {
			return // Run tells why
		}
		time.Sleep(every)
	}
}

// next returns the number of a message to send now, or 0.
func (m *member) next() (n int, more bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stopped || len(m.pending) >= ahead {
		return 0, !m.stopped
	}
	m.story.Sent++
	m.pending[m.story.Sent] = true
	return m.story.Sent, true
}

func (m *member) listen(ctx context.Context) {
	for item := range m.client.Events(ctx) {
		m.mu.Lock()
		m.hear(item)
		m.mu.Unlock()
	}
}

func (m *member) hear(item tether.Item) {
	switch e := item.(type) {
	case tether.Received[string]:
		first, second, _ := strings.Cut(e.Value, " ")
		number, _ := strconv.Atoi(first) // what is no number is 0: a fault in the ledger
		answered, _ := strconv.Atoi(second)
		m.down.Arrived(number)
		delete(m.pending, answered)
		delete(m.uncertain, answered)
		m.whole = true
	case tether.Opened:
		m.story.Opened++
		if e.Resumed {
			m.story.Resumed++
		}
	case tether.Lost:
		m.lost(e)
	case tether.Gap:
		m.story.Gaps++
	}
}

// lost enters the end of a connection. Without sessions that is the word that what was under way may be lost; with them
// nothing may.
func (m *member) lost(e tether.Lost) {
	m.whole = false
	m.story.Lost++
	if errors.Is(e.Err, tether.ErrHeartbeat) {
		m.story.Silent++
	}
	if resume {
		return
	}
	m.down.Break()
	for n := range m.pending {
		m.uncertain[n] = true
	}
	clear(m.pending)
}

// tell returns the story so far.
func (m *member) tell() ledger.Story {
	s := m.story
	s.Down = m.down.Balance()
	s.Unanswered = []int{}
	for _, open := range []map[int]bool{m.pending, m.uncertain} {
		for n := range open {
			s.Unanswered = append(s.Unanswered, n)
		}
	}
	return s
}

// milliseconds reads a duration from the environment.
func milliseconds(name string) time.Duration {
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		panic(name + ": " + err.Error())
	}
	return time.Duration(n) * time.Millisecond
}
