package fault

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// These tests prove that a rule does to a compressed connection what it does to an uncompressed one.

// run sends whole frames through a shaper, 10 ms apart, and returns the bytes that come out, with the end.
func run(t interface{ Fatal(args ...any) }, ruleset string, dir record.Dir, deflate *frame.DeflateParams, frames [][]byte) (out []byte, end Effect, marks []record.Marks) {
	rs, err := Parse(ruleset)
	if err != nil {
		t.Fatal(err)
	}
	return runRules(rs, dir, deflate, frames)
}

// runRules is run with a ruleset.
func runRules(rs *Ruleset, dir record.Dir, deflate *frame.DeflateParams, frames [][]byte) (out []byte, end Effect, marks []record.Marks) {
	s := NewShaper(rs, 1, dir)
	dec := frame.NewDecoder(frame.Config{FromClient: dir == record.Out, Deflate: deflate})
	dec.KeepBodies(MaxMessage)
	s.Follow(dec.Compression())
	now := time.Duration(0)
	pop := func() {
		for p, ok := s.Pop(now); ok && end == Write; p, ok = s.Pop(now) {
			out, end = append(out, p.Bytes...), p.Effect
		}
	}
	for _, raw := range frames {
		dec.Feed(raw, func(f *frame.Frame) {
			r := record.Record{Time: int64(now), Conn: 1, Dir: dir}
			r.SetFrame(f)
			marks = append(marks, push(s, now, raw, &r))
		})
		pop()
		now += 10 * time.Millisecond
	}
	now += time.Hour
	pop()
	return out, end, marks
}

// push gives a shaper a frame, one that is too long to be collected in three parts.
func push(s *Shaper, now time.Duration, raw []byte, r *record.Record) record.Marks {
	h, n := frame.ParseHeader(raw)
	if h.Length <= MaxFrame {
		return s.Push(now, raw, r)
	}
	n += EvaluatedBytes
	s.Begin(now, raw[:n], &record.Record{Conn: 1, Kind: record.KindFrame, Dir: r.Dir, Header: h, Offset: r.Offset, Payload: raw[n-EvaluatedBytes : n]})
	half := (len(raw) - n) / 2
	s.Pass(now, raw[n:n+half])
	s.Pass(now, raw[n+half:])
	return s.Finish()
}

// application returns the messages that a receiver reads, and what is wrong with how they are compressed.
func application(out []byte, dir record.Dir, deflate *frame.DeflateParams) (messages []string, wrong frame.Violations) {
	dec := frame.NewDecoder(frame.Config{FromClient: dir == record.Out, Deflate: deflate, Snap: 1 << 20, MaxInflate: 16 << 20})
	dec.Feed(out, func(f *frame.Frame) {
		if f.Opcode.IsControl() {
			messages = append(messages, fmt.Sprint(f.Opcode))
		}
		if m := f.Message; m != nil {
			messages = append(messages, fmt.Sprintf("%v %q", m.Opcode, m.Body))
		}
		wrong |= f.Violations & (frame.InflateLost | frame.InflateLimit | frame.DeflateData | frame.DeflateEnd)
	})
	return messages, wrong
}

// sentMessages returns the frames of messages, compressed, and as they would be without compression: the last frame of each has its
// whole text, as that of an inflated message has.
func sentMessages(t *rapid.T, dir record.Dir, deflate frame.DeflateParams) (packed, plain [][]byte) {
	z := frame.NewDeflater(deflate, dir == record.Out)
	word := rapid.SampledFrom([]string{"lorem ipsum ", "dolor ", "price 12 ", "x", "☃"})
	for range rapid.IntRange(1, 12).Draw(t, "messages") {
		text := strings.Join(rapid.SliceOfN(word, 0, 60).Draw(t, "text"), "")
		h := frame.Header{Opcode: frame.Text, Masked: dir == record.Out, Key: [4]byte{1, 2, 3, 4}}
		body, pieces := []byte(text), rapid.IntRange(1, 4).Draw(t, "fragments")
		packs := rapid.IntRange(0, 4).Draw(t, "packs") > 0
		if packs {
			h.Rsv, body = frame.RSV1, z.Append(nil, body)
		}
		size := len(body)/pieces + 1
		for i := range pieces {
			h.Fin = i == pieces-1
			part, inflated := body[min(i*size, len(body)):min((i+1)*size, len(body))], []byte(nil)
			packed = append(packed, frame.AppendFrame(nil, h, part))
			switch {
			case !packs:
				inflated = part
			case h.Fin:
				inflated = []byte(text)
			}
			h.Rsv = 0
			plain = append(plain, frame.AppendFrame(nil, h, inflated))
			h.Opcode = frame.Continuation
		}
	}
	return packed, plain
}

// TestRulesMeanWhatMessagesSay: under every rule, with and without context takeover, with each window and in fragments, the application
// reads what it reads when nothing is compressed.
func TestRulesMeanWhatMessagesSay(t *testing.T) {
	for _, rule := range []string{
		"drop", "duplicate", "duplicate 3", "reorder", "reorder 3", "corrupt", "corrupt 0", "truncate 2", "split 3", "merge", "intercept 25ms", "hold 1s",
		"delay 5ms..30ms", "rate 1KiB/s", "blackhole", "cut", "reset", "finish", "close 1001", "ping", "pong",
	} {
		t.Run(rule, func(t *testing.T) { rapid.Check(t, func(t *rapid.T) { compareWithUncompressed(t, rule) }) })
	}
}

