package cluster

import (
	"fmt"
	"time"
)

// slack is by how much a gap may be reported too late or too short: nodes know when something arrived, not when it was sent. It
// is at least this, and twice as long as the slowest message took.
const slack = 5 * time.Second

// stream is what one connection of a sender sent: its messages are numbered from 1, and arrive in that order or not at all.
type stream struct {
	sent  []time.Time // of message i+1
	acked []time.Time // when its sender got it back, by which its node has accepted it; zero: never
}

// notice is a gap that a receiver was informed of.
type notice struct {
	came         time.Time
	since, until time.Time // until is zero while it lasts
}

// covers reports whether the notice announces the loss of a message that was sent and acknowledged at the given times.
func (n notice) covers(sent, acked time.Time, slack time.Duration) bool {
	return !n.came.Before(sent) && !acked.Before(n.since.Add(-slack)) && (n.until.IsZero() || !sent.After(n.until.Add(slack)))
}

// receipt is what one connection of a receiver got.
type receipt struct {
	begun   time.Time
	last    map[string]int          // of each stream, the highest number that came
	missing map[string]map[int]bool // numbers that were skipped
	notices []notice
	ended   bool // the connection was lost, which tells its client that what came after its last message may be missing
}

func newReceipt(now time.Time) *receipt {
	return &receipt{begun: now, last: map[string]int{}, missing: map[string]map[int]bool{}}
}

// Account says what became of every message for every receiver.
type Account struct {
	Clients      int
	Connections  int // of all clients; every one after a client's first is a reconnect
	Attempted    int // messages sent
	Acknowledged int // of those, how many their sender got back
	Delivered    int // times that a message arrived at a client
	Gaps         int // notices of a gap that clients got
	Announced    int // times that an acknowledged message did not arrive at a connected client, who was informed of a gap then
	Silent       int // the same without a gap
	Doubled      int // times that a message arrived twice on one connection
	Reordered    int // times that a message arrived after a later one of the same connection of its sender

	Slowest time.Duration // that a message took to a client
}

func (a Account) String() string {
	return fmt.Sprintf("%d clients, %d connections: %d attempted, %d acknowledged, %d delivered, %d missing and announced (%d notices), silent loss %d, doubled %d, reordered %d",
		a.Clients, a.Connections, a.Attempted, a.Acknowledged, a.Delivered, a.Announced, a.Gaps, a.Silent, a.Doubled, a.Reordered)
}

// ledger is everything that was sent and received. It knows no clock; the caller serializes calls.
type ledger struct {
	streams  map[string]*stream
	receipts []*receipt
	account  Account
}

func newLedger(clients int) *ledger {
	return &ledger{streams: map[string]*stream{}, account: Account{Clients: clients}}
}

// connect begins a connection.
func (l *ledger) connect(now time.Time) *receipt {
	r := newReceipt(now)
	l.receipts = append(l.receipts, r)
	l.account.Connections++
	return r
}

// send notes the next message of a stream and returns its number.
func (l *ledger) send(id string, now time.Time) int {
	s := l.streams[id]
	if s == nil {
		s = &stream{}
		l.streams[id] = s
	}
	s.sent, s.acked = append(s.sent, now), append(s.acked, time.Time{})
	l.account.Attempted++
	return len(s.sent)
}

// receive notes that message n of a stream came. own: it came back to its sender.
func (l *ledger) receive(r *receipt, id string, n int, own bool, now time.Time) {
	s := l.streams[id]
	if s == nil || n < 1 || n > len(s.sent) {
		return // of no sender of this load
	}
	if own && s.acked[n-1].IsZero() {
		s.acked[n-1] = now
		l.account.Acknowledged++
	}
	l.account.Delivered++
	l.account.Slowest = max(l.account.Slowest, now.Sub(s.sent[n-1]))
	last, known := r.last[id]
	switch {
	case !known || n > last:
		for i := last + 1; i < n; i++ {
			if !s.sent[i-1].Before(r.begun) {
				r.skip(id, i)
			}
		}
		r.last[id] = n
	case r.missing[id][n]:
		delete(r.missing[id], n)
		l.account.Reordered++
	default:
		l.account.Doubled++
	}
}

func (r *receipt) skip(id string, n int) {
	if r.missing[id] == nil {
		r.missing[id] = map[int]bool{}
	}
	r.missing[id][n] = true
}

// gap notes that a receiver was informed of a gap.
func (l *ledger) gap(r *receipt, n notice) {
	r.notices = append(r.notices, n)
	l.account.Gaps++
}

// sum says what became of every message. On a connection that still lasts, what was sent last counts as missing too if it
// has not come: call it when nothing is under way.
func (l *ledger) sum() Account {
	a := l.account
	for _, r := range l.receipts {
		for id, s := range l.streams {
			for n := range r.missing[id] {
				a.judge(r, s, n)
			}
			if r.ended {
				continue
			}
			for n := r.last[id] + 1; n <= len(s.sent); n++ {
				if !s.sent[n-1].Before(r.begun) {
					a.judge(r, s, n)
				}
			}
		}
	}
	return a
}

// judge counts a message that did not come. One that was not acknowledged may never have reached a node.
func (a *Account) judge(r *receipt, s *stream, n int) {
	sent, acked := s.sent[n-1], s.acked[n-1]
	if acked.IsZero() {
		return
	}
	for _, g := range r.notices {
		if g.covers(sent, acked, max(slack, 2*a.Slowest)) {
			a.Announced++
			return
		}
	}
	a.Silent++
}
