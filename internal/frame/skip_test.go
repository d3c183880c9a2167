package frame

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// skipStream is some frames of one direction, and where each begins.
func skipStream(r *rand.Rand, fromClient bool) (b []byte, starts []int) {
	for i := range 12 {
		h := Header{Fin: true, Opcode: []Opcode{Text, Binary, Ping}[r.IntN(3)], Masked: fromClient}
		if h.Masked {
			h.Key = [4]byte{1, 2, 3, byte(i + 1)}
		}
		starts = append(starts, len(b))
		b = AppendFrame(b, h, bytes.Repeat([]byte{'a' + byte(i)}, r.IntN(120)))
	}
	return b, starts
}

// TestSkipInsideAPayload proves that a hole inside a payload shortens that payload and changes nothing else, wherever it is.
func TestSkipInsideAPayload(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		stream, starts := skipStream(r, seed%2 == 0)
		at := r.IntN(len(starts))
		end := len(stream)
		if at+1 < len(starts) {
			end = starts[at+1]
		}
		_, head := ParseHeader(stream[starts[at]:])
		from := starts[at] + head
		if from == end {
			continue
		}
		from += r.IntN(end - from)
		to := from + 1 + r.IntN(end-from)
		d := NewDecoder(Config{FromClient: seed%2 == 0})
		i := 0
		check := func(f *Frame) {
			want := bytes.Repeat([]byte{'a' + byte(i)}, int(f.Length))
			if i == at {
				want = want[:from-starts[at]-head]
			}
			if f.Offset != uint64(starts[i]) || f.Violations != 0 || !bytes.Equal(f.Payload, want) || f.Truncated {
				t.Errorf("seed %d, frame %d: %+v, want %q", seed, i, f, want)
			}
			if m := f.Message; m != nil && (m.Length != f.Length || !bytes.Equal(m.Body, want)) {
				t.Errorf("seed %d, frame %d: %+v", seed, i, m)
			}
			i++
		}
		d.Feed(stream[:from], check)
		if !d.Skip(uint64(to-from), check) {
			t.Errorf("seed %d: the next frame is not found", seed)
		}
		d.Feed(stream[to:], check)
		if i != len(starts) {
			t.Errorf("seed %d: %d frames", seed, i)
		}
	}
}

// TestSkipOverAHeader proves that after a longer hole the frame that it cuts is emitted as far as it is known, offsets are
// right, and what only the lost bytes could prove is no violation.
func TestSkipOverAHeader(t *testing.T) {
	first := AppendFrame(nil, Header{Opcode: Text}, []byte("abcdef")) // a message that goes on
	lost := AppendFrame(nil, Header{Fin: true}, []byte("end"))
	next := AppendFrame(nil, Header{Fin: true, Opcode: Text}, []byte("next"))
	d := NewDecoder(Config{})
	var got []string
	emit := func(f *Frame) {
		got = append(got, fmt.Sprintf("%d %s %s %d %t %s", f.Offset, f.Opcode, f.Payload, f.Length, f.Truncated, f.Violations))
	}
	d.Feed(first[:4], emit)
	if d.Skip(uint64(len(first)-4+len(lost)), emit) {
		t.Error("a header was skipped, and the next frame is found")
	}
	d.Feed(next, emit)
	want := fmt.Sprint([]string{"0 text ab 6 false ", fmt.Sprintf("%d text next 4 false ", len(first)+len(lost))})
	if fmt.Sprint(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestSkipInACompressedMessage proves that the message is InflateLost, and those behind it only when they refer to it.
func TestSkipInACompressedMessage(t *testing.T) {
	for _, takeover := range []bool{false, true} {
		p := DeflateParams{ServerNoContextTakeover: !takeover}
		z := NewDeflater(p, false)
		d := NewDecoder(Config{Deflate: &p})
		var got []string
		emit := func(f *Frame) {
			if f.Message != nil {
				got = append(got, fmt.Sprint(string(f.Message.Body), " ", f.Violations&InflateLost != 0))
			}
		}
		for i := range 3 {
			b := AppendFrame(nil, Header{Fin: true, Rsv: RSV1, Opcode: Text}, z.Append(nil, []byte("hello hello hello hello "+string(rune('a'+i))+"xyzwv")))
			if i == 1 {
				d.Feed(b[:4], emit)
				d.Skip(1, emit)
				b = b[5:]
			}
			d.Feed(b, emit)
		}
		want := []string{"hello hello hello hello axyzwv false", " true", "hello hello hello hello cxyzwv false"}
		if takeover {
			want[2] = " true"
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("takeover %t: got %q, want %q", takeover, got, want)
		}
	}
}
