package e2e

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// rule is what one side sends behind the handshake, right or wrong, and whether permessage-deflate is agreed before.
type rule struct {
	name    string
	sent    string
	deflate bool
}

// rules returns conversations in the groups of the Autobahn testsuite, as a client or a server sends them: framing, pings, reserved bits, opcodes,
// fragmentation, UTF-8, closing, compression. A ping and a close stand behind each, for a peer that goes on.
func rules(client bool) (list []rule) {
	one := func(fin bool, rsv uint8, op frame.Opcode, body string) string {
		return string(frame.AppendFrame(nil, frame.Header{Fin: fin, Rsv: rsv, Opcode: op, Masked: client, Key: [4]byte{1, 2, 3, 4}}, []byte(body)))
	}
	whole := func(op frame.Opcode, body string) string { return one(true, 0, op, body) }
	part := func(op frame.Opcode, body string) string { return one(false, 0, op, body) }
	bye := func(code uint16, reason string) string {
		return whole(frame.Close, string(frame.AppendClose(nil, code, reason)))
	}
	behind := whole(frame.Ping, "still here") + bye(1000, "")
	add := func(name string, frames ...string) {
		list = append(list, rule{name: name, sent: strings.Join(frames, "") + behind})
	}
	for _, size := range []int{0, 1, 125, 126, 127, 128, 65535, 65536} {
		add(fmt.Sprintf("text of %d", size), whole(frame.Text, strings.Repeat("*", size)))
		add(fmt.Sprintf("binary of %d", size), whole(frame.Binary, strings.Repeat("\xfe", size)))
	}
	for _, size := range []int{0, 5, 125, 126, 200} { // a control frame has 125 bytes at most
		add(fmt.Sprintf("ping of %d", size), whole(frame.Ping, strings.Repeat("\xff", size)))
		add(fmt.Sprintf("pong of %d", size), whole(frame.Pong, strings.Repeat("\xff", size)))
		add(fmt.Sprintf("close of %d", size), whole(frame.Close, strings.Repeat("\x03\xe8", size)[:size]))
	}
	for rsv := uint8(1); rsv < 8; rsv++ {
		for _, op := range []frame.Opcode{frame.Text, frame.Binary, frame.Ping, frame.Close} {
			add(fmt.Sprintf("reserved bits %d of %v", rsv, op), whole(frame.Text, "before"), one(true, rsv, op, "x"))
		}
	}
	for _, op := range []frame.Opcode{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		add(fmt.Sprintf("opcode %d", op), whole(frame.Text, "before"), whole(op, "x"))
	}
	for _, op := range []frame.Opcode{frame.Text, frame.Binary} {
		add("fragments of "+op.String(), part(op, "a"), part(frame.Continuation, ""), whole(frame.Continuation, "b"))
		add("pings between fragments of "+op.String(), part(op, "a"), whole(frame.Ping, "p"), part(frame.Continuation, "b"), whole(frame.Ping, "q"), whole(frame.Continuation, "c"))
		add("a message in a message of "+op.String(), part(op, "a"), whole(op, "b"))
		add("a close between fragments of "+op.String(), part(op, "a"), bye(1000, ""), whole(frame.Continuation, "b"))
	}
	add("a fragmented ping", part(frame.Ping, "a"), whole(frame.Continuation, "b"))
	add("a fragmented close", part(frame.Close, ""), whole(frame.Continuation, "b"))
	add("a continuation of nothing", whole(frame.Continuation, "x"), whole(frame.Text, "y"))
	add("a continuation behind a message", part(frame.Text, "a"), whole(frame.Continuation, "b"), part(frame.Continuation, "c"), whole(frame.Text, "d"))
	for _, text := range []string{
		"κόσμε", "\xf4\x8f\xbf\xbf", "\xef\xbf\xbe", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited", "\xed\xa0\x80", "\xc0\xaf", "\xf8\x88\x80\x80\x80", "\x80", "\xce", "\xff",
	} {
		add(fmt.Sprintf("text %q", text), whole(frame.Text, text))
		add(fmt.Sprintf("text %q in fragments", text), part(frame.Text, text[:1]), whole(frame.Continuation, text[1:]))
		add(fmt.Sprintf("reason %q", text), bye(1000, text))
	}
	for _, code := range []uint16{0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 1016, 1100, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65535} {
		add(fmt.Sprintf("close code %d", code), whole(frame.Close, string([]byte{byte(code >> 8), byte(code)})+"why"))
	}
	add("a close without a code", whole(frame.Close, ""))
	add("a close of one byte", whole(frame.Close, "x"))
	add("the other mask", string(frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text, Masked: !client, Key: [4]byte{1, 2, 3, 4}}, []byte("x"))))
	return append(list, compressedRules(client, behind)...)
}