func compareWithUncompressed(t *rapid.T, rule string) {
	flag := rapid.Bool()
	deflate := frame.DeflateParams{
		ServerNoContextTakeover: flag.Draw(t, "server alone"), ClientNoContextTakeover: flag.Draw(t, "client alone"),
		ServerMaxWindowBits: rapid.IntRange(8, 15).Draw(t, "server bits"), ClientMaxWindowBits: rapid.IntRange(8, 15).Draw(t, "client bits"),
	}
	dir := rapid.SampledFrom([]record.Dir{record.In, record.Out}).Draw(t, "direction")
	packed, plain := sentMessages(t, dir, deflate)
	ruleset := fmt.Sprintf("seed %d\n=> %s %d%%\n", rapid.Uint64().Draw(t, "seed"), rule, rapid.SampledFrom([]int{10, 50, 100}).Draw(t, "chance"))
	if rapid.IntRange(0, 3).Draw(t, "both") == 0 {
		ruleset += "=> drop 20%\n=> duplicate 20%\n"
	}
	want, wantEnd, _ := run(t, ruleset, dir, &deflate, plain)
	got, gotEnd, marks := run(t, ruleset, dir, &deflate, packed)
	wanted, _ := application(want, dir, nil)
	read, wrong := application(got, dir, &deflate)
	if wrong != 0 || !slices.Equal(read, wanted) || gotEnd != wantEnd {
		t.Fatalf("%s%+v %v\nthe application reads %q (%v, %v)\nwithout compression  %q (%v)\nmarks %v", ruleset, deflate, dir, read, wrong, gotEnd, wanted, wantEnd, marks)
	}
}

// TestLongCompressedFrames: rules that would change a compressed message whose frame is too long to be collected leave it and the
// messages around it as they were sent, and its mark says so; others act on it, and one whose context its receiver misses ends the
// connection.
func TestLongCompressedFrames(t *testing.T) {
	for _, takeover := range []bool{true, false} {
		deflate := frame.DeflateParams{ServerNoContextTakeover: !takeover}
		z := frame.NewDeflater(deflate, false)
		noise := make([]byte, 3<<19)
		for i, r := 0, rand.New(rand.NewPCG(1, 2)); i < len(noise); i++ {
			noise[i] = byte(r.Uint32())
		}
		var in [][]byte
		var all []string
		for _, m := range [][]byte{[]byte("the first of them"), noise, []byte("the first of them, again"), []byte("the last of them")} {
			in = append(in, frame.AppendFrame(nil, frame.Header{Fin: true, Rsv: frame.RSV1, Opcode: frame.Binary}, z.Append(nil, m)))
			all = append(all, fmt.Sprintf("%v %q", frame.Binary, m[:min(len(m), 1<<20)]))
		}
		untouched := func(marks record.Marks) string { return fmt.Sprint([]record.Marks{0, marks, 0, 0}) }
		for _, c := range []struct {
			rules string
			want  []string
			end   Effect
			marks string
		}{
			{"len>1MiB => drop", all, Write, untouched(record.Exempt)},
			{"len>1MiB => duplicate", all, Write, untouched(record.Exempt)},
			{"len>1MiB => corrupt", all, Write, untouched(record.Exempt)},
			{"len>1MiB => intercept", all, Write, untouched(record.Exempt)},
			{"len>1MiB => delay 5ms", all, Write, untouched(record.Delayed)},
			{"len>1MiB => reset", all[:1], EndBoth, map[bool]string{true: "[ dropped altered altered]", false: "[ dropped  ]"}[takeover]},
			{"again => drop", []string{all[0], all[1], all[3]}, Write, map[bool]string{true: "[  dropped altered]", false: "[  dropped ]"}[takeover]},
		} {
			out, end, marks := run(t, c.rules, record.In, &deflate, in)
			got, wrong := application(out, record.In, &deflate)
			if !slices.Equal(got, c.want) || wrong != 0 || end != c.end || fmt.Sprint(marks) != c.marks {
				t.Errorf("takeover %t, %s: %d messages, %v, %v, marks %v; want %d and %s", takeover, c.rules, len(got), wrong, end, marks, len(c.want), c.marks)
			}
		}
		_, end, marks := run(t, "first => drop", record.In, &deflate, in)
		if takeover != (end == EndBoth && marks[1] == record.Dropped) {
			t.Errorf("takeover %t, behind a dropped message: %v, marks %v", takeover, end, marks)
		}
	}
}

// TestWhatCannotBeInflated: no rule changes a message that is too long or whose context is lost; when its receiver misses the context
// besides, the connection is reset, and the mark says that the frame was not passed on.
func TestWhatCannotBeInflated(t *testing.T) {
	deflate := frame.DeflateParams{}
	z := frame.NewDeflater(deflate, false)
	h := frame.Header{Fin: true, Rsv: frame.RSV1, Opcode: frame.Binary}
	long := frame.AppendFrame(nil, h, z.Append(nil, make([]byte, MaxMessage+1)))
	short := frame.AppendFrame(nil, h, z.Append(nil, []byte("short")))
	for _, c := range []struct {
		name  string
		in    [][]byte
		want  []byte
		end   Effect
		marks []record.Marks
	}{
		{"alone", [][]byte{long}, long, Write, []record.Marks{record.Exempt}},
		{"after a dropped one", [][]byte{short, long}, nil, EndBoth, []record.Marks{record.Dropped, record.Dropped}},
	} {
		out, end, marks := run(t, "=> drop", record.In, &deflate, c.in)
		if end != c.end || !slices.Equal(out, c.want) || !slices.Equal(marks, c.marks) {
			t.Errorf("%s: %d bytes, %v, marks %v", c.name, len(out), end, marks)
		}
	}
}
