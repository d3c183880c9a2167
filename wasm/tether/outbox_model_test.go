// These tests prove that every message that was accepted has exactly one fate, whatever options messages have and in
// whatever order things happen, and that the outbox's counters are right at every moment.
package tether

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// outboxModel is an outbox beside what is known of every message that it accepted.
type outboxModel struct {
	t       *rapid.T
	o       outboxList
	now     time.Time
	order   []*Receipt // of all messages that were accepted, in this order
	keyed   map[*Receipt]bool
	handed  map[*Receipt]bool // the transport has them
	sent    []*Receipt        // in this order
	dropped int
}

// TestEveryMessageHasOneFate: no message is lost, sent twice or counted wrongly, over all combinations of options.
func TestEveryMessageHasOneFate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &outboxModel{
			t: t, now: time.Unix(0, 0), keyed: map[*Receipt]bool{}, handed: map[*Receipt]bool{},
			o: outboxList{
				limits:   Limits{rapid.IntRange(1, 8).Draw(t, "messages"), rapid.IntRange(1, 40).Draw(t, "bytes")},
				overflow: Overflow(rapid.IntRange(int(OverflowBlock), int(OverflowDropNewest)).Draw(t, "overflow")),
			},
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": m.push, "offer": m.offer, "cancel": m.cancel,
			"disconnected": func(*rapid.T) { m.o.disconnected() },
			"time":         func(*rapid.T) { m.now = m.now.Add(time.Second) },
			"":             func(*rapid.T) { m.check() },
		})
		m.o.offered = false
		if rest := m.o.len(); m.o.clear().Messages != rest || m.o.len() != 0 || m.o.bytes != 0 || m.o.timed != 0 {
			t.Fatal("something is left after the end")
		}
	})
}

func (m *outboxModel) push(t *rapid.T) {
	r := &Receipt{}
	p := outgoing{
		Message: msg(strings.Repeat("x", rapid.IntRange(0, 12).Draw(t, "size"))),
		urgent:  rapid.Bool().Draw(t, "urgent"), volatile: rapid.Bool().Draw(t, "volatile"),
		key: rapid.SampledFrom([]string{"", "", "a", "b"}).Draw(t, "key"),
		ttl: time.Duration(rapid.IntRange(0, 2).Draw(t, "ttl")) * time.Second, receipt: r,
	}
	p.expires = m.now.Add(p.ttl)
	r.accept(nil)
	before := m.o.len()
	v := m.o.push(p, m.now)
	stage, _ := r.Stage()
	switch v {
	case queued, notTaken:
		m.order, m.keyed[r] = append(m.order, r), p.key != ""
		if (stage == StageQueued) != (v == queued) {
			t.Fatalf("result %d, and the receipt says %v", v, stage)
		}
	case noRoom, tooLarge:
		if stage != StageQueued || m.o.len() > before {
			t.Fatalf("result %d, stage %v, %d messages after %d", v, stage, m.o.len(), before)
		}
	case shut:
		t.Fatal("shut")
	}
}

// offer hands one message over, or begins to, or the transport says what became of it.
func (m *outboxModel) offer(t *rapid.T) {
	if !m.o.offered {
		m.o.offer(m.now)
		return
	}
	head := m.o.list[m.o.head].receipt
	if rapid.Bool().Draw(t, "taken") {
		m.o.taken()
		if m.handed[head] {
			t.Fatal("a message was sent twice")
		}
		m.handed[head] = true
		m.sent = append(m.sent, head)
		head.settle(StageHandedOver, nil)
		return
	}
	m.o.refused()
}

func (m *outboxModel) cancel(t *rapid.T) {
	if len(m.order) == 0 {
		return
	}
	r := rapid.SampledFrom(m.order).Draw(t, "receipt")
	if m.o.cancel(r) {
		r.settle(StageDiscarded, ErrCanceled)
	}
}

// check compares the outbox's own counters with what is in it, and what is in it with what the receipts say.
func (m *outboxModel) check() {
	o := &m.o
	bytes, timed := 0, 0
	waiting := map[*Receipt]bool{}
	for i := o.head; i < len(o.list); i++ {
		p := &o.list[i]
		bytes += len(p.Data)
		if p.ttl > 0 {
			timed++
		}
		if waiting[p.receipt] {
			m.t.Fatal("a message waits twice")
		}
		waiting[p.receipt] = true
		if i > o.free() && p.urgent && !o.list[i-1].urgent {
			m.t.Fatal("an urgent message waits behind one that is not")
		}
	}
	if o.bytes != bytes || o.timed != timed || bytes > o.limits.Bytes || o.len() > o.limits.Messages+urgentReserve {
		m.t.Fatalf("counted %d bytes and %d that expire; there are %d and %d in %d messages", o.bytes, o.timed, bytes, timed, o.len())
	}
	m.checkFates(waiting)
	m.checkOrder()
}

