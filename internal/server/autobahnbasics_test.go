// These tests are groups 1 to 7 and 10 of the Autobahn testsuite against the echo, case by case, written again from RFC 6455:
// what is sent, at once and byte by byte, and what has to come back. Internal/app has the same rules for its own endpoints.
package server

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// text, bin and so on make frames as clients do.
func text(s string) string { return final(frame.Text, s) }
func bin(s string) string  { return final(frame.Binary, s) }
func ping(s string) string { return final(frame.Ping, s) }
func pong(s string) string { return final(frame.Pong, s) }
func cont(s string) string { return final(frame.Continuation, s) }
func final(op frame.Opcode, s string) string {
	return string(masked(frame.Header{Fin: true, Opcode: op}, s))
}
func first(op frame.Opcode, s string) string { return string(masked(frame.Header{Opcode: op}, s)) }
func reserved(bits uint8, op frame.Opcode, s string) string {
	return string(masked(frame.Header{Fin: true, Rsv: bits, Opcode: op}, s))
}

func bye(code uint16, reason string) string {
	return final(frame.Close, string([]byte{byte(code >> 8), byte(code)})+reason)
}

// exchange is what is sent, and what comes back: "text …", "pong …", "close CODE", and after a close nothing.
type exchange struct {
	number string
	sent   string
	want   []string
}

