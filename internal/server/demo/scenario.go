package demo

import (
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// Scenario is one connection of the client: what it asks the demo for, and what it sends.
type Scenario struct {
	query   string // of /ws/demo
	deflate string // offer of Sec-WebSocket-Extensions, if any
	play    func(s *session)
}

// Scenarios are the connections that a [Client] opens, in order. Each ends in another way.
var Scenarios = []Scenario{
	{"beat=100ms&after=24&close=4001&reason=bis+sp%C3%A4ter+%E2%98%95", "permessage-deflate; client_max_window_bits", (*session).sendAllKinds},
	{"beat=50ms&after=10&close=empty", "permessage-deflate; server_no_context_takeover; client_no_context_takeover", (*session).sendCompressed},
	{"beat=200ms", "", (*session).closeNormally},
	{"beat=200ms", "", (*session).sendUnmasked},
	{"beat=200ms", "", func(s *session) { s.send(textFrame, []byte("caf\xe9")) }}, // not UTF-8: the server answers with 1007
	{"beat=50ms&after=4&close=fin", "", func(*session) {}},
	{"beat=200ms", "", (*session).abortMidFrame},
}

// sendAllKinds sends one message or frame of each kind.
func (s *session) sendAllKinds() {
	text := []byte(`{"type":"chat","message":"grüezi","tags":["<b>not bold</b>","☕"]}`)
	big := []byte(strings.Repeat("seventy kibibytes of text. ", 70<<10/27+1)[:70<<10])
	h := frame.Header{Opcode: frame.Text}
	s.sendMessage(h, text, len(text))
	s.sendMessage(h, nil, 0)
	s.sendMessage(frame.Header{Opcode: frame.Binary}, []byte{0xDE, 0xAD, 0xBE, 0xEF}, 4)
	s.sendMessage(h, big, len(big))
	s.sendMessage(h, []byte("a message in several frames, with a ping between them"), 16)
	s.sendCompressed()
	s.send(pingFrame, []byte("are you there?"))
	s.send(pongFrame, []byte("unasked pong"))
}

// sendCompressed sends the same message twice, so that context takeover shows in the second one's size, and once in
// fragments.
func (s *session) sendCompressed() {
	for _, size := range []int{1 << 20, 1 << 20, 12} {
		if text, compressed := s.Compress(repeatedText(20)); compressed {
			s.sendMessage(frame.Header{Opcode: frame.Text, Rsv: frame.RSV1}, text, size)
		}
	}
}

// closeNormally sends a message and a close frame.
func (s *session) closeNormally() {
	s.send(textFrame, []byte("soon over"))
	s.pause()
	s.send(closeFrame, frame.AppendClose(nil, 1000, "that was all"))
}

// sendUnmasked sends a frame without a mask, which the server must answer with 1002 (RFC 6455 §5.1).
func (s *session) sendUnmasked() {
	s.pause()
	_, _ = s.Write(frame.AppendFrame(nil, textFrame, []byte("no mask"))) // see send
}