// compressedRules are the rules of permessage-deflate, with what stands behind each rule.
func compressedRules(client bool, behind string) (list []rule) {
	one := func(fin bool, rsv uint8, op frame.Opcode, body string) string {
		return string(frame.AppendFrame(nil, frame.Header{Fin: fin, Rsv: rsv, Opcode: op, Masked: client, Key: [4]byte{1, 2, 3, 4}}, []byte(body)))
	}
	add := func(name string, frames ...string) {
		list = append(list, rule{name: name, sent: strings.Join(frames, "") + behind, deflate: true})
	}
	pack := frame.NewDeflater(frame.DeflateParams{}, true)
	text := strings.Repeat(`{"user":"ada","n":12345678},`, 100)
	once := string(pack.Append(nil, []byte(text)))
	again := string(pack.Append(nil, []byte(text))) // refers to the first
	add("compressed, with context", one(true, frame.RSV1, frame.Text, once), one(true, frame.RSV1, frame.Text, again))
	add("compressed, in fragments", one(false, frame.RSV1, frame.Text, once[:10]), one(true, 0, frame.Ping, "p"), one(true, 0, frame.Continuation, once[10:]))
	add("compressed and not", one(true, frame.RSV1, frame.Binary, once), one(true, 0, frame.Text, "plain"))
	add("compressed, nothing in it", one(true, frame.RSV1, frame.Text, "\x00"))
	add("compressed badly", one(true, frame.RSV1, frame.Text, "\xff\xff\xff\xff\xff"))
	add("a compressed ping", one(true, frame.RSV1, frame.Ping, "x"))
	add("a compressed continuation", one(false, 0, frame.Text, "a"), one(true, frame.RSV1, frame.Continuation, "b"))
	add("compressed text that is not UTF-8", one(true, frame.RSV1, frame.Text, string(frame.NewDeflater(frame.DeflateParams{}, true).Append(nil, []byte("\xff\xfe")))))
	return list
}

// pieces returns what is sent as one write, and, when it is short, byte by byte.
func (r rule) pieces() []int {
	if len(r.sent) > 400 {
		return []int{len(r.sent)}
	}
	return []int{len(r.sent), 1}
}

// send writes in pieces. A peer that has had enough may close: what it said before counts.
func (r rule) send(w io.Writer, piece int) {
	for at := 0; at < len(r.sent); at += piece {
		if _, err := io.WriteString(w, r.sent[at:min(at+piece, len(r.sent))]); err != nil {
			return
		}
	}
}

func (r rule) extensions() string {
	if r.deflate {
		return "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	}
	return ""
}

const verdictKey = "dGhlIHNhbXBsZSBub25jZQ=="

// ofServer returns what the server says to a rule, from the first byte of its answer to its end.
func (w way) ofServer(t *testing.T, r rule, piece int) string {
	t.Helper()
	c := w.dial(t)
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(limit))
	head := "GET /echo HTTP/1.1\r\nHost: " + w.host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + verdictKey + "\r\n" + r.extensions() + "\r\n"
	if _, err := io.WriteString(c, head); err != nil {
		t.Fatal(err)
	}
	written := make(chan struct{})
	go func() { defer close(written); r.send(c, piece) }()
	said, _ := io.ReadAll(c) // how TCP ends differs from run to run: the server may close with bytes unread
	await.Closed(t, written)
	return fmt.Sprintf("%q", said)
}

// ofClient returns what the client on coder/websocket answers to a rule, and what its program is given.
func (w way) ofClient(t *testing.T, s *verdictServer, number, piece int, deflate bool) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	o := &websocket.DialOptions{HTTPClient: w.client}
	if deflate {
		o.CompressionMode = websocket.CompressionContextTakeover
	}
	c, res, err := websocket.Dial(ctx, fmt.Sprintf("%s/play/%d/%d", w.url, number, piece), o)
	if err != nil {
		t.Fatal(err)
	}
	if res.Body != nil {
		defer res.Body.Close()
	}
	c.SetReadLimit(1 << 20)
	var given []string
	for {
		kind, body, err := c.Read(ctx)
		if err != nil {
			given = append(given, err.Error())
			break
		}
		given = append(given, fmt.Sprintf("%v %q", kind, body))
		if err := c.Write(ctx, kind, body); err != nil {
			break
		}
	}
	_ = c.CloseNow()
	return strings.Join(given, "\n") + "\nand the server got " + await.Receive(t, s.answers)
}

// play is the server's part for a client under test: it sends a rule in pieces, and keeps the client's frames until it ends.
func (s *verdictServer) play(w http.ResponseWriter, r *http.Request) {
	var number, piece int
	if _, err := fmt.Sscanf(r.URL.Path, "/play/%d/%d", &number, &piece); err != nil {
		http.NotFound(w, r)
		return
	}
	c, in, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.answers <- err.Error()
		return
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(limit))
	played := s.rules[number]
	head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + frame.AcceptKey(r.Header.Get("Sec-WebSocket-Key")) + "\r\n" + played.extensions() + "\r\n"
	_, _ = io.WriteString(c, head)
	written := make(chan struct{})
	go func() { defer close(written); played.send(c, cmp.Or(piece, 1)) }()
	var frames bytes.Buffer
	dec := frame.NewDecoder(frame.Config{Snap: 1 << 20})
	buf := make([]byte, 4096)
	for err == nil {
		var n int
		n, err = in.Read(buf)
		dec.Feed(buf[:n], func(f *frame.Frame) {
			fmt.Fprintf(&frames, "%t %d %v %q, ", f.Fin, f.Rsv, f.Opcode, f.Payload)
		})
	}
	<-written
	s.answers <- frames.String()
}
