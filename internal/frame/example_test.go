package frame_test

import (
	"fmt"

	"github.com/tetherscope/tetherscope/internal/frame"
)

func ExampleParseHeader() {
	wire := []byte{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}

	_, n := frame.ParseHeader(wire[:3])
	fmt.Println("three bytes:", n, "(more needed)")

	h, n := frame.ParseHeader(wire)
	fmt.Println("all of them:", n, "of header,", h.Length, "of payload")
	fmt.Println(frame.LogLine(frame.ArrowOut, h))
	// Output:
	// three bytes: 0 (more needed)
	// all of them: 6 of header, 5 of payload
	// ↑ Text FIN:1 MASK:1 LEN:5
}

func ExampleDecoder() {
	d := frame.NewDecoder(frame.Config{}) // a server's direction
	emit := func(f *frame.Frame) {
		fmt.Printf("%d: %s %q\n", f.Offset, frame.LogLine(frame.ArrowIn, f.Header), f.Payload)
		for v := range f.Violations.All() {
			fmt.Printf("   %s (%s)\n", v.Name, v.Section)
		}
		if m := f.Message; m != nil {
			fmt.Printf("   message %d: %d frames, %q\n", m.Number, m.Frames, m.Body)
		}
	}
	// A text in two fragments with a ping between them, then a frame that no server may send, in odd pieces.
	for _, piece := range []string{"\x01\x03Hel\x89", "\x00\x80\x02l", "o\x82\x81\x01\x02\x03\x04\x60"} {
		d.Feed([]byte(piece), emit)
	}
	d.End(emit)
	fmt.Println("error:", d.Err())
	// Output:
	// 0: ↓ Text FIN:0 MASK:0 LEN:3 "Hel"
	// 5: ↓ Ping FIN:1 MASK:0 LEN:0 ""
	// 7: ↓ Continuation FIN:1 MASK:0 LEN:2 "lo"
	//    message 1: 2 frames, "Hello"
	// 11: ↓ Binary FIN:1 MASK:1 LEN:1 "a"
	//    masked server frame (RFC 6455 §5.1)
	//    message 2: 1 frames, "a"
	// error: <nil>
}

func ExampleParseHandshake() {
	h := frame.ParseHandshake(
		[]byte("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
		[]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n"),
	)
	fmt.Println(h.Status, h.AcceptOK, h.Problems)
	// Output:
	// 101 true [the server chose the subprotocol "chat", which the client did not offer (RFC 6455 §4.1)]
}

func ExampleAppendFragments() {
	key := func() [4]byte { return [4]byte{1, 2, 3, 4} }
	fmt.Printf("% x\n", frame.AppendFragments(nil, frame.Header{Opcode: frame.Text, Masked: true}, []byte("Hello"), 3, key))
	// Output:
	// 01 83 01 02 03 04 49 67 6f 80 82 01 02 03 04 6d 6d
}
