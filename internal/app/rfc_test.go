package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// rfcCases are the rules of RFC 6455 for a server, in the order of the groups of the Autobahn test suite, each with what
// the server answers on /ws/bin, where a binary message comes back as it is.
var rfcCases = []struct {
	name, sent string
	want       []string // frames, and "end" for the end of the connection
}{
	{"1 empty message", fr(frame.Binary, ""), []string{"binary "}},
	{"1 125 bytes", fr(frame.Binary, strings.Repeat("x", 125)), []string{"binary " + strings.Repeat("x", 125)}},
	{"1 126 bytes", fr(frame.Binary, strings.Repeat("x", 126)), []string{"binary " + strings.Repeat("x", 126)}},
	{"1 65536 bytes", fr(frame.Binary, strings.Repeat("x", 65536)), []string{"binary " + strings.Repeat("x", 65536)}},

	{"2 ping", fr(frame.Ping, "hi"), []string{"pong hi"}},
	{"2 empty ping", fr(frame.Ping, ""), []string{"pong "}},
	{"2 ping that is no text", fr(frame.Ping, "\x00\xff\xfe"), []string{"pong \x00\xff\xfe"}},
	{"2 ping of 125 bytes", fr(frame.Ping, strings.Repeat("x", 125)), []string{"pong " + strings.Repeat("x", 125)}},
	{"2 ping of 126 bytes", fr(frame.Ping, strings.Repeat("x", 126)), []string{"close 1002", "end"}},
	{"2 unsolicited pong", fr(frame.Pong, "hi") + fr(frame.Ping, "x"), []string{"pong x"}},
	{"2 ten pings", strings.Repeat(fr(frame.Ping, "x"), 10), []string{"pong x", "pong x", "pong x", "pong x", "pong x", "pong x", "pong x", "pong x", "pong x", "pong x"}},

	{"3 RSV1 without extension", fr(frame.Binary, "x", rsv(4)), []string{"close 1002", "end"}},
	{"3 RSV2", fr(frame.Binary, "x", rsv(2)), []string{"close 1002", "end"}},
	{"3 RSV3", fr(frame.Binary, "x", rsv(1)), []string{"close 1002", "end"}},
	{"3 RSV on a ping", fr(frame.Ping, "x", rsv(4)), []string{"close 1002", "end"}},
	{"3 RSV on a close", fr(frame.Close, "", rsv(7)), []string{"close 1002", "end"}},
	{"3 RSV after a right message", fr(frame.Binary, "a") + fr(frame.Binary, "x", rsv(2)), []string{"binary a", "close 1002", "end"}},

	{"4 opcode 3", fr(3, ""), []string{"close 1002", "end"}},
	{"4 opcode 4", fr(4, "x"), []string{"close 1002", "end"}},
	{"4 opcode 7", fr(7, "x"), []string{"close 1002", "end"}},
	{"4 opcode B", fr(0xB, ""), []string{"close 1002", "end"}},
	{"4 opcode F", fr(0xF, "x"), []string{"close 1002", "end"}},

	{"5 two fragments", fr(frame.Binary, "a", more) + fr(frame.Continuation, "b"), []string{"binary ab"}},
	{"5 ping between fragments", fr(frame.Binary, "a", more) + fr(frame.Ping, "p") + fr(frame.Continuation, "b"), []string{"pong p", "binary ab"}},
	{"5 empty fragments", fr(frame.Binary, "", more) + fr(frame.Continuation, "", more) + fr(frame.Continuation, ""), []string{"binary "}},
	{"5 fragmented ping", fr(frame.Ping, "a", more), []string{"close 1002", "end"}},
	{"5 fragmented close", fr(frame.Close, "", more), []string{"close 1002", "end"}},
	{"5 continuation of nothing", fr(frame.Continuation, "a"), []string{"close 1002", "end"}},
	{"5 unfinished continuation of nothing", fr(frame.Continuation, "a", more), []string{"close 1002", "end"}},
	{"5 message inside a message", fr(frame.Binary, "a", more) + fr(frame.Binary, "b"), []string{"close 1002", "end"}},
	{"5 continuation after the end", fr(frame.Binary, "a", more) + fr(frame.Continuation, "b") + fr(frame.Continuation, "c"), []string{"binary ab", "close 1002", "end"}},

	{"7 close without code", fr(frame.Close, ""), []string{"close 1005", "end"}},
	{"7 close 1000", closing(1000, ""), []string{"close 1000", "end"}},
	{"7 close with reason", closing(1000, "bye é"), []string{"close 1000 bye é", "end"}},
	{"7 close with a reason of 123 bytes", closing(1000, strings.Repeat("x", 123)), []string{"close 1000 " + strings.Repeat("x", 123), "end"}},
	{"7 close with a reason of 124 bytes", closing(1000, strings.Repeat("x", 124)), []string{"close 1002", "end"}},
	{"7 close of one byte", fr(frame.Close, "\x03"), []string{"close 1002", "end"}},
	{"7 nothing after a close", closing(1000, "") + fr(frame.Ping, "x") + fr(frame.Binary, "x"), []string{"close 1000", "end"}},
	{"7 close inside a message", fr(frame.Binary, "a", more) + closing(1000, ""), []string{"close 1000", "end"}},
	{"7.5.1 reason is not UTF-8", closing(1000, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"), []string{"close 1007", "end"}},
	{"7 close 3000", closing(3000, ""), []string{"close 3000", "end"}},
	{"7 close 4999", closing(4999, ""), []string{"close 4999", "end"}},
	{"7 close 1014", closing(1014, ""), []string{"close 1014", "end"}},

	{"RFC 5.1 unmasked", fr(frame.Binary, "x", unmasked), []string{"close 1002", "end"}},
	{"RFC 5.1 unmasked ping", fr(frame.Ping, "", unmasked), []string{"close 1002", "end"}},
	{"RFC 5.2 length with its top bit", lying(frame.Binary, 1<<63), []string{"close 1002", "end"}},
	{"length of 2^62", lying(frame.Binary, 1<<62), []string{"close 1009", "end"}},
	{"length of 64 MB", lying(frame.Binary, 64<<20), []string{"close 1009", "end"}},
}

// TestServerRules: every rule, sent at once and byte by byte.
func TestServerRules(t *testing.T) {
	n := start(t, app.Config{Limits: app.Limits{Messages: 1000, AddressDials: 10000, AddressMessages: 10000}})
	for _, c := range rfcCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkFrames(t, n, c.sent, c.want, 0)
			if len(c.sent) < 2000 {
				checkFrames(t, n, c.sent, c.want, 1)
			}
		})
	}
	for _, code := range []uint16{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		checkFrames(t, n, closing(code, ""), []string{"close 1002", "end"}, 0)
	}
}

