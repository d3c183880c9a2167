package fault

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// These tests prove that rules do to a frame that is too long to be collected what they do to a short one, part by part, and that
// no more than a part is kept.

// flow sends one frame through a shaper in parts and returns what comes out, and the marks.
func flow(t *rapid.T, ruleset string, h frame.Header, payload []byte) (out []byte, marks record.Marks, l *Shaper) {
	d, err := Parse(ruleset)
	if err != nil {
		t.Fatal(err)
	}
	raw := frame.AppendFrame(nil, h, payload)
	h, size := frame.ParseHeader(raw)
	l = NewShaper(d, 1, record.In)
	first := size + rapid.IntRange(0, len(payload)).Draw(t, "first")
	l.Begin(0, raw[:first], &record.Record{Conn: 1, Kind: record.KindFrame, Dir: record.In, Header: h, Offset: 7})
	for rest := raw[first:]; len(rest) > 0; {
		n := rapid.IntRange(1, len(rest)).Draw(t, "part")
		l.Pass(0, rest[:n])
		rest = rest[n:]
	}
	marks = l.Finish()
	drain(l, time.Hour, &out)
	if l.bytes != 0 || l.stream != nil {
		t.Fatalf("%d bytes stay", l.bytes)
	}
	return out, marks, l
}

// received decodes what came out, whole frames, into their headers and the payload that the application gets.
func received(t *rapid.T, wire []byte) (frames []frame.Header, plain []byte) {
	if !frame.Whole(wire) {
		t.Fatalf("%x… is not whole frames", wire[:min(20, len(wire))])
	}
	for len(wire) > 0 {
		h, n := frame.ParseHeader(wire)
		frames = append(frames, h)
		plain = append(plain, unmasked(h, wire[n:n+int(h.Length)])...)
		wire = wire[n+int(h.Length):]
	}
	return frames, plain
}

func TestRulesOnALongFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.SliceOfN(rapid.Byte(), 20, 3000).Draw(t, "payload")
		h := frame.Header{Fin: rapid.Bool().Draw(t, "fin"), Rsv: frame.RSV1, Opcode: frame.Binary, Masked: rapid.Bool().Draw(t, "masked")}
		if h.Masked {
			h.Key = [4]byte{1, 2, 3, 4}
		}
		at := rapid.IntRange(0, len(payload)-1).Draw(t, "at")
		pieces := rapid.IntRange(2, 9).Draw(t, "pieces")

		for _, ruleset := range []string{"", "op:text => drop", "=> duplicate\n=> reorder\n=> merge\n=> intercept", "=> delay 1s", "=> rate 20kB/s"} {
			if out, _, _ := flow(t, ruleset, h, payload); !bytes.Equal(out, frame.AppendFrame(nil, h, payload)) {
				t.Fatalf("%q changes bytes", ruleset)
			}
		}
		for _, ruleset := range []string{"=> drop", "=> drop\nevery 10m => ping 50%", "=> blackhole"} {
			if out, marks, _ := flow(t, ruleset, h, payload); marks != record.Dropped || len(out) > 0 && ruleset != "=> drop\nevery 10m => ping 50%" {
				t.Fatalf("%q lets %d bytes pass, %v", ruleset, len(out), marks)
			}
		}
		out, marks, _ := flow(t, fmt.Sprint("=> corrupt ", at), h, payload)
		frames, got := received(t, out)
		if len(frames) != 1 || frames[0].Fin != h.Fin || len(got) != len(payload) || got[at] == payload[at] || marks != record.Altered {
			t.Fatalf("corrupt: %v, byte %d is %d", frames, at, got[at])
		}
		if got[at] = payload[at]; !bytes.Equal(got, payload) {
			t.Fatal("corrupt: another byte has changed")
		}
		out, _, _ = flow(t, fmt.Sprint("=> truncate ", at), h, payload)
		if frames, got = received(t, out); len(frames) != 1 || !bytes.Equal(got, payload[:at]) {
			t.Fatalf("truncate %d: %v", at, frames)
		}
		out, _, _ = flow(t, fmt.Sprintf("=> truncate %d\n=> split %d\n=> corrupt", at+1, pieces), h, payload)
		frames, got = received(t, out)
		if len(frames) > pieces || !bytes.Equal(got, payload[:at+1]) {
			t.Fatalf("split: %d frames, %d of %d bytes", len(frames), len(got), at+1)
		}
		for i, f := range frames {
			first, last := i == 0, i == len(frames)-1
			if f.Fin != (last && h.Fin) || (f.Opcode == frame.Continuation) == first || (f.Rsv != 0) != first {
				t.Fatalf("fragment %d of %d is %+v", i, len(frames), f)
			}
		}
	})
}

// TestNothingIsSentInsideALongFrame: a timed ping waits for its end, a reset does not, and rules that are set meanwhile do not
// change what happens to the rest of it.
func TestNothingIsSentInsideALongFrame(t *testing.T) {
	h := frame.Header{Fin: true, Opcode: frame.Binary}
	raw := frame.AppendFrame(nil, h, make([]byte, 1000))
	for ruleset, want := range map[string]string{
		"every 10ms => ping": "", "after 10ms => close 1001\nafter 20ms => ping": "", "after 10ms => reset": "RST", "after 10ms => blackhole": "swallow",
	} {
		d, _ := Parse(ruleset)
		l := NewShaper(d, 1, record.In)
		parsed, _ := frame.ParseHeader(raw)
		l.Begin(0, raw[:500], &record.Record{Conn: 1, Kind: record.KindFrame, Header: parsed})
		var out []byte
		end := ""
		take := func(now time.Duration) {
			for s, ok := l.Pop(now); ok; s, ok = l.Pop(now) {
				out = append(out, s.Bytes...)
				end += [...]string{"", "FIN", "RST", "swallow"}[s.Effect]
			}
		}
		take(0)
		take(25 * time.Millisecond)
		if !bytes.Equal(out, raw[:500]) {
			t.Fatalf("%s: %d bytes passed", ruleset, len(out))
		}
		if end != "" && end != want {
			t.Errorf("%s: %s", ruleset, end)
		}
		if end != "" {
			continue
		}
		l.Pass(30*time.Millisecond, raw[500:])
		l.Finish()
		take(30 * time.Millisecond)
		if !bytes.HasPrefix(out, raw) || !frame.Whole(out) || len(out) == len(raw) {
			t.Errorf("%s: %d bytes behind the frame", ruleset, len(out)-len(raw))
		}
	}
	d, _ := Parse("=> truncate 600")
	none, _ := Parse("")
	l := NewShaper(d, 1, record.In)
	parsed, _ := frame.ParseHeader(raw)
	l.Begin(0, raw[:500], &record.Record{Conn: 1, Kind: record.KindFrame, Header: parsed})
	l.Use(0, none, 1)
	l.Pass(0, raw[500:])
	l.Finish()
	l.Push(0, text(0, "x").wire, &record.Record{Conn: 1, Kind: record.KindFrame, Header: frame.Header{Fin: true, Opcode: frame.Text}})
	var out []byte
	drain(l, time.Hour, &out)
	if want := append(frame.AppendFrame(nil, h, make([]byte, 600)), text(0, "x").wire...); !bytes.Equal(out, want) {
		t.Errorf("%d bytes after another ruleset, want %d", len(out), len(want))
	}
}
