// These tests prove that the guard hands on every byte of a client that keeps the rules, however the bytes are cut, and
// trips on the first frame that breaks one, with the close code that RFC 6455 asks for.
package wslimit

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/frame"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var key = [4]byte{0xA, 0xB, 0xC, 0xD}

// f is a masked frame: final unless op carries more.
func f(fin bool, rsv uint8, op frame.Opcode, payload string) []byte {
	return frame.AppendFrame(nil, frame.Header{Fin: fin, Rsv: rsv, Opcode: op, Masked: true, Key: key}, []byte(payload))
}

// declared is the header of a frame that only says how long it is.
func declared(op frame.Opcode, n uint64) []byte {
	return frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: op, Masked: true, Key: key, Length: n})
}

func closing(code uint16, reason string) []byte {
	return f(true, 0, frame.Close, string([]byte{byte(code >> 8), byte(code)})+reason)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// cases are what a client may send before its good message "hello", and what it is owed for it. A code of 0 means that it
// broke nothing.
var cases = []struct {
	name    string
	deflate bool
	bytes   []byte
	code    uint16
	reason  string
}{
	{"a message", false, f(true, 0, frame.Text, "hi"), 0, ""},
	{"fragments with a ping between", false, join(f(false, 0, frame.Text, "h"), f(true, 0, frame.Ping, "p"), f(true, 0, frame.Continuation, "i")), 0, ""},
	{"compressed where agreed", true, f(true, frame.RSV1, frame.Text, "\xca\xc9\x04\x00"), 0, ""},
	{"exactly the limit", false, f(true, 0, frame.Binary, strings.Repeat("x", 1000)), 0, ""},
	{"the same masking key twice", false, join(f(true, 0, frame.Text, ""), f(true, 0, frame.Text, "")), 0, ""},
	{"a control frame of 125 bytes", false, f(true, 0, frame.Pong, strings.Repeat("x", 125)), 0, ""},

	{"unmasked", false, frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text}, []byte("hi")), 1002, "unmasked client frame"},
	{"RSV1 where not agreed", false, f(true, 4, frame.Text, "x"), 1002, "reserved bit"},
	{"RSV2", true, f(true, 2, frame.Text, "x"), 1002, "reserved bit"},
	{"RSV3", true, f(true, 1, frame.Text, "x"), 1002, "reserved bit"},
	{"RSV1 on a ping", true, f(true, 4, frame.Ping, "x"), 1002, "RSV1 on a control frame"},
	{"RSV1 on a continuation", true, join(f(false, 0, frame.Text, "x"), f(true, 4, frame.Continuation, "x")), 1002, "RSV1 on a continuation"},
	{"opcode 3", false, f(true, 0, 3, "x"), 1002, "reserved opcode"},
	{"opcode 7", false, f(true, 0, 7, "x"), 1002, "reserved opcode"},
	{"opcode B", false, f(true, 0, 0xB, "x"), 1002, "reserved opcode"},
	{"opcode F", false, f(true, 0, 0xF, "x"), 1002, "reserved opcode"},
	{"a fragmented ping", false, f(false, 0, frame.Ping, "x"), 1002, "fragmented control"},
	{"a ping of 126 bytes", false, f(true, 0, frame.Ping, strings.Repeat("x", 126)), 1002, "over 125 bytes"},
	{"a continuation of nothing", false, f(true, 0, frame.Continuation, "x"), 1002, "continuation without a start"},
	{"a message inside a message", false, join(f(false, 0, frame.Text, "x"), f(true, 0, frame.Text, "x")), 1002, "new message inside"},
	{"a length in too many bytes", false, []byte{0x81, 0xFE, 0, 5, 1, 2, 3, 4, 0, 0, 0, 0, 0}, 1002, "more bytes than needed"},
	{"a length with its top bit set", false, declared(frame.Text, 1<<63), 1002, "top bit"},
	{"a length of 2^62", false, declared(frame.Text, 1<<62), 1009, "more than 1000 bytes"},
	{"one byte over the limit", false, f(true, 0, frame.Binary, strings.Repeat("x", 1001)), 1009, "more than 1000 bytes"},
	{"fragments over the limit", false, join(f(false, 0, frame.Text, strings.Repeat("x", 600)), f(true, 0, frame.Continuation, strings.Repeat("x", 600))), 1009, "more than 1000 bytes"},
	{"compressed bytes far over the limit", true, f(true, 4, frame.Text, strings.Repeat("x", 1100)), 1009, "more than 1000 bytes"},
	{"endless empty fragments", false, join(f(false, 0, frame.Text, ""), bytes.Repeat(f(false, 0, frame.Continuation, ""), 5000)), 1009, "frames"},

	{"a close body of one byte", false, f(true, 0, frame.Close, "\x03"), 1002, "close body of one byte"},
	{"close code 0", false, closing(0, ""), 1002, "close code"},
	{"close code 999", false, closing(999, ""), 1002, "close code"},
	{"close code 1004", false, closing(1004, ""), 1002, "close code"},
	{"close code 1005", false, closing(1005, ""), 1002, "close code"},
	{"close code 1006", false, closing(1006, ""), 1002, "close code"},
	{"close code 1015", false, closing(1015, ""), 1002, "close code"},
	{"close code 2999", false, closing(2999, ""), 1002, "close code"},
	{"close code 5000", false, closing(5000, ""), 1002, "close code"},
	{"a close reason that is not UTF-8", false, closing(1000, "caf\xe9"), 1007, "close reason that is not UTF-8"},
}

