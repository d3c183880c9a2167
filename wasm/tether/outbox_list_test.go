// These tests prove that the outbox stays within its bounds and loses nothing that it does not report.
package tether

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

func msg(s string) codec.Message { return codec.Message{Type: codec.Text, Data: []byte(s)} }

// drain returns what a connection that takes everything gets.
func (o *outboxList) drain() string {
	var all []string
	for {
		m := o.offer(time.Time{})
		if m == nil {
			return strings.Join(all, " ")
		}
		all = append(all, string(m.Data))
		o.taken()
	}
}

func TestOverflow(t *testing.T) {
	for _, test := range []struct {
		overflow Overflow
		result   pushResult
		left     string
		lost     Limits
	}{
		{OverflowBlock, noRoom, "aa bb cc", Limits{}},
		{OverflowReject, noRoom, "aa bb cc", Limits{}},
		{OverflowDropNewest, notTaken, "aa bb cc", Limits{1, 2}},
		{OverflowDropOldest, queued, "bb cc dd", Limits{1, 2}},
	} {
		for name, limits := range map[string]Limits{"count": {3, 100}, "bytes": {100, 6}} {
			o := outboxList{limits: limits, overflow: test.overflow}
			for _, s := range []string{"aa", "bb", "cc"} {
				o.push(outgoing{Message: msg(s)}, time.Time{})
			}
			if v := o.push(outgoing{Message: msg("dd")}, time.Time{}); v != test.result {
				t.Errorf("%v by %s: result %d", test.overflow, name, v)
			}
			if lost := o.takeDropped(); lost[dropFull] != test.lost {
				t.Errorf("%v by %s: lost %+v", test.overflow, name, lost)
			}
			if left := o.drain(); left != test.left {
				t.Errorf("%v by %s: left %s", test.overflow, name, left)
			}
		}
	}
}

// P2: the connection turns out to be closing in the middle of a flush.
func TestARefusedMessageIsTheNextConnectionsFirst(t *testing.T) {
	o := outboxList{limits: Limits{10, 100}}
	for _, s := range []string{"a", "b", "c"} {
		o.push(outgoing{Message: msg(s)}, time.Time{})
	}
	o.offer(time.Time{})
	o.taken()
	o.offer(time.Time{})
	o.refused()
	if got := o.drain(); got != "b c" {
		t.Errorf("the next connection gets %s", got)
	}
}

func TestWhatTheTransportHoldsIsNotDropped(t *testing.T) {
	o := outboxList{limits: Limits{2, 100}, overflow: OverflowDropOldest}
	o.push(outgoing{Message: msg("a")}, time.Time{})
	o.push(outgoing{Message: msg("b")}, time.Time{})
	o.offer(time.Time{})
	o.push(outgoing{Message: msg("c")}, time.Time{})
	o.taken()
	if got := o.drain(); got != "c" {
		t.Errorf("left %q, want c: a was sent and b dropped", got)
	}
	one := outboxList{limits: Limits{1, 100}, overflow: OverflowDropOldest}
	one.push(outgoing{Message: msg("a")}, time.Time{})
	one.offer(time.Time{})
	if v := one.push(outgoing{Message: msg("b")}, time.Time{}); v != noRoom {
		t.Errorf("verdict %d although the only message is being sent", v)
	}
}

func TestAMessageLargerThanTheOutboxIsAlwaysRefused(t *testing.T) {
	o := outboxList{limits: Limits{10, 4}, overflow: OverflowDropOldest}
	o.push(outgoing{Message: msg("a")}, time.Time{})
	if v := o.push(outgoing{Message: msg("12345")}, time.Time{}); v != tooLarge || o.len() != 1 {
		t.Errorf("verdict %d, %d left", v, o.len())
	}
}

// P18: bounds are in bytes, and the books balance whatever happens.
func TestTheBooksBalance(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, overflow := range []Overflow{OverflowBlock, OverflowDropOldest, OverflowDropNewest} {
		o := outboxList{limits: Limits{20, 200}, overflow: overflow}
		in, out, lost, next := 0, 0, 0, 0
		for range 20_000 {
			switch r.IntN(3) {
			case 0, 1:
				v := o.push(outgoing{Message: msg(strconv.Itoa(in) + strings.Repeat("é", r.IntN(30)))}, time.Time{})
				if v == queued || v == notTaken {
					in++
				}
			default:
				if p := o.offer(time.Time{}); p != nil && r.IntN(4) == 0 {
					o.refused()
				} else if p != nil {
					o.taken()
					out++
				}
			}
			lost += o.takeDropped()[dropFull].Messages
			if o.len() > 20 || o.bytes > 200 || o.bytes < 0 {
				t.Fatalf("%d messages of %d bytes", o.len(), o.bytes)
			}
			next = in - out - lost
			if next != o.len() {
				t.Fatalf("in %d, out %d, lost %d, and %d left", in, out, lost, o.len())
			}
		}
		if rest := o.clear(); rest.Messages != next || o.push(outgoing{Message: msg("x")}, time.Time{}) != shut {
			t.Errorf("cleared %+v of %d", rest, next)
		}
	}
}
