package session

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// TestTheFormOfACheckedFrame pins version 2: peers of every later program must read it.
func TestTheFormOfACheckedFrame(t *testing.T) {
	l := Line{Checked: true}
	for _, want := range []string{"0fdc48f9a 5", "3ead9cc9a 5"} {
		f := appendControl(l.Begin(nil), kindAck, 5)
		if l.Seal(true, f); string(f) != want {
			t.Errorf("%s, want %s", f, want)
		}
	}
	var old Line
	f := appendControl(old.Begin(nil), kindAck, 5)
	if old.Seal(true, f); string(f) != "a 5" {
		t.Errorf("version 1: %s", f)
	}
	if got, err := old.Open(true, f); err != nil || string(got) != "a 5" {
		t.Errorf("version 1: %s, %v", got, err)
	}
}

// carried is a frame on its way.
type carried struct {
	text bool
	p    []byte
}

// TestNothingDamagedIsTaken: whatever happens to frames on their way, what is taken is what was sent, from the first on and
// each once; and what came behind the first damage is not.
func TestNothingDamagedIsTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out, in := Line{Checked: true}, Line{Checked: true}
		var sent, wire []carried
		for range rapid.IntRange(1, 8).Draw(t, "frames") {
			c := carried{rapid.Bool().Draw(t, "text"), rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "frame")}
			sealed := append(out.Begin(nil), c.p...)
			out.Seal(c.text, sealed)
			sent, wire = append(sent, c), append(wire, carried{c.text, sealed})
		}
		damaged := harm(t, &wire)
		taken := 0
		for _, c := range wire {
			got, err := in.Open(c.text, c.p)
			if err != nil {
				if !errors.Is(err, ErrDamaged) || !damaged {
					t.Fatalf("frame %d: %v", taken, err)
				}
				return // the connection is dropped
			}
			if got == nil {
				continue // repeated
			}
			if taken == len(sent) || c.text != sent[taken].text || !bytes.Equal(got, sent[taken].p) {
				t.Fatalf("took %q as frame %d of %v", got, taken, sent)
			}
			taken++
		}
	})
}

// harm does something to frames, and reports whether it may be noticed.
func harm(t *rapid.T, wire *[]carried) bool {
	list := *wire
	i := rapid.IntRange(0, len(list)-1).Draw(t, "which")
	p := &list[i]
	switch rapid.SampledFrom([]string{"nothing", "repeat", "lose", "flip", "cut", "kind", "swap", "join"}).Draw(t, "harm") {
	case "nothing":
		return false
	case "repeat":
		*wire = append(list[:i+1:i+1], list[i:]...)
		return false
	case "lose":
		*wire = append(list[:i:i], list[i+1:]...)
	case "flip":
		p.p[rapid.IntRange(0, len(p.p)-1).Draw(t, "byte")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
	case "cut":
		p.p = p.p[:rapid.IntRange(0, len(p.p)-1).Draw(t, "length")]
	case "kind":
		p.text = !p.text
	case "swap":
		if i > 0 {
			list[i-1], list[i] = list[i], list[i-1]
		}
	case "join":
		if i > 0 {
			list[i-1].p = append(list[i-1].p, p.p...)
			*wire = append(list[:i:i], list[i+1:]...)
		}
	}
	return true
}

// FuzzLine: no bytes make it panic, and only what has the right checksum passes.
func FuzzLine(f *testing.F) {
	l := Line{Checked: true}
	good := append(l.Begin(nil), "m 1 0\nhello"...)
	l.Seal(true, good)
	f.Add(true, good)
	f.Add(false, good)
	f.Add(true, good[:7])
	f.Add(true, []byte("0000000Xm 1 0\n"))
	f.Fuzz(func(t *testing.T, text bool, p []byte) {
		in, out := Line{Checked: true}, Line{Checked: true}
		got, err := in.Open(text, p)
		if err != nil {
			return
		}
		again := append(out.Begin(nil), got...)
		if out.Seal(text, again); !bytes.Equal(again, p) {
			t.Errorf("%q passed, and is %q", p, again)
		}
	})
}
