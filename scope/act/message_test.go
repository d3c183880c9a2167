// These tests prove that a message becomes exactly the frames that it asks for, that what cannot be made is refused with the
// field, and that every rule which sending it would break is named.
package act

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/frame"
)

func ref[T any](v T) *T { return &v }

func key() [4]byte { return [4]byte{0x11, 0x22, 0x33, 0x44} }

func TestVectors(t *testing.T) {
	for _, c := range []struct {
		m    Message
		want string
	}{
		{Message{To: ToClient, Text: ref("Hello")}, "81 05 48 65 6c 6c 6f"},
		{Message{To: ToServer, Text: ref("Hello"), Key: "37fa213d"}, "81 85 37 fa 21 3d 7f 9f 4d 51 58"}, // RFC 6455 §5.7
		{Message{To: ToServer, Op: "ping"}, "89 80 11 22 33 44"},
		{Message{To: ToServer, Op: "ping", Mask: ref(false)}, "89 00"},
		{Message{To: ToClient, Op: "binary", Hex: ref("de:ad be\nEF")}, "82 04 de ad be ef"},
		{Message{To: ToClient, Op: "0x2", Hex: ref("0xDE, 0xAD")}, "82 02 de ad"},
		{Message{To: ToClient, Op: "binary", Base64: ref("3q0=")}, "82 02 de ad"},
		{Message{To: ToClient, Op: "close", Code: ref[uint16](4001), Reason: "bye"}, "88 05 0f a1 62 79 65"},
		{Message{To: ToClient, Op: "close"}, "88 00"},
		{Message{To: ToClient, Text: ref("abcde"), Split: 3}, "01 01 61 00 02 62 63 80 02 64 65"},
		{Message{To: ToClient, Text: ref("abc"), Sizes: []int{1, 0}}, "01 01 61 00 00 80 02 62 63"},
		{Message{To: ToClient, Text: ref("abc"), Sizes: []int{3}}, "81 03 61 62 63"},
		{Message{To: ToClient, Split: 2}, "01 00 80 00"},
		{Message{To: ToClient, Text: ref("a"), Fin: ref(false), Rsv: 7}, "71 01 61"},
		{Message{To: ToClient, Op: "0xF", Mask: ref(true)}, "8f 80 11 22 33 44"},
	} {
		got, err := c.m.Frames(key)
		if want, _ := ParseHex(c.want); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%+v: %x, %v; want %s", c.m, got, err, c.want)
		}
	}
}

func TestFieldsThatCannotBeUsed(t *testing.T) {
	for want, m := range map[string]Message{
		"to":     {},
		"op":     {To: ToClient, Op: "texts"},
		"rsv":    {To: ToClient, Rsv: 8},
		"hex":    {To: ToClient, Hex: ref("abc")},
		"base64": {To: ToClient, Base64: ref("!")},
		"text":   {To: ToClient, Text: ref("a"), Hex: ref("61")},
		"reason": {To: ToClient, Op: "close", Reason: "x"},
		"key":    {To: ToServer, Key: "1234"},
		"split":  {To: ToClient, Split: MaxFrames + 1},
		"sizes":  {To: ToClient, Text: ref("abc"), Sizes: []int{2, 2}},
	} {
		_, err := m.Frames(key)
		var at *FieldError
		if !errors.As(err, &at) || at.Field != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	big := Message{To: ToClient, Text: ref(strings.Repeat("x", MaxPayload+1))}
	if _, err := big.Frames(key); err == nil {
		t.Error("a payload over the limit is taken")
	}
	_, err := ParseHex("de ad bg")
	var at *FieldError
	if !errors.As(err, &at) || at.Offset != 6 {
		t.Errorf("%v", err)
	}
	for _, r := range []Repeat{{Every: 9, Count: 1}, {Every: 10}, {Every: 10, Count: MaxCount + 1}, {Every: 3_600_001, Count: 1}} {
		if r.Check() == nil {
			t.Errorf("%+v is taken", r)
		}
	}
	if err := (&Repeat{Every: 10, Count: 1}).Check(); err != nil {
		t.Error(err)
	}
}

// TestWhatIsAskedForIsDecoded: whatever the flags and the cut, a decoder finds them again, and the payload in one piece.
func TestWhatIsAskedForIsDecoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "payload")
		op := frame.Opcode(rapid.IntRange(0, 15).Draw(t, "op"))
		m := Message{
			To: rapid.SampledFrom([]string{ToClient, ToServer}).Draw(t, "to"), Op: fmt.Sprintf("%#x", uint8(op)),
			Hex: ref(fmt.Sprintf("% x", payload)), Rsv: rapid.Uint8Range(0, 7).Draw(t, "rsv"),
			Fin: ref(rapid.Bool().Draw(t, "fin")), Mask: ref(rapid.Bool().Draw(t, "mask")), Split: rapid.IntRange(0, 9).Draw(t, "split"),
		}
		b, err := m.Frames(key)
		if err != nil || !frame.Whole(b) {
			t.Fatalf("%x, %v", b, err)
		}
		var got []byte
		n := 0
		d := frame.NewDecoder(frame.Config{})
		d.Feed(b, func(f *frame.Frame) {
			first, last := n == 0, n == max(m.Split, 1)-1
			if f.Masked != *m.Mask || (f.Opcode == op) != (first || op == 0) || first && f.Rsv != m.Rsv || f.Fin != (last && *m.Fin) {
				t.Fatalf("frame %d is %+v", n, f.Header)
			}
			got = append(got, f.Payload...)
			n++
		})
		if n != max(m.Split, 1) || !bytes.Equal(got, payload) {
			t.Fatalf("%d frames, %x", n, got)
		}
	})
}

