package session

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// TestWhatAPeerMustNotSend: each of these is an error that says what is wrong, and changes nothing.
func TestWhatAPeerMustNotSend(t *testing.T) {
	for _, tc := range []struct{ text, frame, problem string }{
		{"t", "", "empty"},
		{"t", "x", "kind"},
		{"t", "resume - 0 0 1", "kind"},
		{"t", "a", "without a number"},
		{"t", "a ", "without a number"},
		{"t", "a x", "number is none"},
		{"t", "a 00", "number is none"},
		{"t", "a +1", "number is none"},
		{"t", "a 18446744073709551616", "number is none"},
		{"t", "a 18446744073709551615", "was not sent"},
		{"t", "a 3", "was not sent"},
		{"b", "a 1", "binary"},
		{"t", "a " + strings.Repeat("1", 600), "too long"},
		{"t", "e", "without a number"},
		{"t", "g", "without a number"},
		{"t", "g x", "number is none"},
		{"b", "g 1", "binary"},
		{"t", "e 1 0", "three numbers"},
		{"t", "e 1 0 999", "close code"},
		{"t", "e 1 3 1000", "was not sent"},
		{"t", "e x 0 1000", "number that is none"},
		{"b", "m", "complete header"},
		{"b", "m 1 0", "complete header"},
		{"b", "m 1\n", "complete header"},
		{"b", "m1 0\n", "complete header"},
		{"b", "m 1 0 0\n", "more than two"},
		{"b", "m 0 0\n", "number is none"},
		{"b", "m -1 0\n", "number is none"},
		{"b", "m 1 x\n", "not a number"},
		{"b", "m 1 18446744073709551615\n", "was not sent"},
		{"b", "m 3 0\n", "missing before"},
		{"b", "m 18446744073709551615 0\n", "missing before"},
		{"b", "m " + strings.Repeat("1", 80) + " 0\n", "complete header"},
	} {
		s := New(1000)
		if _, err := s.Attach(Position{Window: 1000}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			s.Append(Message{})
			s.Next(nil)
		}
		_, acked, err := s.Receive(tc.text == "t", []byte(tc.frame))
		if e, ok := errors.AsType[*ProtocolError](err); !ok || !strings.Contains(e.Problem, tc.problem) {
			t.Errorf("%q: %v, want %q", tc.frame, err, tc.problem)
		}
		if left, _ := s.Pending(); acked != 0 || left != 2 || s.received != 0 {
			t.Errorf("%q changed something", tc.frame)
		}
	}
}

// TestAWindowIsAnEndOfPatience: a flood, of empty messages too, ends at the window.
func TestAWindowIsAnEndOfPatience(t *testing.T) {
	s := New(10 * PerMessage)
	for n := uint64(1); ; n++ {
		_, _, err := s.Receive(true, appendMessage(nil, n, 0, nil))
		if err == nil && n <= 10 {
			continue
		}
		if err == nil || n != 11 || !strings.Contains(err.Error(), "window") {
			t.Fatalf("message %d: %v", n, err)
		}
		return
	}
}

func TestPositionsOfAnotherSession(t *testing.T) {
	for _, p := range []Position{
		{0, 1, 1}, // acknowledged before
		{1, 9, 1}, // never sent
		{2, 1, 1},
	} {
		s := New(100)
		_, _ = s.Attach(Position{Window: 1000})
		for range 3 {
			s.Append(Message{})
			s.Next(nil)
		}
		_, _, _ = s.Receive(true, []byte("a 1"))
		if _, err := s.Attach(p); err == nil {
			t.Errorf("%+v was accepted", p)
		}
	}
}

func TestHandshakesThatAreNone(t *testing.T) {
	long := strings.Repeat("x", 65)
	for _, s := range []string{
		"", "resume", "resume - 0 0", "resume - 0 0 1 ", "resume - 0 0 0", "resume - 0 0 9999999999", "resume - 0 1 1",
		"resume a 2 1 1", "resume a -1 1 1", "resume a/b 0 0 1", "resume " + long + " 0 0 1", "Resume - 0 0 1", "resume  0 0 1",
		"resume - 18446744073709551616 0 1", "m 1 0\n",
	} {
		if h, err := ParseHello(true, []byte(s)); err == nil {
			t.Errorf("hello %q was read as %+v", s, h)
		}
	}
	for _, s := range []string{
		"", "new", "new a 0 0 1 0 0", "new - 0 0 1 0 0 -", "old a 0 0 1 0 0 -", "resumed a - - 1 - 0 -", "gone a - 0 1 - 0 -",
		"new a 0 0 1 0 x -", "new a 0 0 1 x 0 -", "new a 0 0 0 0 0 -",
	} {
		if w, err := ParseWelcome(true, []byte(s)); err == nil {
			t.Errorf("welcome %q was read as %+v", s, w)
		}
	}
	if _, err := ParseHello(false, []byte("resume - 0 0 1")); err == nil {
		t.Error("a binary hello was read")
	}
}

// FuzzSession: whatever a peer sends, a session keeps its limits and does not panic.
func FuzzSession(f *testing.F) {
	f.Add([]byte("m 1 0\nhello\x00a 1\x00m 2 1\n\x00e 5 0 1000\x00p 1\x00q 2\x00g 3"))
	f.Add([]byte("resume abc 1 2 3\x00gone x - - 9 - 0 -\x00new x 0 0 1 0 0 chat"))
	f.Fuzz(func(t *testing.T, script []byte) {
		s := New(300)
		for i, frame := range bytes.Split(script, []byte{0}) {
			text := i%3 != 2
			if h, err := ParseHello(text, frame); err == nil {
				if again := AppendHello(nil, h); !bytes.Equal(again, frame) {
					t.Fatalf("%q became %q", frame, again)
				}
				_, _ = s.Attach(h.Position)
			}
			if w, err := ParseWelcome(text, frame); err == nil {
				if again := AppendWelcome(nil, w); !bytes.Equal(again, frame) {
					t.Fatalf("%q became %q", frame, again)
				}
			}
			s.Append(Message{text, frame})
			_, _, _ = s.Next(nil)
			if _, _, err := s.Receive(text, frame); err == nil && i%2 == 0 {
				_, _ = s.Read()
			}
			if n, unread := s.Unread(); unread > 300+len(script)+PerMessage || n < 0 {
				t.Fatalf("%d messages, %d bytes unread", n, unread)
			}
		}
	})
}
