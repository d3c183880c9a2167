// These tests prove that /ws/echo keeps RFC 6455 and 7692: every message comes back as it was, and every broken rule or
// limit is answered with its close code. They are a short form of the Autobahn testsuite, in raw bytes.
package server

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

const offerDeflate = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"

func TestEchoReturnsMessagesAsTheyCame(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls=%t", encrypted), func(t *testing.T) {
			s := start(t, func(c *Config) { c.TLS = encrypted })
			c := s.open(t, "/ws/echo")
			for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 70 << 10, DefaultMaxMessage} {
				text := strings.Repeat("é", n/2) + strings.Repeat("x", n%2)
				c.send(frame.Header{Fin: true, Opcode: frame.Text}, text)
				c.want(frame.Text, text)
				c.send(frame.Header{Fin: true, Opcode: frame.Binary}, text)
				c.want(frame.Binary, text)
			}
		})
	}
}

// TestTheHandlerOfAnEchoReturns proves that net/http keeps nothing for an open connection: its handler has returned while messages
// still come back, and the end of the server still closes it.
func TestTheHandlerOfAnEchoReturns(t *testing.T) {
	s := start(t, nil)
	returned := make(chan struct{})
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(returned)
		s.echo(w, r)
	}))
	t.Cleanup(outer.Close)
	c, _, err := websocket.Dial(t.Context(), outer.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	await.Closed(t, returned)
	ctx := await.Context(t)
	if err := c.Write(ctx, websocket.MessageText, []byte("still there?")); err != nil {
		t.Fatal(err)
	}
	if _, b, err := c.Read(ctx); err != nil || string(b) != "still there?" {
		t.Errorf("%q, %v", b, err)
	}
	go s.sockets.closeAll(ctx)
	if _, _, err := c.Read(ctx); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("at the server's end: %v", err)
	}
	await.Return(t, "the sockets are counted out", s.sockets.all.Wait)
}

func TestEchoTakesFragmentsWithControlFramesBetween(t *testing.T) {
	c := start(t, nil).open(t, "/ws/echo")
	c.send(frame.Header{Opcode: frame.Text}, "caf\xc3") // a character is divided
	c.send(frame.Header{Fin: true, Opcode: frame.Ping}, "still there?")
	c.want(frame.Pong, "still there?")
	c.send(frame.Header{Opcode: frame.Continuation}, "")
	c.send(frame.Header{Fin: true, Opcode: frame.Pong}, "unsolicited")
	c.send(frame.Header{Fin: true, Opcode: frame.Continuation}, "\xa9")
	c.want(frame.Text, "café")
	whole := frame.AppendFrame(nil, frame.Header{Fin: true, Masked: true, Key: [4]byte{1, 2, 3, 4}, Opcode: frame.Text}, []byte("byte by byte"))
	for i := range whole {
		c.write(whole[i : i+1])
	}
	c.want(frame.Text, "byte by byte")
}

func TestEchoTakesCompressedMessages(t *testing.T) {
	c := start(t, nil).open(t, "/ws/echo", offerDeflate)
	pack := frame.NewDeflater(frame.DeflateParams{ClientNoContextTakeover: true}, true)
	dec := frame.NewDecoder(frame.Config{Deflate: &frame.DeflateParams{ServerNoContextTakeover: true}})
	for i, text := range []string{"hello", "", strings.Repeat("long and compressible ", 500)} {
		packed := string(pack.Append(nil, []byte(text)))
		if i == 2 { // in fragments: RSV1 only on the first
			c.send(frame.Header{Rsv: frame.RSV1, Opcode: frame.Text}, packed[:20])
			c.send(frame.Header{Fin: true, Opcode: frame.Continuation}, packed[20:])
		} else {
			c.send(frame.Header{Fin: true, Rsv: frame.RSV1, Opcode: frame.Text}, packed)
		}
		got, done := "", false
		for !done {
			h, payload, err := c.next()
			if err != nil {
				t.Fatal(err)
			}
			dec.Feed(frame.AppendFrame(nil, h, []byte(payload)), func(f *frame.Frame) {
				if f.Message != nil {
					got, done = string(f.Message.Body), true
				}
			})
		}
		if got != text {
			t.Errorf("%d bytes came back as %d", len(text), len(got))
		}
	}
}

