package redis

import (
	"fmt"
	"strings"
	"testing"
)

// TestNodeMessagesComeBack: what one node writes another reads; messages may hold anything, line breaks included.
func TestNodeMessagesComeBack(t *testing.T) {
	for _, p := range []nodeMessage{
		{node: "n1", epoch: "e", number: 1, sent: 1763900000000, state: stateNone, message: []byte(`{"type":"chat"}`)},
		{node: "a.B-c_9", epoch: "x9", number: 1<<64 - 1, sent: 0, state: stateBye, message: []byte("a\nb")},
		{node: "n", epoch: "e", sent: 1, state: "0123abcd"},
	} {
		got, err := parseNodeMessage(p.bytes())
		if err != nil || fmt.Sprint(got) != fmt.Sprint(p) {
			t.Errorf("%+v became %+v, %v", p, got, err)
		}
	}
}

// TestForeignMessagesAreRefused: any client with the password can publish, so what is read is checked.
func TestForeignMessagesAreRefused(t *testing.T) {
	for _, s := range []string{
		"", "\n", "hello", "1 n 1 1\nx", "2 n e 1 1 -", "3 n e 1 1 -\n", "2 n e 1\n", "2 n e 1 1\n", "2 n e 1 1 - -\n", "2  e 1 1 -\n", "2 n  1 1 -\n",
		"2 n e 1 1 \n", "2 n e -1 1 -\n", "2 n e x 1 -\n", "2 n e 1 x -\n", "2 " + strings.Repeat("n", 65) + " e 1 1 -\n", "2 n\r e 1 1 -\n",
		"2 n e 1 1 -\n" + strings.Repeat("x", maxPayload), strings.Repeat("x", 2*maxPayload),
	} {
		if p, err := parseNodeMessage([]byte(s)); err == nil {
			t.Errorf("%.40q was read as %+v", s, p)
		}
	}
}

// FuzzNodeMessage: nothing crashes, and what is accepted is written back the same.
func FuzzNodeMessage(f *testing.F) {
	f.Add("2 n e 1 1 -\nx")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseNodeMessage([]byte(s))
		if err != nil {
			return
		}
		again, err := parseNodeMessage(p.bytes())
		if err != nil || fmt.Sprint(again) != fmt.Sprint(p) {
			t.Errorf("%q: %+v, then %+v, %v", s, p, again, err)
		}
	})
}
