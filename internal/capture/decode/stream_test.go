package decode

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestStreamsDoNotDependOnBorders proves that the packets of a stream are the same whatever messages they are spread over, and that
// every line lies in its message.
func TestStreamsDoNotDependOnBorders(t *testing.T) {
	pub, _ := hex.DecodeString("300c0005746f70696368656c6c6f")
	long := append([]byte{0x30, 0xc9, 0x01, 0, 5}, "topic"+strings.Repeat("x", 194)...)
	for _, c := range []struct {
		name, subprotocol string
		text              bool
		packets           [][]byte
	}{
		{"", "mqtt", false, [][]byte{pub, {0xc0, 0}, long, pub}},
		{"", "v12.stomp", true, [][]byte{[]byte("SEND\ndestination:/a\ncontent-length:3\n\na\x00b\x00"), []byte("\n"), []byte("SEND\ndestination:/b\n\nhello\x00\n")}},
		{"Event stream", "", true, [][]byte{[]byte("event: next\ndata: {\"a\":1}\n\n"), []byte(": keep-alive\n\n"), []byte("data: a\r\ndata: b\r\nid: 7\r\n\r\n")}},
		{"gRPC-Web", "", false, [][]byte{{0, 0, 0, 0, 3, 8, 0x96, 1}, append([]byte{0, 0, 0, 0, 129, 18, 0x7f}, bytes.Repeat([]byte("y"), 127)...), append([]byte{0x80, 0, 0, 0, 15}, "grpc-status:0\r\n"...)}},
		{"Delimited Protobuf", "", false, [][]byte{{3, 8, 0x96, 1}, append([]byte{0x81, 1, 18, 0x7f}, bytes.Repeat([]byte("y"), 127)...), {2, 8, 1}}},
	} {
		t.Run(c.name+c.subprotocol, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				var all []byte
				for range rapid.IntRange(1, 6).Draw(t, "packets") {
					all = append(all, rapid.SampledFrom(c.packets).Draw(t, "packet")...)
				}
				want, rest := 0, []byte(nil)
				for left := all; len(left) > 0; {
					n := rapid.IntRange(1, len(left)).Draw(t, "message")
					in := Input{Payload: left[:n], Length: uint64(n), Text: c.text, In: true, Subprotocol: c.subprotocol, Before: rest}
					for _, d := range All() {
						check(t, d, in, Decode(d, in), maxLines)
					}
					rest = Rest(c.name, in)
					left = left[n:]
					want += n
				}
				if len(rest) != 0 {
					t.Fatalf("%d bytes are left of %x", len(rest), all)
				}
			})
		})
	}
}

// TestWhatIsLeft proves which bytes of a message wait for the next one, and that those of a message that the capture cut do not.
func TestWhatIsLeft(t *testing.T) {
	for _, c := range []struct {
		subprotocol, before, payload string
		length                       uint64
		rest                         string
	}{
		{"mqtt", "", "\x30\x05ab", 4, "\x30\x05ab"},
		{"mqtt", "\x30\x05ab", "cde\xc0", 4, "\xc0"},
		{"mqtt", "", "\xc0\x00", 2, ""},
		{"mqtt", "", "\x30\x05ab", 5, ""},
		{"mqtt", "", "\x30\xff\xff\xff\xff\xff", 6, ""},
		{"v12.stomp", "", "\n\nSEND\n", 7, "SEND\n"},
		{"", "", "\x30\x05ab", 4, ""},
		{"chat", "", "\x30\x05ab", 4, ""},
	} {
		got := Rest("", Input{Payload: []byte(c.payload), Length: c.length, Text: c.subprotocol == "v12.stomp", Subprotocol: c.subprotocol, Before: []byte(c.before)})
		if string(got) != c.rest {
			t.Errorf("%s: %q behind %q leaves %q, want %q", c.subprotocol, c.payload, c.before, got, c.rest)
		}
	}
}

// TestTextIsNoPartOfABinaryStream: a text message beside MQTT leaves nothing for the next one, whatever its bytes would be as a packet.
func TestTextIsNoPartOfABinaryStream(t *testing.T) {
	unfinished := []byte("{\"jsonrpc\":\"2.0\"}") // as MQTT the start of a packet of 34 bytes
	if rest := Rest("MQTT", Input{Payload: unfinished, Text: true}); rest != nil {
		t.Errorf("a text leaves %q", rest)
	}
	if rest := Rest("MQTT", Input{Payload: unfinished}); len(rest) != len(unfinished) {
		t.Errorf("the same bytes in a binary message leave %q", rest)
	}
}
