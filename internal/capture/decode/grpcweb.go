package decode

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// grpcWeb reads gRPC-Web over WebSocket: Protobuf messages and trailers, each behind a byte of flags and its length in four
// bytes, which may be spread over messages. With the subprotocol grpc-websockets the client sends its headers first, and one byte
// in front of each message, 0 for data and 1 for the end.
type grpcWeb struct{}

// The parts of a frame in front of its content.
const (
	grpcHead       = 5
	grpcCompressed = 0x01
	grpcTrailers   = 0x80
)

func (grpcWeb) Name() string { return "gRPC-Web" }

func (grpcWeb) binaryOnly() {}

// oneStream implements [directed]: only what a server sends is a stream.
func (grpcWeb) oneStream(in *Input) bool { return in.In }

func (grpcWeb) Guess(in *Input) Confidence {
	switch b := in.Payload; {
	case in.Text:
		return No
	case strings.HasPrefix(in.Subprotocol, "grpc"):
		return Sure
	case len(b) < grpcHead || b[0]&^(grpcCompressed|grpcTrailers) != 0 || in.cut():
		return No
	}
	whole, frames, end := 0, 0, 0
	for whole < len(in.Payload) {
		if end = grpcEnd(in.Payload, whole); end == 0 || end > len(in.Payload) {
			return No
		}
		if flags := in.Payload[whole]; flags == 0 && end > whole+grpcHead {
			if _, err := protoFields(nil, in.Payload[whole+grpcHead:end]); err != nil {
				return No
			}
			frames++
		}
		whole = end
	}
	if frames == 0 {
		return Maybe
	}
	return Likely
}

// grpcEnd returns where the frame at i ends, which may be behind b; 0 when its length is not all there or its flags are none.
func grpcEnd(b []byte, i int) int {
	if len(b)-i < grpcHead || b[i]&^(grpcCompressed|grpcTrailers) != 0 {
		return 0
	}
	size := binary.BigEndian.Uint32(b[i+1:])
	if size > 1<<30 {
		return 0
	}
	return i + grpcHead + int(size)
}

// whole implements [streamed].
func (grpcWeb) whole(b []byte) (end int, ok bool) {
	for end < len(b) {
		next := grpcEnd(b, end)
		switch {
		case next == 0 && (len(b)-end >= grpcHead || b[end]&^(grpcCompressed|grpcTrailers) != 0):
			return 0, false
		case next == 0 || next > len(b):
			return end, true
		}
		end = next
	}
	return end, true
}

func (grpcWeb) decode(in *Input, t *tree) error {
	b, i := in.Payload, 0
	if strings.HasPrefix(in.Subprotocol, "grpc") && !in.In && len(b) > 0 {
		if b[0] > 1 {
			t.summary = "request headers"
			t.add(0, "headers", count(len(b), "byte"), Group, 0, len(b))
			t.headers(b, 0, len(b))
			return nil
		}
		word := "data follows"
		if b[0] == 1 {
			word, t.summary = "end of the request", "end of the request"
		}
		t.add(0, "part", word, Word, 0, 1)
		i = 1
	}
	n := 0
	for ; i < len(b) && !t.full(); n++ {
		end := grpcEnd(b, i)
		if end == 0 {
			return fault(i, "one byte of flags and a length in four bytes are expected")
		}
		if err := t.grpcFrame(in, i, min(end, len(b)), end > len(b)); err != nil {
			return err
		}
		i = end
	}
	if n > 1 {
		t.summary += " and " + count(n-1, "more frame")
	}
	return nil
}

// grpcFrame writes the frame from i to end; cut says that it goes on in the next message.
func (t *tree) grpcFrame(in *Input, i, end int, cut bool) error {
	b, from := in.Payload, i+grpcHead
	first := t.summary == ""
	name, m := "message", (*message)(nil)
	if in.Schema != nil {
		m, name = in.Schema.root, in.Schema.rootName
	}
	switch {
	case cut:
		t.add(0, name, "goes on in the next message", Group, i, end)
		return nil
	case b[i]&grpcTrailers != 0:
		t.add(0, "trailers", count(end-from, "byte"), Group, i, end)
		t.headers(b, from, end)
		if first {
			t.summary = "trailers " + strings.TrimSpace(strings.ReplaceAll(text(b[from:end]), "\r\n", " "))
		}
		return nil
	case b[i]&grpcCompressed != 0:
		t.add(0, name, "compressed, "+count(end-from, "byte"), Bytes, i, end)
		if first {
			t.summary = "compressed message"
		}
		return nil
	}
	line := t.add(0, name, "", Group, i, end)
	fields, err := t.protobuf(b, from, end, 1, m)
	t.end(line, count(fields, "field"), end)
	if first && line >= 0 {
		t.summary = t.describe(line)
	}
	return err
}

// headers writes lines of names and values.
func (t *tree) headers(b []byte, from, to int) {
	for from < to {
		end := to
		if k := bytes.IndexByte(b[from:to], '\n'); k >= 0 {
			end = from + k
		}
		if name, v, ok := strings.Cut(strings.TrimSuffix(text(b[from:end]), "\r"), ":"); ok {
			t.add(1, name, strings.TrimSpace(v), String, from, end)
		}
		from = end + 1
	}
}
