package app_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// raw is a client that sends whatever bytes a test wants.
type raw struct {
	t      *testing.T
	conn   net.Conn
	r      *bufio.Reader
	status int
	header http.Header
}

// rawRequest is a handshake that is right; a test changes what it wants in it.
func rawRequest(path string, edit func(h http.Header)) string {
	h := http.Header{
		"Host": {"chat.example"}, "Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "Origin": {origin},
	}
	if edit != nil {
		edit(h)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\n", path)
	for k, vs := range h {
		for _, v := range vs {
			fmt.Fprintf(&b, "%s: %s\r\n", k, v)
		}
	}
	return b.String() + "\r\n"
}

// rawDial connects and sends request.
func rawDial(t *testing.T, n *node, request string) *raw {
	t.Helper()
	conn, err := n.dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	c := &raw{t: t, conn: conn, r: bufio.NewReader(conn)}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		res.Body.Close()
	}
	c.status, c.header = res.StatusCode, res.Header
	return c
}

// send writes b in pieces of at most size bytes; 0 is at once. An error is the server's right after a broken rule.
func (c *raw) send(b []byte, size int) {
	for size > 0 && len(b) > size {
		if _, err := c.conn.Write(b[:size]); err != nil {
			return
		}
		b = b[size:]
	}
	_, _ = c.conn.Write(b)
}

// next reads one frame as "opcode payload", "close code reason", or "end" when the connection is over.
func (c *raw) next() string {
	c.t.Helper()
	var head []byte
	for {
		b, err := c.r.ReadByte()
		if err != nil {
			return "end"
		}
		head = append(head, b)
		h, n := frame.ParseHeader(head)
		if n == 0 {
			continue
		}
		if h.Masked {
			c.t.Fatal("the server masked a frame")
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(c.r, payload); err != nil {
			return "end"
		}
		if h.Opcode == frame.Close {
			code, reason, _ := frame.ParseClose(payload)
			return strings.TrimSpace(fmt.Sprintf("close %d %s", code, reason))
		}
		return h.Opcode.String() + " " + string(payload)
	}
}

// fr makes a frame as clients do: final and masked, unless the options say otherwise.
func fr(op frame.Opcode, payload string, options ...func(*frame.Header)) string {
	h := frame.Header{Fin: true, Opcode: op, Masked: true, Key: [4]byte{1, 2, 3, 4}}
	for _, o := range options {
		o(&h)
	}
	return string(frame.AppendFrame(nil, h, []byte(payload)))
}

func more(h *frame.Header)     { h.Fin = false }
func unmasked(h *frame.Header) { h.Masked = false }
func rsv(bits uint8) func(*frame.Header) {
	return func(h *frame.Header) { h.Rsv = bits }
}

// lying makes a header that declares length, without a payload.
func lying(op frame.Opcode, length uint64) string {
	return string(frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: op, Masked: true, Length: length, Size: 14}))
}

// closing makes a close frame.
func closing(code uint16, reason string) string {
	return fr(frame.Close, string([]byte{byte(code >> 8), byte(code)})+reason)
}

// rawDialMayFail returns the status that a request is answered with. The server may stop reading in the middle of it.
func rawDialMayFail(t *testing.T, n *node, request string) int {
	t.Helper()
	conn, err := n.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(conn, request) }()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		res.Body.Close()
	}
	return res.StatusCode
}

// rawDialOnly connects and sends nothing.
func rawDialOnly(t *testing.T, n *node) *raw {
	t.Helper()
	conn, err := n.dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &raw{t: t, conn: conn, r: bufio.NewReader(conn)}
}

func validJSON(line string) bool { return json.Valid([]byte(line)) }
