package frame

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// These tests prove that a decoder that passes over runs finds the same frames as one that does not, and passes over nothing that needs a look.

// throughRuns decodes pieces, passes over what it can, and finds the frames of the runs by decoding their bytes.
func throughRuns(t *rapid.T, c Config, pieces [][]byte, most int) (frames []seen, err error) {
	d := NewDecoder(c)
	emit := func(f *Frame) { frames = append(frames, keep(f)) }
	for _, p := range pieces {
		for len(p) > 0 {
			before := d.State()
			run, n := d.PassRun(p, most)
			if n == 0 {
				n = min(len(p), max(1, int(min(d.Left(), uint64(len(p))))))
				d.Feed(p[:n], emit)
			} else {
				checkRun(t, c, before, run, p[:n], emit)
			}
			p = p[n:]
		}
	}
	d.End(emit)
	return frames, d.Err()
}

// checkRun compares what is said of a run with its frames, which it emits.
func checkRun(t *rapid.T, c Config, s State, want Run, b []byte, emit func(*Frame)) {
	got := Run{Offset: want.Offset, Message: want.Message}
	d := NewDecoder(c)
	d.state, d.offset, d.message.Number = s, want.Offset, want.Message-1
	d.Feed(b, func(f *Frame) {
		if f.Message == nil || f.Message.Violations&^RepeatedKey != 0 || uint64(len(f.Payload)) != f.Length {
			t.Fatalf("a run has %+v", f)
		}
		got.count(f.Opcode == Text, int(f.Length), f.Violations != 0)
		emit(f)
	})
	if got != want || d.Left() != 0 {
		t.Fatalf("of %x it is said %+v, want %+v", b, want, got)
	}
}

func TestRunsHaveTheFramesThatFeedingFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Config{FromClient: rapid.Bool().Draw(t, "client"), Snap: rapid.SampledFrom([]int{3, 40, 1000}).Draw(t, "snap")}
		if rapid.Bool().Draw(t, "compression") {
			c.Deflate = &DeflateParams{}
		}
		var wire []byte
		for range rapid.IntRange(1, 12).Draw(t, "frames") {
			wire = AppendFrame(wire, likelyHeader(t, c.FromClient), likelyPayload(t))
		}
		wire = wire[:len(wire)-rapid.IntRange(0, min(3, len(wire))).Draw(t, "end")]
		var pieces [][]byte
		for b := wire; len(b) > 0; {
			n := rapid.IntRange(1, len(b)).Draw(t, "piece")
			pieces, b = append(pieces, b[:n]), b[n:]
		}
		want, wantErr := collect(c, wire)
		c.LeaveMasked = true
		got, err := throughRuns(t, c, pieces, rapid.SampledFrom([]int{20, 100, 1 << 20}).Draw(t, "most"))
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(err, wantErr) {
			t.Fatalf("got %+v, %v\nwant %+v, %v", got, err, want, wantErr)
		}
	})
}

// likelyHeader is mostly that of a message that a run may have.
func likelyHeader(t *rapid.T, client bool) Header {
	h := Header{Fin: true, Opcode: rapid.SampledFrom([]Opcode{Text, Binary}).Draw(t, "opcode"), Masked: client}
	h.Key = [4]byte{byte(rapid.IntRange(0, 3).Draw(t, "key")), 5}
	switch rapid.IntRange(0, 11).Draw(t, "other") {
	case 0:
		h.Fin = false
	case 1:
		h.Rsv = rapid.SampledFrom([]uint8{RSV1, RSV2}).Draw(t, "rsv")
	case 2:
		h.Opcode = rapid.SampledFrom([]Opcode{Continuation, 3, Ping, Pong, Close, 11}).Draw(t, "other opcode")
	case 3:
		h.Masked = !h.Masked
	case 4:
		h.Key = [4]byte{}
	case 5:
		h.Size = 14 // a length in more bytes than it needs
	}
	if !h.Masked {
		h.Key = [4]byte{}
	}
	return h
}

func likelyPayload(t *rapid.T) []byte {
	payload := []byte(rapid.StringOfN(rapid.RuneFrom([]rune("abcdefghij\x00~é€😀")), 0, 60, -1).Draw(t, "payload"))
	if cut := rapid.IntRange(0, 30).Draw(t, "cut"); cut <= len(payload) {
		payload = payload[cut:] // in the middle of a character, sometimes
	}
	return payload
}

func TestWhatARunHas(t *testing.T) {
	key := [4]byte{1, 2, 3, 4}
	for _, c := range []struct {
		name    string
		header  Header
		payload string
		want    bool
	}{
		{"binary", Header{Fin: true, Opcode: Binary, Masked: true, Key: key}, "\xff\xfe", true},
		{"text in ASCII", Header{Fin: true, Opcode: Text, Masked: true, Key: key}, "text", true},
		{"no payload", Header{Fin: true, Opcode: Text, Masked: true, Key: key}, "", true},
		{"other text, masked", Header{Fin: true, Opcode: Text, Masked: true, Key: key}, "téxt", false},
		{"other text", Header{Fin: true, Opcode: Text}, "téxt", true},
		{"text that is not UTF-8", Header{Fin: true, Opcode: Text}, "t\xE9xt", false},
		{"a fragment", Header{Opcode: Binary}, "a", false},
		{"a control frame", Header{Fin: true, Opcode: Ping}, "a", false},
		{"a close frame", Header{Fin: true, Opcode: Close}, "", false},
		{"a continuation", Header{Fin: true}, "a", false},
		{"compressed", Header{Fin: true, Opcode: Binary, Rsv: RSV1}, "a", false},
		{"longer than is kept", Header{Fin: true, Opcode: Binary}, strings.Repeat("a", 101), false},
		{"a key of zeros", Header{Fin: true, Opcode: Binary, Masked: true}, "a", false},
		{"a longer length than it needs", Header{Fin: true, Opcode: Binary, Size: 10}, "a", false},
	} {
		wire := AppendFrame(nil, c.header, []byte(c.payload))
		config := Config{FromClient: c.header.Masked, LeaveMasked: true, Deflate: &DeflateParams{}, Snap: 100}
		if _, n := NewDecoder(config).PassRun(wire, 1000); (n == len(wire)) != c.want || n != 0 && !c.want {
			t.Errorf("%s: %d of %d bytes", c.name, n, len(wire))
		}
		if _, n := NewDecoder(config).PassRun(wire[:len(wire)-1], 1000); n != 0 {
			t.Errorf("%s, cut: %d bytes", c.name, n)
		}
		config.LeaveMasked = false
		if _, n := NewDecoder(config).PassRun(wire, 1000); n != 0 {
			t.Errorf("%s, for a sink that takes none: %d bytes", c.name, n)
		}
	}
}