// checkFrames sends and compares. A close that is expected without a reason may have any: reasons are for people.
func checkFrames(t *testing.T, n *node, sent string, want []string, size int) {
	t.Helper()
	c := rawDial(t, n, rawRequest("/ws/bin", nil))
	c.send([]byte(sent), size)
	for i, w := range want {
		got := c.next()
		if anyReason := strings.HasPrefix(w, "close ") && len(w) == len("close 1002"); got != w && (!anyReason || !strings.HasPrefix(got, w+" ")) {
			t.Fatalf("answer %d (pieces of %d): got %.80q, want %.80q", i+1, size, got, w)
		}
	}
	if want[len(want)-1] != "end" { // the connection is as good as before
		c.send([]byte(fr(frame.Ping, "still")), 0)
		if got := c.next(); got != "pong still" {
			t.Fatalf("afterwards: %q", got)
		}
	}
	c.conn.Close()
}

// TestUTF8 is group 6: text that is UTF-8 reaches the application, which says that it is no JSON, and all else ends the
// connection with 1007; code points may be split anywhere.
func TestUTF8(t *testing.T) {
	n := start(t, app.Config{Limits: app.Limits{Messages: 1000, AddressDials: 10000, AddressMessages: 10000}})
	request := rawRequest("/ws/chat?token="+n.token("ada", 3600e9), nil)
	const notJSON = `text {"type":"error","message":"Invalid JSON"}`
	for text, valid := range map[string]bool{
		"Hello-µ@ßöäüàá-UTF-8!!": true, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5": true, "\x00": true, "\x7f": true,
		"\xc2\x80": true, "\xe0\xa0\x80": true, "\xf0\x90\x80\x80": true, "\xf4\x8f\xbf\xbf": true, "\xed\x9f\xbf": true,
		"\xee\x80\x80": true, "\xef\xbf\xbf": true, "\xef\xbf\xbd": true,
		"\xce\xba\xe1\xbd\xb9\xed\xa0\x80edited": false, // a surrogate inside
		"\xf4\x90\x80\x80":                       false, // above U+10FFFF
		"\xf8\x88\x80\x80\x80":                   false, // five bytes
		"\xc0\xaf":                               false, // overlong
		"\xe0\x80\xaf":                           false,
		"\xf0\x80\x80\xaf":                       false,
		"\xed\xa0\x80":                           false, // surrogates
		"\xed\xad\xbf\xed\xb0\x80":               false,
		"\x80":                                   false, // a continuation byte alone
		"\xce":                                   false, // cut short
		"\xe1\xbd":                               false,
		"\xf0\x90\x80":                           false,
		"\xfe":                                   false,
		"\xff\xfe":                               false,
	} {
		want := notJSON
		if !valid {
			want = "close 1007 text is not UTF-8"
		}
		for cut := 0; cut <= len(text); cut += max(1, len(text)/3) {
			c := rawDial(t, n, request)
			if got := c.next(); !strings.HasPrefix(got, `text {"type":"welcome"`) {
				t.Fatal(got)
			}
			c.send([]byte(fr(frame.Text, text[:cut], more)+fr(frame.Ping, "")+fr(frame.Continuation, text[cut:])), 0)
			if got := c.next(); got != "pong " {
				t.Fatal(got)
			}
			if got := c.next(); got != want {
				t.Errorf("% x cut at %d: got %q, want %q", text, cut, got, want)
			}
			c.conn.Close()
		}
	}
}

