// These tests prove that the reader accepts what RFC 6455 and RFC 7692 allow, and says what a server did against them: the
// cases are those of Autobahn's test suite for clients.
package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// raw is a frame as a server writes it, with the first byte as given.
func raw(first byte, payload string) string {
	b := []byte{first}
	switch n := len(payload); {
	case n <= maxControl:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return string(b) + payload
}

// story reads everything in b and says what came, in order.
func story(r io.Reader, limit int, in *inflater) string {
	var out []string
	reader := NewReader(r, limit)
	reader.inflate = in
	reader.Control = func(pong bool, p []byte) {
		out = append(out, map[bool]string{false: "ping ", true: "pong "}[pong]+string(p))
	}
	for {
		text, p, err := reader.Next()
		if err != nil {
			return strings.Join(append(out, ending(err)), ", ")
		}
		if len(p) > 20 {
			p = append(p[:20:20], '+')
		}
		out = append(out, map[bool]string{false: "binary ", true: "text "}[text]+string(p))
	}
}

func ending(err error) string {
	if v, ok := errors.AsType[*Violation](err); ok {
		return map[int]string{ProtocolError: "1002 ", InvalidData: "1007 "}[v.Code] + v.Problem
	}
	if c, ok := errors.AsType[*Close](err); ok {
		return c.Error() + " " + c.Reason
	}
	return err.Error()
}

const (
	text, binaryF, cont = finBit | opText, finBit | opBinary, finBit | opContinuation
	ping, pong, closing = finBit | opPing, finBit | opPong, finBit | opClose
)

func TestWhatAServerSends(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	for _, test := range []struct{ name, sent, want string }{
		{"nothing", "", "EOF"},
		{"messages", raw(text, "a") + raw(binaryF, "\xFF") + raw(text, ""), "text a, binary \xFF, text , EOF"},
		{"16-bit and 64-bit lengths", raw(text, long[:300]) + raw(binaryF, long), "text " + long[:20] + "+, binary " + long[:20] + "+, EOF"},
		{"fragments", raw(opText, "a") + raw(opContinuation, "") + raw(cont, "b"), "text ab, EOF"},
		{"a ping between fragments", raw(opText, "a") + raw(ping, "p") + raw(pong, "q") + raw(cont, "b"), "ping p, pong q, text ab, EOF"},
		{"a character cut by a fragment", raw(opText, "\xC5") + raw(cont, "\xBE"), "text ž, EOF"},
		{"text that is not UTF-8", raw(text, "a\xFF"), "1007 text that is not UTF-8 (RFC 6455 §8.1)"},
		{"a surrogate", raw(text, "\xED\xA0\x80"), "1007 text that is not UTF-8 (RFC 6455 §8.1)"},
		{"text that ends inside of a character", raw(opText, "\xC5") + raw(cont, ""), "1007 text that is not UTF-8 (RFC 6455 §8.1)"},
		{"rsv1 without an extension", raw(text|rsv1Bit, "a"), "1002 a reserved bit is set (RFC 6455 §5.2)"},
		{"rsv2", raw(text|0x20, "a"), "1002 a reserved bit is set (RFC 6455 §5.2)"},
		{"opcode 3", raw(finBit|3, "a"), "1002 a reserved opcode (RFC 6455 §5.2)"},
		{"opcode 11", raw(finBit|11, "a"), "1002 a reserved opcode (RFC 6455 §5.2)"},
		{"a masked frame", "\x81\x81\x00\x00\x00\x00a", "1002 a masked frame (RFC 6455 §5.1)"},
		{"a fragmented ping", raw(opPing, "a"), "1002 a control frame that is fragmented or over 125 bytes (RFC 6455 §5.5)"},
		{"a ping of 126 bytes", raw(ping, long[:126]), "1002 a control frame that is fragmented or over 125 bytes (RFC 6455 §5.5)"},
		{"a continuation of nothing", raw(cont, "a"), "1002 a continuation of nothing (RFC 6455 §5.4)"},
		{"a message in a message", raw(opText, "a") + raw(text, "b"), "1002 a new message inside a fragmented one (RFC 6455 §5.4)"},
		{"a length that is too long", "\x81\x7E\x00\x01a", "1002 a length that is not minimally encoded (RFC 6455 §5.2)"},
		{"a length with its top bit", "\x81\x7F\x80\x00\x00\x00\x00\x00\x00\x01a", "1002 a length with its top bit set (RFC 6455 §5.2)"},
		{"close", raw(closing, "\x03\xE8bye") + raw(text, "late"), "the server closed with 1000 bye"},
		{"close without a code", raw(closing, ""), "the server closed with 1005 "},
		{"close with half a code", raw(closing, "\x03"), "1002 a close frame with half a code (RFC 6455 §5.5.1)"},
		{"close with 1005", raw(closing, "\x03\xED"), "1002 a close code that must not be sent (RFC 6455 §7.4)"},
		{"close with 999", raw(closing, "\x03\xE7"), "1002 a close code that must not be sent (RFC 6455 §7.4)"},
		{"close with 1016", raw(closing, "\x03\xF8"), "1002 a close code that must not be sent (RFC 6455 §7.4)"},
		{"close with 2999", raw(closing, "\x0B\xB7"), "1002 a close code that must not be sent (RFC 6455 §7.4)"},
		{"close with 1014", raw(closing, "\x03\xF6"), "the server closed with 1014 "},
		{"close with 3000", raw(closing, "\x0B\xB8"), "the server closed with 3000 "},
		{"close with 4999", raw(closing, "\x13\x87"), "the server closed with 4999 "},
		{"close with 5000", raw(closing, "\x13\x88"), "1002 a close code that must not be sent (RFC 6455 §7.4)"},
		{"a reason that is not UTF-8", raw(closing, "\x03\xE8\xFF"), "1007 a close reason that is not UTF-8 (RFC 6455 §5.5.1)"},
		{"an end inside of a header", "\x81", "unexpected EOF"},
		{"an end inside of a payload", "\x81\x02a", "unexpected EOF"},
		{"an end between fragments", raw(opText, "a"), "EOF"},
		{"too big", raw(binaryF, strings.Repeat(long, 2)), "message is larger than the limit"},
		{"too big in fragments", raw(opBinary, long) + raw(cont, long), "message is larger than the limit"},
		{"a lie about the length", "\x82\x7F\x00\x00\x7F\xFF\xFF\xFF\xFF\xFF", "message is larger than the limit"},
	} {
		for how, r := range map[string]io.Reader{
			"whole": strings.NewReader(test.sent), "byte by byte": iotest.OneByteReader(strings.NewReader(test.sent)),
		} {
			if got := story(r, 100_000, nil); got != test.want {
				t.Errorf("%s, %s: %s\nwant %s", test.name, how, got, test.want)
			}
		}
	}
}

// TestALieAboutTheLengthCostsNothing proves that memory grows with what arrives, not with what a header says.
func TestALieAboutTheLengthCostsNothing(t *testing.T) {
	lie := "\x82\x7F\x00\x00\x00\x00\x3F\xFF\xFF\xFF" + "abc" // a gigabyte
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	story(strings.NewReader(lie), 1<<30, nil)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 8*trustedSize {
		t.Errorf("%d bytes were allocated for 3", got)
	}
}

// TestLargeMessagesArriveWhole proves that what is longer than what a header is trusted with is put together again.
func TestLargeMessagesArriveWhole(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789abcdef"), 5*trustedSize/16)
	r := NewReader(strings.NewReader(raw(opBinary, string(want[:trustedSize+7]))+raw(cont, string(want[trustedSize+7:]))), 8*trustedSize)
	if _, got, err := r.Next(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(raw(opText, "a")+raw(ping, "")+raw(cont, "b")+raw(closing, "\x03\xE8")), true)
	f.Add([]byte(raw(text|rsv1Bit, "\xf2\x48\xcd\xc9\xc9\x07\x00")), true)
	f.Fuzz(func(t *testing.T, b []byte, deflate bool) {
		const limit = 1 << 16
		var in *inflater
		if deflate {
			in = &inflater{}
		}
		r := NewReader(bytes.NewReader(b), limit)
		r.inflate = in
		r.Control = func(_ bool, p []byte) {
			if len(p) > maxControl {
				t.Fatalf("a control frame of %d bytes", len(p))
			}
		}
		for {
			_, p, err := r.Next()
			if err != nil {
				return
			}
			if len(p) > limit {
				t.Fatalf("a message of %d bytes", len(p))
			}
		}
	})
}
