package redis

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestParcelsComeBack: what one node writes another reads; messages may hold anything, line breaks included.
func TestParcelsComeBack(t *testing.T) {
	for _, p := range []parcel{
		{node: "n1", number: 1, sent: 1763900000000, message: []byte(`{"type":"chat"}`)},
		{node: "a.B-c_9", number: 1<<64 - 1, sent: 0, message: []byte("a\nb")},
		{node: "n", sent: 1},
	} {
		got, err := parseParcel(p.bytes())
		if err != nil || got.node != p.node || got.number != p.number || got.sent != p.sent || string(got.message) != string(p.message) {
			t.Errorf("%+v became %+v, %v", p, got, err)
		}
	}
}

// TestForeignParcelsAreRefused: anybody with the password can publish, so what is read is checked.
func TestForeignParcelsAreRefused(t *testing.T) {
	for _, s := range []string{
		"", "\n", "hello", "1 n 1 1", "2 n 1 1\n", "1 n 1\n", "1 n 1 1 1\n", "1  1 1\n", "1 n -1 1\n", "1 n x 1\n", "1 n 1 x\n",
		"1 " + strings.Repeat("n", 65) + " 1 1\n", "1 n\r 1 1\n", "1 n 1 1\n" + strings.Repeat("x", maxPayload), strings.Repeat("x", 2*maxPayload),
	} {
		if p, err := parseParcel([]byte(s)); err == nil {
			t.Errorf("%.40q was read as %+v", s, p)
		}
	}
}

// FuzzParcel: nothing crashes, and what is accepted is written back the same.
func FuzzParcel(f *testing.F) {
	f.Add("1 n 1 1\nx")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseParcel([]byte(s))
		if err != nil {
			return
		}
		again, err := parseParcel(p.bytes())
		if err != nil || again.number != p.number || again.node != p.node || string(again.message) != string(p.message) {
			t.Errorf("%q: %+v, then %+v, %v", s, p, again, err)
		}
	})
}

// TestEveryLossIsCounted: whatever messages of whatever nodes are lost on the way, what is delivered and what is
// reported missing adds up to what was published, up to the last that was heard of.
func TestEveryLossIsCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var n numbers
		sent := map[string]uint64{}
		delivered, missing, doubled := uint64(0), uint64(0), 0
		now := time.Unix(1e9, 0)
		hear := func(p parcel) {
			fresh, miss, since := n.judge(p, now)
			missing += miss
			if fresh {
				delivered++
			}
			if since.After(now) {
				t.Fatal("a gap that begins later than now")
			}
			if again, _, _ := n.judge(p, now); again {
				doubled++
			}
		}
		for _, node := range []string{"a", "b"} { // both are known from their first beacon on
			hear(parcel{node: node})
		}
		for range rapid.IntRange(0, 60).Draw(t, "messages") {
			node := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "node")
			sent[node]++
			now = now.Add(time.Millisecond)
			if rapid.Bool().Draw(t, "arrives") {
				hear(parcel{node: node, number: sent[node], message: []byte("x")})
			}
		}
		for node, number := range sent { // the beacon tells of what was lost last
			hear(parcel{node: node, number: number})
		}
		if total := sent["a"] + sent["b"]; delivered+missing != total || doubled > 0 {
			t.Fatalf("%d published: %d delivered, %d missing, %d twice", total, delivered, missing, doubled)
		}
	})
}

// TestNodesAreForgotten: the table of nodes is bounded, whoever publishes.
func TestNodesAreForgotten(t *testing.T) {
	var n numbers
	for i := range 3 * maxNodes {
		n.judge(parcel{node: "n" + string(rune('0'+i%10)) + time.Duration(i).String(), number: 1, message: []byte("x")}, time.Unix(int64(i), 0))
	}
	if len(n.byNode) > maxNodes {
		t.Errorf("%d nodes are remembered", len(n.byNode))
	}
	if fresh, missing, _ := n.judge(parcel{node: "evil", message: []byte("x")}, time.Unix(0, 0)); fresh || missing > 0 {
		t.Error("a message with number 0 was taken")
	}
}
