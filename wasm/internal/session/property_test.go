// These tests prove the promise of a session against connections that lose, repeat and swap frames and end at any byte:
// the readers get each message once and in order, and nothing is kept beyond the limits.
package session

import (
	"bytes"
	"flag"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// side is one end: a session, what it was given to send, and what its reader got.
type side struct {
	*Session
	wrote [][]byte
	read  [][]byte
	wire  [][]byte // frames on their way to the other side
}

// write appends a message while a reader of the limits would.
func (s *side) write(p []byte) {
	if _, bytes := s.Pending(); bytes < testBuffer {
		s.wrote = append(s.wrote, p)
		s.Append(Message{len(p)%2 == 0, slices.Clone(p)})
	}
}

// pump puts frames on the wire.
func (s *side) pump() {
	for {
		frame, _, ok := s.Next(nil)
		if !ok {
			break
		}
		s.wire = append(s.wire, frame)
	}
	if s.Urgent() {
		frame, _ := s.Ack(nil)
		s.wire = append(s.wire, frame)
	}
}

func (s *side) take() {
	if m, ok := s.Read(); ok {
		s.read = append(s.read, m.Data)
	}
}

const (
	testWindow = 400
	testBuffer = 700
	testLarge  = 300
)

// link is two sides and whether they are connected.
type link struct {
	a, b *side
	up   bool
}

// deliver brings the first frame of from to the other side. A fault of the wire ends the connection.
func (l *link) deliver(from, to *side) {
	if !l.up || len(from.wire) == 0 {
		return
	}
	p := from.wire[0]
	from.wire = from.wire[1:]
	if _, _, err := to.Receive(isText(p), slices.Clone(p)); err != nil {
		l.cut()
	}
}

// isText: what the type of a message was does not change on the wire; control frames are text.
func isText(p []byte) bool {
	if p[0] != kindMessage {
		return true
	}
	return (len(p)-bytes.IndexByte(p, '\n')-1)%2 == 0
}

func (l *link) cut() { l.up, l.a.wire, l.b.wire = false, nil, nil }

// connect exchanges positions; half of the exchange may be lost.
func (l *link) connect(t *rapid.T, whole bool) {
	l.cut()
	hello, err := ParseHello(true, AppendHello(nil, Hello{"s1", l.a.Position()}))
	if err == nil {
		_, err = l.b.Attach(hello.Position)
	}
	if err != nil {
		t.Fatal("hello:", err)
	}
	w := Welcome{Outcome: Resumed, ID: "s1", Position: l.b.Position(), Sent: l.b.Last()}
	if !whole {
		return
	}
	if w, err = ParseWelcome(true, AppendWelcome(nil, w)); err == nil {
		_, err = l.a.Attach(w.Position)
	}
	if err != nil {
		t.Fatal("welcome:", err)
	}
	l.up = true
}

// check is what holds at every moment.
func (l *link) check(t *rapid.T) {
	for _, pair := range [][2]*side{{l.a, l.b}, {l.b, l.a}} {
		from, to := pair[0], pair[1]
		if len(to.read) > len(from.wrote) {
			t.Fatalf("read %d of %d", len(to.read), len(from.wrote))
		}
		for i, p := range to.read {
			if !bytes.Equal(p, from.wrote[i]) {
				t.Fatalf("message %d is %x, want %x", i, p, from.wrote[i])
			}
		}
		if _, kept := from.Pending(); kept > testBuffer+testLarge+PerMessage {
			t.Fatal("kept", kept)
		}
		if _, unread := to.Unread(); unread > testWindow+testLarge+PerMessage {
			t.Fatal("unread", unread)
		}
	}
}

// P16: the numbers of the two sides never drift apart, whatever is cut off, repeated or lost.
func TestEachMessageOnceInOrder(t *testing.T) {
	_ = flag.Set("rapid.checks", "1000")
	_ = flag.Set("rapid.steps", "150") // long enough for a fault to be followed by what it breaks
	rapid.Check(t, func(t *rapid.T) {
		l := &link{a: &side{Session: New(testWindow)}, b: &side{Session: New(testWindow)}}
		l.connect(t, true)
		either := func(do func(from, to *side)) func(*rapid.T) {
			return func(t *rapid.T) {
				if rapid.Bool().Draw(t, "client") {
					do(l.a, l.b)
				} else {
					do(l.b, l.a)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"": l.check,
			"deliver": either(func(from, to *side) {
				for range rapid.IntRange(1, 4).Draw(t, "frames") {
					l.deliver(from, to)
				}
			}),
			"read": either(func(s, _ *side) { s.take() }),
			"write": func(t *rapid.T) {
				p := make([]byte, rapid.SampledFrom([]int{0, 1, 2, 9, 50, testLarge}).Draw(t, "size"))
				either(func(s, _ *side) {
					copy(p, strconv.Itoa(len(s.wrote)))
					s.write(p)
					if l.up {
						s.pump()
					}
				})(t)
			},
			"pump": either(func(s, _ *side) {
				if l.up {
					s.pump()
				}
			}),
			"acknowledge": either(func(s, _ *side) {
				if frame, ok := s.Ack(nil); ok && l.up {
					s.wire = append(s.wire, frame)
				}
			}),
			"cut at a byte": func(t *rapid.T) {
				keepPrefix(t, l, l.a, l.b)
				keepPrefix(t, l, l.b, l.a)
				l.cut()
			},
			"connect":      func(t *rapid.T) { l.connect(t, true) },
			"half connect": func(t *rapid.T) { l.connect(t, false) },
			"lose a frame": either(func(s, _ *side) {
				if i := len(s.wire); i > 0 {
					s.wire = append(s.wire[:i/2], s.wire[i/2+1:]...)
				}
			}),
			"repeat a frame": either(func(s, _ *side) {
				if i := len(s.wire); i > 0 {
					s.wire = append(s.wire, s.wire[i/2])
				}
			}),
			"swap frames": either(func(s, _ *side) {
				if i := len(s.wire); i > 1 {
					s.wire[0], s.wire[i-1] = s.wire[i-1], s.wire[0]
				}
			}),
		})
		l.finish(t)
	})
}

// keepPrefix cuts the bytes on the wire somewhere: whole frames before that arrive.
func keepPrefix(t *rapid.T, l *link, from, to *side) {
	total := 0
	for _, p := range from.wire {
		total += len(p)
	}
	at := rapid.IntRange(0, total).Draw(t, "cut")
	for l.up && len(from.wire) > 0 && len(from.wire[0]) <= at {
		at -= len(from.wire[0])
		l.deliver(from, to)
	}
}

// finish heals the connection and lets everything arrive.
func (l *link) finish(t *rapid.T) {
	l.connect(t, true)
	for range 10_000 {
		for _, pair := range [][2]*side{{l.a, l.b}, {l.b, l.a}} {
			from, to := pair[0], pair[1]
			from.pump()
			for len(from.wire) > 0 && l.up {
				l.deliver(from, to)
			}
			to.take()
			if frame, ok := to.Ack(nil); ok {
				to.wire = append(to.wire, frame)
			}
		}
		n, _ := l.a.Pending()
		m, _ := l.b.Pending()
		if n+m == 0 {
			break
		}
	}
	l.check(t)
	if len(l.a.read) != len(l.b.wrote) || len(l.b.read) != len(l.a.wrote) {
		t.Fatalf("arrived %d of %d and %d of %d", len(l.b.read), len(l.a.wrote), len(l.a.read), len(l.b.wrote))
	}
}

// TestRenewLosesNothingThatWasNotSent: what never was on a wire moves to the next session, and the rest is counted.
func TestRenewLosesNothingThatWasNotSent(t *testing.T) {
	for _, tc := range []struct {
		sent, waiting int
		received      uint64
		known         bool
		lost          int
	}{
		{0, 0, 0, false, 0},
		{3, 0, 0, false, 3},
		{3, 2, 0, false, 3},
		{3, 2, 2, true, 1},
		{3, 2, 3, true, 0},
		{3, 2, 9, true, 3}, // a lie: nothing is known
		{0, 4, 0, true, 0},
	} {
		s := New(100)
		if _, err := s.Attach(Position{Window: MaxWindow}); err != nil {
			t.Fatal(err)
		}
		for range tc.sent {
			s.Append(Message{})
			s.Next(nil)
		}
		for range tc.waiting {
			s.Append(Message{})
		}
		fresh, lost := s.Renew(tc.received, tc.known)
		if moved, _ := fresh.Pending(); lost != tc.lost || moved != tc.waiting {
			t.Errorf("%+v: lost %d, moved %d", tc, lost, moved)
		}
	}
}
