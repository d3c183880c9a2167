// These tests are groups 9, 12 and 13 of the Autobahn testsuite, written again from RFC 6455 and RFC 7692: large, chopped
// and many messages; compressed messages of every size; and offers of compression with their parameters. They run against
// the echo with the tap in the path, as it always is. The sizes are smaller than Autobahn's where only its time differs.
package server

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// body returns n bytes of text that compresses as text does.
func body(n int) string {
	const words = `{"user":"ada","text":"größer als zuvor","n":12345678},`
	return strings.Repeat(words, n/len(words)+1)[:n-n%2]
}

// ascii returns n bytes that are UTF-8 wherever they are cut.
func ascii(n int) string { return strings.Repeat("0123456789abcdef", n/16+1)[:n] }

// TestAutobahn9: messages from 64 KiB to 16 MiB, in one frame, in fragments, and in writes of a few bytes.
func TestAutobahn9(t *testing.T) {
	s := start(t, func(c *Config) { c.MaxMessage = 16 << 20 })
	c := s.open(t, "/ws/echo")
	for i, op := range []frame.Opcode{frame.Text, frame.Binary} {
		for _, size := range []int{64 << 10, 1 << 20, 16 << 20} { // 9.1, 9.2
			text := ascii(size)
			go c.send(frame.Header{Fin: true, Opcode: op}, text)
			c.want(op, text)
		}
		text := ascii(1 << 20)
		for _, size := range []int{1 << 10, 16 << 10, 256 << 10, 1 << 20} { // 9.3, 9.4
			go fragments(c, op, text, size)
			c.want(op, text)
		}
		whole := masked(frame.Header{Fin: true, Opcode: op}, text)
		for _, size := range []int{256, 2048} { // 9.5, 9.6
			go func() {
				for piece := range slices.Chunk(whole, size) {
					c.write(piece)
				}
			}()
			c.want(op, text)
		}
		for size := range 50 { // 9.7, 9.8
			text := ascii(size * (1 + i*320))
			c.send(frame.Header{Fin: true, Opcode: op}, text)
			c.want(op, text)
		}
	}
}

// fragments sends text in frames of size bytes.
func fragments(c *client, op frame.Opcode, text string, size int) {
	for at := 0; at < len(text); at += size {
		end := min(at+size, len(text))
		c.send(frame.Header{Fin: end == len(text), Opcode: op}, text[at:end])
		op = frame.Continuation
	}
}

// compressed is a connection with permessage-deflate as it was agreed.
type compressed struct {
	*client
	t    *testing.T
	pack *frame.Deflater
	dec  *frame.Decoder
}

// agree opens path with an offer, and fails unless the answer is a legal one to it (RFC 7692 §7.1).
func agree(t *testing.T, s *running, path, offer string) *compressed {
	t.Helper()
	c, res := s.try(t, path, s.addr, "Sec-WebSocket-Extensions: "+offer)
	request := "GET " + path + " HTTP/1.1\r\nSec-WebSocket-Extensions: " + offer + "\r\n\r\n"
	response := "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Extensions: " + res.Header.Get("Sec-WebSocket-Extensions") + "\r\n\r\n"
	h := frame.ParseHandshake([]byte(request), []byte(response))
	if h.Deflate == nil {
		t.Fatalf("%q was answered with %q", offer, res.Header.Get("Sec-WebSocket-Extensions"))
	}
	for _, p := range h.Problems {
		if strings.Contains(p, "7692") || strings.Contains(p, "extension") {
			t.Errorf("%q was answered with %q: %s", offer, res.Header.Get("Sec-WebSocket-Extensions"), p)
		}
	}
	return &compressed{c, t, frame.NewDeflater(*h.Deflate, true), frame.NewDecoder(frame.Config{Deflate: h.Deflate, Snap: 1 << 20})}
}

// echo sends text compressed, in frames of size bytes or in one, and wants it back, its frames without a violation.
func (c *compressed) echo(op frame.Opcode, text string, size int) {
	c.t.Helper()
	packed := string(c.pack.Append(nil, []byte(text)))
	go func() {
		h := frame.Header{Opcode: op, Rsv: frame.RSV1}
		for at := 0; ; at += size {
			end := min(at+size, len(packed))
			h.Fin = end == len(packed)
			c.send(h, packed[at:end])
			if h.Fin {
				return
			}
			h = frame.Header{Opcode: frame.Continuation}
		}
	}()
	for done := false; !done; {
		h, payload, err := c.next()
		if err != nil {
			c.t.Fatal(err)
		}
		c.dec.Feed(frame.AppendFrame(nil, h, []byte(payload)), func(f *frame.Frame) {
			if m := f.Message; m != nil {
				done = true
				if m.Opcode != op || string(m.Body) != text || m.Violations != 0 {
					c.t.Errorf("%v of %d bytes came back as %v of %d, %v", op, len(text), m.Opcode, m.Length, m.Violations)
				}
			}
		})
	}
}

// TestAutobahn12: compressed messages of 16 bytes to 128 KiB, each size some times, in one frame and in several, with the
// window kept between messages and without.
func TestAutobahn12(t *testing.T) {
	s := start(t, nil)
	for _, path := range []string{"/ws/echo", "/ws/echo?takeover"} {
		for _, size := range []int{0, 16, 256, 1024, 8192, 32768, 131072} {
			t.Run(fmt.Sprintf("%s/%d", path, size), func(t *testing.T) {
				c := agree(t, s, path, "permessage-deflate; client_max_window_bits")
				noise := make([]byte, size)
				for i := range noise {
					noise[i] = byte(rand.Uint32())
				}
				for i := range 4 {
					c.echo(frame.Text, body(size+2*i), 1<<20)
					c.echo(frame.Binary, string(noise), 1<<20)
					c.echo(frame.Text, body(size), max(1, size/7))
				}
			})
		}
	}
}

// TestAutobahn13: every offer that Autobahn makes. What the echo cannot do it declines, and then the next offer counts; what
// it agrees to, it does.
func TestAutobahn13(t *testing.T) {
	s := start(t, nil)
	const fallback = ", permessage-deflate"
	for name, offer := range map[string]string{
		"13.1": "permessage-deflate",
		"13.2": "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
		"13.3": "permessage-deflate; server_max_window_bits=9" + fallback,
		"13.4": "permessage-deflate; server_max_window_bits=15; client_max_window_bits=15" + fallback,
		"13.5": "permessage-deflate; server_max_window_bits=9; server_no_context_takeover" + fallback,
		"13.6": "permessage-deflate; server_max_window_bits=15; server_no_context_takeover; client_max_window_bits" + fallback,
		"13.7": "permessage-deflate; server_no_context_takeover; server_max_window_bits=9, permessage-deflate; server_no_context_takeover" + fallback,
	} {
		for _, path := range []string{"/ws/echo", "/ws/echo?takeover"} {
			t.Run(name+path, func(t *testing.T) {
				c := agree(t, s, path, offer)
				for _, size := range []int{16, 1024, 65536} {
					for range 2 {
						c.echo(frame.Text, body(size), 1<<20)
						c.echo(frame.Binary, body(size), 1000)
					}
				}
			})
		}
	}
}