// masked is a masked frame in bytes.
func masked(h frame.Header, payload string) []byte {
	h.Masked, h.Key = true, [4]byte{1, 2, 3, 4}
	return frame.AppendFrame(nil, h, []byte(payload))
}

// TestEchoAnswersBrokenRules runs against both endpoints: they share the guard, not the WebSocket library.
func TestEchoAnswersBrokenRules(t *testing.T) {
	const limit = 1 << 20
	final := func(rsv uint8, op frame.Opcode, payload string) []byte {
		return masked(frame.Header{Fin: true, Rsv: rsv, Opcode: op}, payload)
	}
	length := func(n uint64) []byte {
		return frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Length: n})
	}
	bomb := deflateBomb(256)
	for _, c := range []struct {
		name    string
		bytes   []byte
		deflate bool
		code    uint16
	}{
		{"unmasked", frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text}, []byte("x")), false, 1002},
		{"RSV1", final(4, frame.Text, "x"), false, 1002},
		{"RSV2", final(2, frame.Text, "x"), true, 1002},
		{"opcode 3", final(0, 3, "x"), false, 1002},
		{"opcode B", final(0, 0xB, "x"), false, 1002},
		{"long ping", final(0, frame.Ping, strings.Repeat("x", 126)), false, 1002},
		{"fragmented ping", masked(frame.Header{Opcode: frame.Ping}, "x"), false, 1002},
		{"continuation of nothing", final(0, frame.Continuation, "x"), false, 1002},
		{"message inside a message", append(masked(frame.Header{Opcode: frame.Text}, "x"), final(0, frame.Text, "x")...), false, 1002},
		{"close body of one byte", final(0, frame.Close, "x"), false, 1002},
		{"close code 1005", final(0, frame.Close, "\x03\xed"), false, 1002},
		{"close reason not UTF-8", final(0, frame.Close, "\x03\xe8\xff"), false, 1007},
		{"text not UTF-8", final(0, frame.Text, "caf\xe9"), false, 1007},
		{"text not UTF-8 across fragments", append(masked(frame.Header{Opcode: frame.Text}, "\xf0\x9f"), final(0, frame.Continuation, "x")...), false, 1007},
		{"a surrogate", final(0, frame.Text, "\xed\xa0\x80"), false, 1007},
		{"an overlong form", final(0, frame.Text, "\xc0\xaf"), false, 1007},
		{"broken DEFLATE", final(4, frame.Text, "\xff\xff\xff\xff"), true, 1007},
		{"2^62", length(1 << 62), false, 1009},
		{"2^63", length(1 << 63), false, 1002},
		{"64 MB", length(64 << 20), false, 1009},
		{"limit + 1", length(limit + 1), false, 1009},
		{"a million empty fragments", append(masked(frame.Header{Opcode: frame.Text}, ""), bytes.Repeat(masked(frame.Header{Opcode: frame.Continuation}, ""), 1_000_000)...), false, 1009},
		{"deflate bomb", final(4, frame.Text, string(bomb)), true, 1009},
	} {
		for _, path := range []string{"/ws/echo", "/ws/demo?beat=10s"} {
			t.Run(c.name+path, func(t *testing.T) {
				t.Parallel()
				s := start(t, func(cfg *Config) { cfg.MaxMessage = limit })
				var fields []string
				if c.deflate {
					fields = append(fields, offerDeflate)
				}
				ws := s.open(t, path, fields...)
				go ws.write(c.bytes)
				if code, reason := ws.closed(); code != c.code {
					t.Errorf("closed with %d %q, want %d", code, reason, c.code)
				}
			})
		}
	}
}

