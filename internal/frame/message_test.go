package frame

import (
	"strings"
	"testing"
)

// These tests prove that messages are what the application receives: frames joined, control frames left out, counted.

func TestMessages(t *testing.T) {
	type message struct {
		number uint64
		opcode Opcode
		frames uint32
		wire   uint64
		length uint64
		body   string
	}
	for _, c := range []struct {
		name   string
		config Config
		wire   string
		want   []message
	}{
		{"one frame each", Config{}, "81 01 61\n 82 01 62\n 81 00", []message{{1, Text, 1, 1, 1, "a"}, {2, Binary, 1, 1, 1, "b"}, {3, Text, 1, 0, 0, ""}}},
		{"fragments with a ping inside", Config{}, "01 03 48 65 6c\n 89 01 70\n 80 02 6c 6f", []message{{1, Text, 2, 5, 5, "Hello"}}},
		{"empty fragments", Config{}, "01 00\n 00 00\n 80 00", []message{{1, Text, 3, 0, 0, ""}}},
		{"a lost start", Config{}, "00 01 61\n 80 01 62\n 81 01 63", []message{{1, Continuation, 2, 2, 2, "ab"}, {2, Text, 1, 1, 1, "c"}}},
		{"a message given up", Config{}, "01 01 61\n 81 01 62", []message{{2, Text, 1, 1, 1, "b"}}},
		{"reserved opcode", Config{}, "03 01 61\n 80 01 62", []message{{1, 3, 2, 2, 2, "ab"}}},
		{"cut at the snap length", Config{Snap: 3}, "81 05 48 65 6c 6c 6f\n 01 02 61 62\n 80 02 63 64", []message{{1, Text, 1, 5, 5, "Hel"}, {2, Text, 2, 4, 4, "abc"}}},
		{"nothing kept", Config{Snap: -1}, "81 05 48 65 6c 6c 6f\n 01 01 61\n 80 01 62", []message{{1, Text, 1, 5, 5, ""}, {2, Text, 2, 2, 2, ""}}},
		{
			"compressed, the vectors of RFC 7692 §7.2.3",
			Config{Deflate: &DeflateParams{}},
			"c1 07 f2 48 cd c9 c9 07 00\n 41 03 f2 00 11\n 89 00\n 80 02 00 00\n c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00\n c1 08 f3 48 cd c9 c9 07 00 00\n 81 05 48 65 6c 6c 6f\n c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00\n c1 01 00",
			[]message{
				{1, Text, 1, 7, 5, "Hello"},
				{2, Text, 2, 5, 5, "Hello"},
				{3, Text, 1, 11, 5, "Hello"},
				{4, Text, 1, 8, 5, "Hello"},
				{5, Text, 1, 5, 5, "Hello"},
				{6, Text, 1, 13, 5, "Hello"},
				{7, Text, 1, 1, 0, ""},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			frames, err := collectAnyhow(t, c.config, wireOf(t, c.wire))
			if err != nil {
				t.Fatal(err)
			}
			var got []message
			for _, f := range frames {
				if m := f.message; m != nil {
					got = append(got, message{m.Number, m.Opcode, m.Frames, m.Wire, m.Length, string(m.Body)})
				}
			}
			for i := range max(len(got), len(c.want)) {
				if i >= len(got) || i >= len(c.want) || got[i] != c.want[i] {
					t.Fatalf("got  %+v\nwant %+v", got, c.want)
				}
			}
		})
	}
}

func TestMessageCarriesWhatIsWrongWithItsFrames(t *testing.T) {
	frames, _ := collectAnyhow(t, Config{}, wireOf(t, "11 01 61\n 89 80 00000000\n 80 81 01020304 fe"))
	if got, want := frames[2].message.Violations, RSVUndefined|MaskedServer|TextNotUTF8; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLongTextIsCheckedPastTheSnapLength(t *testing.T) {
	text := strings.Repeat("a", 5000) + "\xff"
	for _, h := range []Header{{Fin: true, Opcode: Text}, {Fin: true, Opcode: Text, Masked: true, Key: [4]byte{1, 2, 3, 4}}} {
		frames, _ := collectAnyhow(t, Config{FromClient: h.Masked, Snap: 10}, AppendFrame(nil, h, []byte(text)))
		if f := frames[0]; f.Violations != TextNotUTF8 || string(f.Payload) != text[:10] || f.message.Length != 5001 {
			t.Errorf("%v, %d bytes kept, %+v", f.Violations, len(f.Payload), f.message)
		}
	}
}