var basics = []exchange{
	{"2.1", ping(""), []string{"pong "}},
	{"2.2", ping("Hello"), []string{"pong Hello"}},
	{"2.3", ping("\x00\xff\xfe\xfd\xfc\xfb\x00\xff"), []string{"pong \x00\xff\xfe\xfd\xfc\xfb\x00\xff"}},
	{"2.4", ping(ascii(125)), []string{"pong " + ascii(125)}},
	{"2.5", ping(ascii(126)), []string{"close 1002"}},
	{"2.6", ping(ascii(125)), []string{"pong " + ascii(125)}}, // byte by byte, as all are here
	{"2.7", pong("") + ping("x"), []string{"pong x"}},
	{"2.8", pong("unsolicited") + ping("x"), []string{"pong x"}},
	{"2.9", pong("unsolicited") + ping("mine"), []string{"pong mine"}},
	{
		"2.10 2.11", ping("0") + ping("1") + ping("2") + ping("3") + ping("4") + ping("5") + ping("6") + ping("7") + ping("8") + ping("9"),
		[]string{"pong 0", "pong 1", "pong 2", "pong 3", "pong 4", "pong 5", "pong 6", "pong 7", "pong 8", "pong 9"},
	},

	{"3.1", reserved(1, frame.Text, "x"), []string{"close 1002"}},
	{"3.2", text("x") + reserved(2, frame.Text, "x") + ping(""), []string{"text x", "close 1002"}},
	{"3.3 3.4", text("x") + reserved(3, frame.Text, "x") + ping(""), []string{"text x", "close 1002"}},
	{"3.5", reserved(5, frame.Binary, "x"), []string{"close 1002"}},
	{"3.6", reserved(6, frame.Ping, "x"), []string{"close 1002"}},
	{"3.7", reserved(7, frame.Close, ""), []string{"close 1002"}},

	{"4.1.1", final(3, ""), []string{"close 1002"}},
	{"4.1.2", final(4, "x"), []string{"close 1002"}},
	{"4.1.3", text("x") + final(5, "") + ping(""), []string{"text x", "close 1002"}},
	{"4.1.4", text("x") + final(6, "x") + ping(""), []string{"text x", "close 1002"}},
	{"4.1.5", text("x") + final(7, "x") + ping(""), []string{"text x", "close 1002"}},
	{"4.2.1", final(11, ""), []string{"close 1002"}},
	{"4.2.2", final(12, "x"), []string{"close 1002"}},
	{"4.2.3", text("x") + final(13, "") + ping(""), []string{"text x", "close 1002"}},
	{"4.2.4", text("x") + final(14, "x") + ping(""), []string{"text x", "close 1002"}},
	{"4.2.5", text("x") + final(15, "x") + ping(""), []string{"text x", "close 1002"}},

	{"5.1", first(frame.Ping, "a") + cont("b"), []string{"close 1002"}},
	{"5.2", first(frame.Pong, "a") + cont("b"), []string{"close 1002"}},
	{"5.3 5.4 5.5", first(frame.Text, "a") + cont("b"), []string{"text ab"}},
	{"5.6 5.7 5.8", first(frame.Text, "a") + ping("p") + cont("b"), []string{"pong p", "text ab"}},
	{"5.9 5.10 5.11", cont("x") + text("a"), []string{"close 1002"}},
	{"5.12 5.13 5.14", first(frame.Continuation, "x") + text("a"), []string{"close 1002"}},
	{"5.15", first(frame.Text, "a") + cont("b") + first(frame.Continuation, "c") + text("d"), []string{"text ab", "close 1002"}},
	{"5.16", first(frame.Continuation, "a") + text("b") + cont("c"), []string{"close 1002"}},
	{"5.17", cont("a") + text("b") + cont("c"), []string{"close 1002"}},
	{"5.18", first(frame.Text, "a") + text("b"), []string{"close 1002"}},
	{
		"5.19 5.20", first(frame.Text, "a") + first(frame.Continuation, "b") + ping("1") + first(frame.Continuation, "c") + first(frame.Continuation, "d") + ping("2") + cont("e"),
		[]string{"pong 1", "pong 2", "text abcde"},
	},

	{"7.1.1", text("x") + bye(1000, ""), []string{"text x", "close 1000"}},
	{"7.1.2", bye(1000, "") + bye(1000, ""), []string{"close 1000"}},
	{"7.1.3", bye(1000, "") + ping(""), []string{"close 1000"}},
	{"7.1.4", bye(1000, "") + text("x"), []string{"close 1000"}},
	{"7.1.5", first(frame.Text, "a") + bye(1000, "") + cont("b"), []string{"close 1000"}},
	{"7.1.6", bin(ascii(256<<10)) + bye(1000, "") + ping(""), []string{"binary " + ascii(256<<10), "close 1000"}},
	{"7.3.1", final(frame.Close, ""), []string{"close 1005"}},
	{"7.3.2", final(frame.Close, "a"), []string{"close 1002"}},
	{"7.3.3", bye(1000, ""), []string{"close 1000"}},
	{"7.3.4", bye(1000, "Hello"), []string{"close 1000"}},
	{"7.3.5", bye(1000, ascii(123)), []string{"close 1000"}},
	{"7.3.6", bye(1000, ascii(124)), []string{"close 1002"}},
	{"7.5.1", bye(1000, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"), []string{"close 1007"}},
}

// TestAutobahn1To7 says for each case what comes back.
func TestAutobahn1To7(t *testing.T) {
	s := start(t, nil)
	list := basics
	for i, size := range []int{0, 125, 126, 127, 128, 65535, 65536} {
		list = append(list,
			exchange{fmt.Sprintf("1.1.%d", i+1), text(ascii(size)[:size]), []string{"text " + ascii(size)[:size]}},
			exchange{fmt.Sprintf("1.2.%d", i+1), bin(strings.Repeat("\xfe", size)), []string{"binary " + strings.Repeat("\xfe", size)}})
	}
	for i, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		list = append(list, exchange{fmt.Sprintf("7.7.%d", i+1), bye(code, ""), []string{fmt.Sprintf("close %d", code)}})
	}
	for i, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535} {
		list = append(list, exchange{fmt.Sprintf("7.9.%d", i+1), bye(code, ""), []string{"close 1002"}})
	}
	for _, e := range list {
		t.Run(e.number, func(t *testing.T) {
			e.check(t, s, len(e.sent))
			switch {
			case len(e.sent) < 1000:
				e.check(t, s, 1)
			case len(e.sent) < 100_000:
				e.check(t, s, 997) // 1.1.8, 1.2.8
			}
		})
	}
}