// deflateBomb returns about a KiB for every MiB of zeros that it inflates to.
func deflateBomb(mebibytes int) []byte {
	pack := frame.NewDeflater(frame.DeflateParams{}, true)
	zeros := make([]byte, 1<<20)
	const tail = "\x00\x00\xff\xff" // ends a block; Append leaves out the last one
	first, again := pack.Append(nil, zeros), pack.Append(nil, zeros)
	return append(first, bytes.Repeat(append([]byte(tail), again...), mebibytes-1)...)
}

func TestEchoAnswersAClose(t *testing.T) {
	s := start(t, nil)
	for _, body := range []string{"", "\x03\xe8", "\x0f\xa1bis später ☕", "\x03\xf4"} {
		c := s.open(t, "/ws/echo")
		c.send(frame.Header{Fin: true, Opcode: frame.Close}, body)
		h, got, err := c.next()
		if err != nil || h.Opcode != frame.Close || !strings.HasPrefix(body, got) || len(got) < min(2, len(body)) {
			t.Errorf("%q was answered with %v %q, %v", body, h.Opcode, got, err)
		}
		if _, _, err := c.next(); err == nil {
			t.Error("something came after the close frame")
		}
	}
}

// TestWindowBitsOutOfRangeAreDeclined: CVE-2026-2229 was a crash on such an offer.
func TestWindowBitsOutOfRangeAreDeclined(t *testing.T) {
	s := start(t, nil)
	for offer, accepted := range map[string]bool{
		"permessage-deflate":                                                             true,
		"permessage-deflate; client_max_window_bits":                                     true,
		"permessage-deflate; client_max_window_bits=15":                                  true,
		"permessage-deflate; server_max_window_bits=15":                                  false,
		"permessage-deflate; server_max_window_bits=0":                                   false,
		"permessage-deflate; server_max_window_bits=7":                                   false,
		"permessage-deflate; server_max_window_bits=16":                                  false,
		"permessage-deflate; server_max_window_bits=99":                                  false,
		"permessage-deflate; server_max_window_bits=x":                                   false,
		"permessage-deflate; server_max_window_bits":                                     false,
		"permessage-deflate; client_max_window_bits=0":                                   false,
		"permessage-deflate; client_max_window_bits=7":                                   false,
		"permessage-deflate; client_max_window_bits=16":                                  false,
		"permessage-deflate; client_max_window_bits=99":                                  false,
		"permessage-deflate; client_max_window_bits=08":                                  false,
		"permessage-deflate; client_max_window_bits; client_max_window_bits":             false,
		"permessage-deflate; server_no_context_takeover=1":                               false,
		"permessage-deflate; unknown":                                                    false,
		"permessage-deflate; server_max_window_bits=99, permessage-deflate":              true,
		"x-webkit-deflate-frame, permessage-deflate; client_no_context_takeover; bad =;": false,
	} {
		for _, path := range []string{"/ws/echo", "/ws/demo?beat=10s"} {
			_, res := s.try(t, path, s.addr, "Sec-WebSocket-Extensions: "+offer)
			got := strings.Contains(res.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate")
			if res.StatusCode != 101 || got != accepted {
				t.Errorf("%s: %q was answered %d, accepted %t", path, offer, res.StatusCode, got)
			}
		}
	}
}

// TestSilentPeerIsClosed: within two heartbeats, by 1001 with words: a code after which clients come back.
func TestSilentPeerIsClosed(t *testing.T) {
	s := start(t, func(c *Config) { c.Heartbeat = 100 * time.Millisecond })
	c := s.open(t, "/ws/echo")
	code, reason := c.closed() // reads the ping, and does not answer it
	if code != 1001 || !strings.Contains(reason, "no pong for 100ms") {
		t.Errorf("%d %q", code, reason)
	}
}
