package decode

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// streamed is a decoder of a protocol that is a stream: where messages begin and end means nothing, and a packet may be spread over
// several.
type streamed interface {
	Decoder
	// whole returns the end of the last whole packet at the start of b; what is behind it begins a packet that is not all there. It
	// returns false when b does not begin a packet at all.
	whole(b []byte) (end int, ok bool)
}

// binaryOnly is a stream whose packets are in binary messages alone: a text message beside them is none of it (MQTT 5.0 section 6), and a length in
// front of Protobuf is no text.
type binaryOnly interface{ binaryOnly() }

// directed is a stream in one direction only.
type directed interface{ oneStream(in *Input) bool }

func (mqtt) binaryOnly()      {}
func (delimited) binaryOnly() {}

// MaxRest is how much of an unfinished packet is kept for the next message of a direction, in bytes. A longer packet is decoded piece
// by piece, each as far as it goes.
const MaxRest = 1 << 20

// Rest returns the bytes that a message leaves for the next one of its direction: the beginning of a packet that is not all there, those
// that it was given by the messages before included. It is nil for protocols whose messages stand alone, and where the capture
// cut the message. Name is a decoder that a person chose, "" for the best guess.
func Rest(name string, in Input) []byte {
	d, ok := streamOf(name, &in)
	if !ok || in.cut() || len(in.Before)+len(in.Payload) > maxBytes {
		return nil
	}
	b := joined(&in)
	end, ok := d.whole(b)
	if !ok || end >= len(b) || len(b)-end > MaxRest {
		return nil
	}
	return bytes.Clone(b[end:])
}

// streamOf returns the decoder of a message when that reads a stream. Only what a person or the subprotocol says counts: a guess from
// one message says nothing about the next.
func streamOf(name string, in *Input) (streamed, bool) {
	for _, d := range All() {
		s, ok := d.(streamed)
		if _, only := d.(binaryOnly); only && in.Text {
			continue
		}
		if one, is := d.(directed); is && !one.oneStream(in) {
			continue
		}
		if ok && (name == d.Name() || name == "" && in.Subprotocol != "" && d.Guess(&Input{Payload: []byte{0, 0}, Text: in.Text, Subprotocol: in.Subprotocol}) == Sure) {
			return s, true
		}
	}
	return nil, false
}

// IsStream reports whether messages are decoded as a stream under a decoder that a person chose, "" for none, and a subprotocol.
func IsStream(name, subprotocol string) bool {
	_, text := streamOf(name, &Input{Text: true, Subprotocol: subprotocol})
	_, binary := streamOf(name, &Input{In: true, Subprotocol: subprotocol})
	return text || binary
}

func joined(in *Input) []byte { return append(slices.Clip(bytes.Clone(in.Before)), in.Payload...) }

// decodeStream decodes a message with what the messages before it left. Places are those in the message: what began before it begins at
// its first byte.
func decodeStream(d streamed, in *Input, t *tree) error {
	if len(in.Before) == 0 {
		return d.decode(in, t)
	}
	whole := *in
	whole.Payload, whole.Before = joined(in), nil
	whole.Length = in.Length + uint64(len(in.Before))
	t.bytes = whole.Payload
	t.add(0, "", "continues a packet of which "+count(len(in.Before), "byte")+" came before", Note, 0, 0)
	err := d.decode(&whole, t)
	t.bytes = in.Payload
	back := func(at int) int { return max(0, min(at-len(in.Before), len(in.Payload))) }
	for i := range t.lines {
		if l := &t.lines[i]; l.From >= 0 {
			l.From, l.To = back(l.From), back(l.To)
		}
	}
	if e := asError(err, &whole); e != nil {
		return fault(back(e.Offset), e.Message)
	}
	return nil
}

// whole implements [streamed].
func (mqtt) whole(b []byte) (end int, ok bool) {
	for i := 0; i < len(b); {
		size, k := varint(b, i+1)
		switch {
		case k == 0 && len(b)-i < 5 && allHigh(b[i+1:]): // the remaining length is not all there
			return i, true
		case k == 0 || k > 4:
			return 0, false
		case size > uint64(len(b)-i-1-k):
			return i, true
		}
		i += 1 + k + int(size)
		end = i
	}
	return end, true
}

// whole implements [streamed].
func (stomp) whole(b []byte) (end int, ok bool) { //nolint:unparam // other streams may not be what they seem
	for i := 0; i < len(b); {
		if b[i] == '\r' || b[i] == '\n' { // heart-beats, and line ends behind a frame
			i++
			end = i
			continue
		}
		n := stompFrame(b[i:])
		if n == 0 {
			return i, true
		}
		i += n
		end = i
	}
	return end, true
}

// stompFrame returns the length of the whole frame at the start of b with its zero byte, 0 when it is not all there.
func stompFrame(b []byte) int {
	length := ""
	for i := lineEnd(b, 0) + 1; i < len(b); {
		end := lineEnd(b, i)
		line := strings.TrimSuffix(string(b[i:end]), "\r")
		i = end + 1
		if line != "" {
			if name, v, _ := strings.Cut(line, ":"); name == "content-length" && length == "" {
				length = strings.TrimSpace(v)
			}
			continue
		}
		if i > len(b) {
			return 0
		}
		if n, err := strconv.Atoi(length); err == nil && n >= 0 {
			if n >= len(b)-i {
				return 0
			}
			return i + n + 1
		}
		if k := bytes.IndexByte(b[i:], 0); k >= 0 {
			return i + k + 1
		}
		return 0
	}
	return 0
}
