package decode

import "strings"

// delimited reads Protobuf messages one after the other, each behind its length as a varint (writeDelimitedTo), which may be
// spread over messages of the WebSocket.
type delimited struct{}

func (delimited) Name() string { return "Delimited Protobuf" }

func (delimited) Guess(in *Input) Confidence {
	switch {
	case strings.Contains(in.Subprotocol, "delimited"):
		return Sure
	case in.Text || len(in.Payload) < 4 || in.cut():
		return No
	}
	n := 0
	for i := 0; i < len(in.Payload); n++ {
		from, end, ok := delimitedAt(in.Payload, i)
		if !ok || end > len(in.Payload) || end == from {
			return No
		}
		if _, err := protoFields(nil, in.Payload[from:end]); err != nil {
			return No
		}
		i = end
	}
	if n > 1 { // two lengths that fit, and fields that fit into both, are rarely chance
		return Likely
	}
	return Maybe
}

// delimitedAt returns where the message behind the length at i begins and ends, which may be behind b; false when the length is
// not all there, or none.
func delimitedAt(b []byte, i int) (from, end int, ok bool) {
	size, k := varint(b, i)
	if k == 0 || size > 1<<30 {
		return 0, 0, false
	}
	return i + k, i + k + int(size), true
}

// whole implements [streamed].
func (delimited) whole(b []byte) (end int, ok bool) {
	for end < len(b) {
		_, next, ok := delimitedAt(b, end)
		if !ok && len(b)-end < 5 && allHigh(b[end:]) {
			return end, true
		}
		if !ok {
			return 0, false
		}
		if next > len(b) {
			return end, true
		}
		end = next
	}
	return end, true
}

func (delimited) decode(in *Input, t *tree) error {
	b := in.Payload
	var m *message
	name := "message"
	if in.Schema != nil {
		m, name = in.Schema.root, in.Schema.rootName
	}
	n := 0
	for i := 0; i < len(b) && !t.full(); n++ {
		from, end, ok := delimitedAt(b, i)
		if !ok {
			return fault(i, "a length in one to five bytes is expected")
		}
		if end > len(b) {
			t.add(0, name, "goes on in the next message", Group, i, len(b))
			break
		}
		line := t.add(0, name, "", Group, i, end)
		fields, err := t.protobuf(b, from, end, 1, m)
		t.end(line, count(fields, "field"), end)
		if n == 0 && line >= 0 {
			t.summary = t.describe(line)
		}
		if err != nil {
			return err
		}
		i = end
	}
	if n > 1 {
		t.summary += " and " + count(n-1, "more message")
	}
	return nil
}