func (m *outboxModel) checkFates(waiting map[*Receipt]bool) {
	fates := map[error]int{}
	for _, r := range m.order {
		stage, err := r.Stage()
		if waiting[r] != (stage == StageQueued) || m.handed[r] != (stage == StageHandedOver) {
			m.t.Fatalf("a message waits: %v, was sent: %v, and its receipt says %v (%v)", waiting[r], m.handed[r], stage, err)
		}
		fates[err]++
	}
	for _, l := range m.o.takeDropped() {
		m.dropped += l.Messages
	}
	if gone := fates[ErrQueueFull] + fates[ErrExpired] + fates[ErrNotConnected]; gone != m.dropped {
		m.t.Fatalf("%d were dropped and %d reported", gone, m.dropped)
	}
	if uint64(fates[ErrReplaced]) != m.o.replaced {
		m.t.Fatalf("%d were replaced and %d counted", fates[ErrReplaced], m.o.replaced)
	}
}

// checkOrder: messages that replace nothing are sent in the order in which they were accepted, the urgent ones and the
// others each for themselves.
func (m *outboxModel) checkOrder() {
	last := map[bool]int{}
	for i := m.o.free(); i < len(m.o.list); i++ {
		p := &m.o.list[i]
		if m.keyed[p.receipt] {
			continue
		}
		at := slices.Index(m.order, p.receipt)
		if before, some := last[p.urgent]; some && at < before {
			m.t.Fatalf("message %d waits behind %d", at, before)
		}
		last[p.urgent] = at
	}
}

// TestAReplacementNeverGoesLater proves where a message goes that takes another's place.
func TestAReplacementNeverGoesLater(t *testing.T) {
	for _, test := range []struct {
		name     string
		old, new outgoing
		want     string
	}{
		{"neither is urgent", outgoing{}, outgoing{}, "u a N b"},
		{"the new one is urgent", outgoing{}, outgoing{urgent: true}, "u N a b"},
		{"the old one was urgent", outgoing{urgent: true}, outgoing{}, "u N a b"},
		{"both are", outgoing{urgent: true}, outgoing{urgent: true}, "u N a b"},
	} {
		o := outboxList{limits: Limits{4, 100}}
		for _, p := range []outgoing{{Message: msg("u"), urgent: true}, {Message: msg("a")}, with(test.old, "O"), {Message: msg("b")}} {
			o.push(p, time.Time{})
		}
		v := o.push(with(test.new, "N"), time.Time{})
		bytes := o.bytes
		if got := o.drain(); v != queued || got != test.want || bytes != 4 || o.bytes != 0 {
			t.Errorf("%s: result %d, sent %s, want %s; %d bytes waited, %d are left", test.name, v, got, test.want, bytes, o.bytes)
		}
	}
}

func with(p outgoing, text string) outgoing {
	p.Message, p.key = msg(text), "k"
	return p
}

// TestNothingIsDroppedInVain: OverflowDropOldest drops only what makes room, and nothing if that does not suffice.
func TestNothingIsDroppedInVain(t *testing.T) {
	urgent := func(s string) outgoing { return outgoing{Message: msg(s), urgent: true} }
	for _, test := range []struct {
		name   string
		limits Limits
		have   []outgoing
		new    outgoing
		want   pushResult
		left   string
	}{
		{"the urgent one leaves no room", Limits{9, 10}, []outgoing{urgent("urgent"), {Message: msg("abc")}}, outgoing{Message: msg("12345")}, noRoom, "urgent abc"},
		{"nor for what grows", Limits{9, 10}, []outgoing{urgent("urgent"), with(outgoing{}, "O")}, with(outgoing{}, "12345"), noRoom, "urgent O"},
		{"an empty one makes no room in bytes", Limits{9, 4}, []outgoing{{Message: msg("")}, {Message: msg("abcd")}}, outgoing{Message: msg("12")}, queued, " 12"},
		{"an empty one makes room in number", Limits{2, 9}, []outgoing{{Message: msg("")}, {Message: msg("ab")}}, outgoing{Message: msg("12")}, queued, "ab 12"},
	} {
		o := outboxList{limits: test.limits, overflow: OverflowDropOldest}
		for _, p := range test.have {
			o.push(p, time.Time{})
		}
		if v, left := o.push(test.new, time.Time{}), o.drain(); v != test.want || left != test.left {
			t.Errorf("%s: result %d, left %s", test.name, v, fmt.Sprintf("%q, want %d and %q", left, test.want, test.left))
		}
	}
}