// check feeds b in pieces of n bytes and returns what came through and why it ended.
func check(b []byte, deflate bool, n int) (passed []byte, v *Violation) {
	c := checker{limits: Limits{Message: 1000, Frames: 1000}, state: frame.State{FromClient: true, Deflate: deflate}}
	for len(b) > 0 {
		piece := b[:min(n, len(b))]
		b = b[len(piece):]
		ok, done, v := c.scan(piece)
		passed = append(passed, piece[:ok]...)
		if v != nil {
			return passed, v
		}
		if done {
			return append(passed, b...), nil
		}
	}
	return passed, nil
}

func TestRules(t *testing.T) {
	before, after := f(true, 0, frame.Text, "before"), f(true, 0, frame.Text, "after")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			all := join(before, c.bytes, after)
			for _, n := range []int{1, 2, 3, 7, 4096, len(all)} {
				passed, v := check(all, c.deflate, n)
				switch {
				case c.code == 0 && v != nil:
					t.Fatalf("in pieces of %d: tripped: %v", n, v)
				case c.code == 0 && !bytes.Equal(passed, all):
					t.Fatalf("in pieces of %d: %d of %d bytes came through", n, len(passed), len(all))
				case c.code == 0:
				case v == nil:
					t.Fatalf("in pieces of %d: did not trip", n)
				case v.Code != c.code || !strings.Contains(v.Reason, c.reason) || len(v.Reason) > frame.MaxReason:
					t.Fatalf("in pieces of %d: %d %q", n, v.Code, v.Reason)
				case !bytes.HasPrefix(passed, before) || !bytes.HasPrefix(all, passed):
					t.Fatalf("in pieces of %d: what came before did not come through", n)
				}
			}
		})
	}
}

// TestAnySplitGivesTheSame: however good bytes are cut, all of them come through; and where the guard trips does not depend
// on the cut either.
func TestAnySplitGivesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "bytes")
		if rapid.Bool().Draw(t, "frames") {
			b = join(f(false, 0, frame.Text, string(b)), f(true, 0, frame.Ping, ""), f(true, 0, frame.Continuation, "x"), closing(1000, "ok"))
		}
		_, whole := check(b, false, len(b)+1)
		_, cut := check(b, false, rapid.IntRange(1, 20).Draw(t, "piece"))
		if (whole == nil) != (cut == nil) || whole != nil && *whole != *cut {
			t.Fatalf("whole %v, cut %v", whole, cut)
		}
	})
}

// hijacked runs a handler over a guarded connection, and returns the client's end.
func hijacked(t *testing.T, l Limits, handle func(c net.Conn)) net.Conn {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(Wrap(w, l)).Hijack()
		if err != nil {
			panic(err)
		}
		handle(c)
	}))
	t.Cleanup(srv.Close)
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestCloseFrameReachesAClientThatStillSends: closing while unread bytes wait would make TCP reset the connection, and the
// reset would overtake the close frame.
func TestCloseFrameReachesAClientThatStillSends(t *testing.T) {
	c := hijacked(t, Limits{Message: 100}, func(c net.Conn) {
		_, err := io.Copy(io.Discard, c)
		var v *Violation
		if !errors.As(err, &v) || v.Code != 1009 {
			t.Errorf("the handler read %v", err)
		}
		_, _ = c.Write([]byte("closing"))
		_ = c.Close()
	})
	_, _ = c.Write(join([]byte("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), declared(frame.Text, 1<<40), make([]byte, 100<<10)))
	_ = c.SetReadDeadline(time.Now().Add(2 * time.Minute))
	got := make([]byte, 7)
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "closing" {
		t.Fatalf("%q, %v", got, err)
	}
	if _, err := c.Read(got); !errors.Is(err, io.EOF) {
		t.Errorf("then %v", err)
	}
}

// TestMemoryOfAHostileClient: a million empty fragments cost the guard nothing but time.
func TestMemoryOfAHostileClient(t *testing.T) {
	flood := bytes.Repeat(f(false, 0, frame.Continuation, ""), 1000)
	c := checker{limits: Limits{Message: 1 << 30, Frames: 1 << 40}, state: frame.State{FromClient: true, InMessage: true}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 1000 {
		if _, _, v := c.scan(flood); v != nil {
			t.Fatal(v)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<10 {
		t.Errorf("%d bytes allocated", grown)
	}
}
