package frame

import (
	"strings"
	"testing"
)

// These tests prove that every violation is found, on the frame that has it, and no other.

// conversations are the bytes of one direction and the violations of each frame in it. "…" in the wire is filled with
// 'a' up to 126 bytes of payload.
var conversations = []struct {
	name   string
	config Config
	wire   string // hex, a frame on each line
	want   []Violations
}{
	{"a right client", Config{FromClient: true}, "81 81 01020304 60\n 89 80 05060708\n 88 80 090a0b0c", []Violations{0, 0, 0}},
	{"a right server", Config{}, "81 01 61\n 89 00\n 88 02 03 e8", []Violations{0, 0, 0}},
	{"client without a mask", Config{FromClient: true}, "81 01 61", []Violations{UnmaskedClient}},
	{"server with a mask", Config{}, "81 81 01020304 60", []Violations{MaskedServer}},
	{"each reserved bit", Config{}, "c1 01 61\n a1 01 61\n 91 01 61\n 81 01 61", []Violations{RSVUndefined, RSVUndefined, RSVUndefined, 0}},
	{"reserved bits beside compression", Config{Deflate: &DeflateParams{}}, "e1 01 00\n d1 01 00\n c1 01 00", []Violations{RSVUndefined, RSVUndefined, 0}},
	{"RSV1 on a continuation", Config{Deflate: &DeflateParams{}}, "01 01 61\n c0 01 61", []Violations{0, RSV1Continuation}},
	{"RSV1 on a control frame", Config{Deflate: &DeflateParams{}}, "c9 00", []Violations{RSV1Control}},
	{"RSV1 on a control frame without compression", Config{}, "c9 00", []Violations{RSVUndefined}},
	{"reserved opcodes", Config{}, "83 00\n 87 00\n 8b 00\n 8f 00", []Violations{ReservedOpcode, ReservedOpcode, ReservedOpcode, ReservedOpcode}},
	{"fragmented control frame", Config{}, "09 00\n 8a 00", []Violations{FragmentedControl, 0}},
	{"long control frame", Config{}, "89 7e 00 7e …", []Violations{LongControl}},
	{"longest control frame", Config{}, "89 7d …", []Violations{0}},
	{"continuation without a start", Config{}, "80 01 61\n 81 01 61", []Violations{ContinuationWithoutStart, 0}},
	{"continuations without a start", Config{}, "00 01 61\n 80 01 61\n 81 01 61", []Violations{ContinuationWithoutStart, 0, 0}},
	{"message inside a message", Config{}, "01 01 61\n 81 01 61\n 80 00", []Violations{0, MessageInsideMessage, ContinuationWithoutStart}},
	{"ping inside a message", Config{}, "01 01 61\n 89 00\n 80 00", []Violations{0, 0, 0}},
	{"16-bit length for 1", Config{}, "82 7e 00 01 61", []Violations{NonMinimalLength}},
	{"16-bit length for 126", Config{}, "82 7e 00 7e …", []Violations{0}},
	{"64-bit length for 1", Config{}, "82 7f 00 00 00 00 00 00 00 01 61", []Violations{NonMinimalLength}},
	{"64-bit length for 126", Config{}, "82 7f 00 00 00 00 00 00 00 7e …", []Violations{NonMinimalLength}},
	{"text that is not UTF-8", Config{}, "81 01 ff\n 82 01 ff", []Violations{TextNotUTF8, 0}},
	{"text that ends inside a character", Config{}, "81 02 e2 82\n 81 03 e2 82 ac", []Violations{TextNotUTF8, 0}},
	{"a character over three fragments", Config{}, "01 01 e2\n 00 01 82\n 80 01 ac", []Violations{0, 0, 0}},
	{"a character that goes wrong in the second fragment", Config{}, "01 01 e2\n 00 01 28\n 80 01 61", []Violations{0, TextNotUTF8, 0}},
	{"a surrogate over two fragments", Config{}, "01 02 ed a0\n 80 01 80", []Violations{TextNotUTF8, 0}},
	{"an overlong form", Config{}, "81 02 c0 80", []Violations{TextNotUTF8}},
	{"a character beyond Unicode", Config{}, "81 04 f4 90 80 80", []Violations{TextNotUTF8}},
	{"text that ends inside a character at an empty frame", Config{}, "01 01 e2\n 80 00", []Violations{0, TextNotUTF8}},
	{"close reason that is not UTF-8", Config{}, "88 03 03 e8 ff", []Violations{ReasonNotUTF8}},
	{"close body of one byte", Config{}, "88 01 03", []Violations{CloseBodyOneByte}},
	{"close codes that are local", Config{}, "88 02 03 ed", []Violations{CloseCodeForbidden}},
	{"undefined close code", Config{}, "88 02 03 e7", []Violations{CloseCodeUnassigned}},
	{"after a close", Config{}, "88 00\n 81 00\n 89 00\n 88 00", []Violations{0, AfterClose, AfterClose, AfterClose}},
	{"masking key of zero, then again: both faults are named", Config{FromClient: true}, "82 80 00000000\n 82 80 00000000", []Violations{ZeroKey, ZeroKey | RepeatedKey}},
	{"masking key used twice", Config{FromClient: true}, "82 80 01020304\n 89 80 01020304\n 82 80 01020305", []Violations{0, RepeatedKey, 0}},
	{"broken compressed data", Config{Deflate: &DeflateParams{ServerNoContextTakeover: true}}, "c1 02 ff ff\n c1 01 00", []Violations{DeflateData, 0}},
	{"compressed frame without a byte", Config{Deflate: &DeflateParams{ServerNoContextTakeover: true}}, "c1 00", []Violations{DeflateData}},
	{"broken compressed data in a context", Config{Deflate: &DeflateParams{}}, "c1 02 ff ff\n c1 01 00\n 81 01 61", []Violations{DeflateData, InflateLost, 0}},
	{"compressed message given up in a context", Config{Deflate: &DeflateParams{}}, "41 01 00\n c1 01 00", []Violations{0, MessageInsideMessage | InflateLost}},
	{"compressed text that is not UTF-8", Config{Deflate: &DeflateParams{}}, "c1 07 00 01 00 fe ff ff 00", []Violations{TextNotUTF8}},
	{"final block at the end", Config{Deflate: &DeflateParams{}}, "c1 08 f3 48 cd c9 c9 07 00 00\n c1 07 f3 48 cd c9 c9 07 00", []Violations{0, DeflateEnd}},
	{"compressed text, broken after a wrong byte", Config{Deflate: &DeflateParams{}}, "c1 08 00 01 00 fe ff ff ff ff", []Violations{DeflateData}},
	{"compressed text past the limit inside a character", Config{Deflate: &DeflateParams{}, MaxInflate: 32}, "c1 09 4a 4c c4 0b 0e af 4c 04 00", []Violations{InflateLimit}},
	{"context that was not to be taken over", Config{Deflate: &DeflateParams{ServerNoContextTakeover: true}}, "c1 07 f2 48 cd c9 c9 07 00\n c1 05 f2 00 11 00 00", []Violations{0, DeflateData}},
	{"cut inside a character", Config{}, "81 83 01020304 e3", []Violations{MaskedServer | FrameCut}},
	{"cut in the last fragment inside a character", Config{}, "01 01 e2\n 80 02 82", []Violations{0, FrameCut}},
	{"cut", Config{}, "81 02 61", []Violations{FrameCut}},
	{"several at once", Config{FromClient: true}, "39 7e 00 01 61", []Violations{UnmaskedClient | RSVUndefined | FragmentedControl | NonMinimalLength}},
}

func TestViolationsAreFound(t *testing.T) {
	var all Violations
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			frames, err := collectAnyhow(t, c.config, wireOf(t, c.wire))
			if err != nil || len(frames) != len(c.want) {
				t.Fatalf("got %d frames, %v", len(frames), err)
			}
			for i, f := range frames {
				all |= c.want[i]
				if f.Violations != c.want[i] {
					t.Errorf("frame %d: got %v, want %v", i, f.Violations, c.want[i])
				}
			}
		})
	}
	if elsewhere := LengthTopBit | InflateLimit | InflateBudget; all|elsewhere != 1<<len(rules)-1 {
		t.Errorf("no conversation shows %v", 1<<len(rules)-1&^all&^elsewhere)
	}
}

func wireOf(t testing.TB, text string) []byte {
	b := []byte(nil)
	for line := range strings.Lines(text) {
		line, fill := strings.CutSuffix(strings.TrimSpace(line), "…")
		wire := unhex(t, line)
		if fill {
			h, n := ParseHeader(wire)
			wire = append(wire[:n], strings.Repeat("a", int(h.Length))...)
		}
		b = append(b, wire...)
	}
	return b
}