func TestProblemsAreNamed(t *testing.T) {
	deflate := &Deflate{}
	for _, c := range []struct {
		m    Message
		at   Place
		want string
	}{
		{Message{To: ToClient, Text: ref("é")}, Place{}, ""},
		{Message{To: ToServer, Text: ref("é"), Split: 2}, Place{ToServer: true}, "masking key used twice"}, // the test's key
		{Message{To: ToClient, Op: "ping"}, Place{InMessage: true}, ""},
		{Message{To: ToClient, Op: "continuation"}, Place{InMessage: true}, ""},
		{Message{To: ToClient, Op: "continuation"}, Place{}, "continuation without a start"},
		{Message{To: ToClient}, Place{InMessage: true}, "new message inside a message"},
		{Message{To: ToClient, Fin: ref(false)}, Place{}, "message left open"},
		{Message{To: ToClient, Rsv: 4}, Place{}, "reserved bit without an extension"},
		{Message{To: ToClient, Rsv: 2}, Place{Deflate: deflate}, "reserved bit without an extension"},
		{Message{To: ToClient, Op: "ping", Rsv: 4}, Place{Deflate: deflate}, "RSV1 on a control frame"},
		{Message{To: ToClient, Op: "0x3"}, Place{}, "reserved opcode"},
		{Message{To: ToClient, Op: "ping", Text: ref(strings.Repeat("x", 126))}, Place{}, "control frame over 125 bytes"},
		{Message{To: ToClient, Op: "ping", Fin: ref(false)}, Place{}, "fragmented control frame"},
		{Message{To: ToClient, Op: "close", Code: ref[uint16](1005)}, Place{}, "close code that must not be sent"},
		{Message{To: ToClient, Op: "close", Code: ref[uint16](999)}, Place{}, "undefined close code"},
		{Message{To: ToClient, Op: "close", Code: ref[uint16](1000), Reason: "\xff"}, Place{}, "close reason that is not UTF-8"},
		{Message{To: ToClient, Op: "close", Hex: ref("03")}, Place{}, "close body of one byte"},
		{Message{To: ToClient, Hex: ref("ff")}, Place{}, "text that is not UTF-8"},
		{Message{To: ToServer, Mask: ref(false)}, Place{ToServer: true}, "unmasked client frame"},
		{Message{To: ToClient, Mask: ref(true)}, Place{}, "masked server frame"},
		{Message{To: ToServer, Key: "00000000"}, Place{ToServer: true}, "masking key of zero"},
		{Message{To: ToClient, Rsv: 4, Hex: ref("ffff")}, Place{Deflate: deflate}, "broken compressed data, compressed into a shared context"},
		{Message{To: ToClient, Rsv: 4, Hex: ref("f2 48 cd c9 c9 07 00")}, Place{Deflate: &Deflate{ServerNoContextTakeover: true}}, ""},
		{Message{To: ToClient, Rsv: 4, Hex: ref("f2 48 cd c9 c9 07 00")}, Place{Deflate: deflate}, "compressed into a shared context"},
	} {
		b, err := c.m.Frames(key)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range Check(b, c.at) {
			names = append(names, p.Name)
			if !strings.HasPrefix(p.Section, "RFC ") || p.Explanation == "" {
				t.Errorf("%s has no section or no explanation", p.Name)
			}
		}
		if got := strings.Join(names, ", "); got != c.want {
			t.Errorf("%+v at %+v: %q, want %q", c.m, c.at, got, c.want)
		}
	}
}

func FuzzParseHex(f *testing.F) {
	f.Add("de ad")
	f.Fuzz(func(t *testing.T, s string) {
		b, err := ParseHex(s)
		var at *FieldError
		if err != nil && (!errors.As(err, &at) || at.Offset > len(s)) || err == nil && len(b) > (len(s)+1)/2 {
			t.Errorf("%x, %v", b, err)
		}
	})
}