// TestHandshakeRules: what is no handshake is answered with HTTP, and nothing crashes.
func TestHandshakeRules(t *testing.T) {
	n := start(t, app.Config{Limits: app.Limits{AddressDials: 10000}})
	for name, c := range map[string]struct {
		field, value string
		status       int
	}{
		"right":               {"X-Other", "x", 101},
		"no upgrade":          {"Upgrade", "", 426},
		"other upgrade":       {"Upgrade", "h2c", 426},
		"no connection":       {"Connection", "", 426},
		"version 8":           {"Sec-Websocket-Version", "8", 400},
		"no version":          {"Sec-Websocket-Version", "", 400},
		"no key":              {"Sec-Websocket-Key", "", 400},
		"key too short":       {"Sec-Websocket-Key", "AAAA", 400},
		"key is no base64":    {"Sec-Websocket-Key", "!!!!!!!!!!!!!!!!!!!!!!!!", 400},
		"2 MB header":         {"X-Big", strings.Repeat("x", 2<<20), 431},
		"unknown subprotocol": {"Sec-Websocket-Protocol", "nothing, we, know", 101},
		"unknown extension":   {"Sec-Websocket-Extensions", "x-frame; a=b", 101},
	} {
		c2 := rawDialMayFail(t, n, rawRequest("/ws/bin", func(h http.Header) {
			h[c.field] = []string{c.value}
			if c.value == "" {
				delete(h, c.field)
			}
		}))
		if c2 != c.status {
			t.Errorf("%s: HTTP %d, want %d", name, c2, c.status)
		}
	}
	for name, s := range map[string]string{
		"line break in a subprotocol": "Sec-WebSocket-Protocol: chat\x0devil: 1\r\n", "NUL in a header": "X-A: \x00\r\n",
		"line break in the path": "",
	} {
		request := strings.Replace(rawRequest("/ws/bin", nil), "\r\n\r\n", "\r\n"+s+"\r\n", 1)
		if s == "" {
			request = rawRequest("/ws/bin\x0dx", nil)
		}
		if got := rawDialMayFail(t, n, request); got != 400 {
			t.Errorf("%s: HTTP %d, want 400", name, got)
		}
	}
}