// check sends in pieces and compares what comes.
func (e exchange) check(t *testing.T, s *running, piece int) {
	t.Helper()
	c := s.open(t, "/ws/echo")
	go func() {
		for at := 0; at < len(e.sent); at += piece {
			c.write([]byte(e.sent[at:min(at+piece, len(e.sent))]))
		}
	}()
	ended := false
	for i, want := range e.want {
		got := c.word()
		if got != want {
			t.Fatalf("in pieces of %d, answer %d: got %.60q, want %.60q", piece, i+1, got, want)
		}
		ended = strings.HasPrefix(want, "close ")
	}
	if ended {
		c.write([]byte(bye(1000, ""))) // the server waits for it
	} else {
		c.write([]byte(ping("still here") + bye(1000, "")))
		if one, two := c.word(), c.word(); one != "pong still here" || two != "close 1000" {
			t.Fatalf("in pieces of %d, afterwards: %.60q, %.60q", piece, one, two)
		}
	}
	if h, _, err := c.next(); err == nil {
		t.Fatalf("in pieces of %d: %v after the close", piece, h.Opcode)
	}
	_ = c.Close()
}

// word is the next frame in words.
func (c *client) word() string {
	c.t.Helper()
	h, payload, err := c.next()
	switch {
	case err != nil:
		return err.Error()
	case h.Opcode == frame.Close:
		code, _, _ := frame.ParseClose([]byte(payload))
		return fmt.Sprintf("close %d", code)
	}
	return h.Opcode.String() + " " + payload
}

// TestAutobahn6: text that is UTF-8 comes back, whole or cut anywhere, in frames and in bytes; what is not ends with 1007, as soon
// as the message is whole.
func TestAutobahn6(t *testing.T) {
	s := start(t, nil)
	const kosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
	good := []string{ // 6.1, 6.2, 6.5–6.7, 6.9, 6.11, 6.22, 6.23
		"", "Hello-µ@ßöäüàá-UTF-8!!", kosme, "\x00", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80", "\x7f", "\xdf\xbf", "\xef\xbf\xbf",
		"\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xef\xbf\xbe", "\xf0\x9f\xbf\xbe", "\xf4\x8f\xbf\xbe", "\xef\xb7\x90",
	}
	bad := []string{ // 6.3, 6.4, 6.6, 6.8, 6.10, 6.12–6.21
		kosme + "\xf4\x90\x80\x80edited", kosme + "\xed\xa0\x80edited", "\xce", kosme[:3], kosme[:4], kosme[:6], kosme[:8], kosme[:10], "\xf8\x88\x80\x80\x80",
		"\xfc\x84\x80\x80\x80\x80", "\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf", "\xf4\x90\x80\x80", "\x80", "\xbf", "\x80\xbf",
		"\x80\xbf\x80\xbf\x80\xbf", "\xc0 \xc1 \xc2 ", "\xe0 \xe1 ", "\xf0 \xf1 ", "\xf8 \xf9 ", "\xfc \xfd ", "\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80",
		"\xfc\x80\x80\x80\x80", "\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf", "\xfe", "\xff", "\xfe\xfe\xff\xff", "\xc0\xaf", "\xe0\x80\xaf",
		"\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf",
		"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf",
		"\xed\xa0\x80\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80",
	}
	for i, list := range [][]string{good, bad} {
		for _, payload := range list {
			want := []string{"text " + payload}
			if i == 1 {
				want = []string{"close 1007"}
			}
			cut := len(payload) / 2
			for _, sent := range []string{text(payload), first(frame.Text, payload[:cut]) + first(frame.Continuation, "") + cont(payload[cut:])} {
				exchange{fmt.Sprintf("% x", payload), sent, want}.check(t, s, len(sent))
				exchange{fmt.Sprintf("% x", payload), sent, want}.check(t, s, 1)
			}
		}
	}
}

// TestAutobahn10 sends a message in fragments of 1,300 bytes.
func TestAutobahn10(t *testing.T) {
	s := start(t, nil)
	c := s.open(t, "/ws/echo")
	whole := ascii(65536)[:65536]
	go fragments(c, frame.Text, whole, 1300)
	c.want(frame.Text, whole)
}
