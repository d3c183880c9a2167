package message

import (
	"bytes"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// JSON returns the envelope for JSON objects: the members of the body are in the same object as "type" and, in calls, "call"
// (the id of a request), "reply" (the id that is answered) or "fault" (why the call failed). The body's codec must write an
// object without these members, and gets the whole object to decode.
//
// Open reads only the top level, without a JSON package. Whether the rest is valid JSON is checked by the codec.
func JSON() Envelope { return object{} }

type object struct{}

func (object) Append(dst []byte, h Head, body []byte, _ codec.MessageType) ([]byte, codec.MessageType, error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 && h.Fault != "" {
		body = []byte("{}")
	}
	if len(body) < 2 || body[0] != '{' || body[len(body)-1] != '}' {
		return dst, 0, ErrNotObject
	}
	if _, named, ok := scan(body); !ok || named {
		return dst, 0, ErrReserved
	}
	out := append(dst, `{"type":`...)
	out = appendString(out, h.Type)
	for _, m := range [...]struct{ name, value string }{{`,"call":`, h.Call}, {`,"reply":`, h.Reply}, {`,"fault":`, h.Fault}} {
		if m.value != "" {
			out = appendString(append(out, m.name...), m.value)
		}
	}
	if rest := bytes.TrimSpace(body[1:]); len(rest) > 1 {
		out = append(out, ',')
		return append(out, rest...), codec.Text, nil
	}
	return append(out, '}'), codec.Text, nil
}

func (object) Open(b []byte, _ codec.MessageType) (Message, error) {
	h, _, ok := scan(b)
	if !ok || h.Type == "" {
		return Message{}, ErrNoType
	}
	return Message{Head: h, Body: b, BodyType: codec.Text}, nil
}

// scan reads the members of the head from the top level of an object. One whose value is not a string is ignored, except
// "type", where it is an error. named reports whether the object has any member with one of the four names, whatever its
// value. ok is false if b is not such an object.
func scan(b []byte) (h Head, named, ok bool) {
	b = skipSpace(b)
	if len(b) == 0 || b[0] != '{' {
		return h, named, false
	}
	b = skipSpace(b[1:])
	if len(b) > 0 && b[0] == '}' {
		return h, named, true
	}
	for {
		name, rest, ok := cutString(b)
		if !ok {
			return h, named, false
		}
		if rest = skipSpace(rest); len(rest) == 0 || rest[0] != ':' {
			return h, named, false
		}
		rest = skipSpace(rest[1:])
		value, after, isString := cutString(rest)
		if !isString {
			if after, ok = skipValue(rest); !ok {
				return h, named, false
			}
		}
		named = named || isHead(string(name))
		if !h.set(string(name), string(value), isString) {
			return h, named, false
		}
		after = skipSpace(after)
		switch {
		case len(after) > 0 && after[0] == ',':
			b = skipSpace(after[1:])
		case len(after) > 0 && after[0] == '}':
			return h, named, true
		default:
			return h, named, false
		}
	}
}

// isHead reports whether a member of an object belongs to the envelope.
func isHead(name string) bool {
	return name == "type" || name == "call" || name == "reply" || name == "fault"
}

// set stores a member of the head. It returns false for a second member with the same name: parsers disagree about which
// one counts, so the message is refused.
func (h *Head) set(name, value string, isString bool) bool {
	var to *string
	switch name {
	case "type":
		to = &h.Type
	case "call":
		to = &h.Call
	case "reply":
		to = &h.Reply
	case "fault":
		to = &h.Fault
	default:
		return true
	}
	if !isString {
		return name != "type"
	}
	if *to != "" {
		return false
	}
	*to = value
	return true
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\n' || b[0] == '\r') {
		b = b[1:]
	}
	return b
}

// skipValue steps over a value that is not a string, counting brackets.
func skipValue(b []byte) (rest []byte, ok bool) {
	depth := 0
	for len(b) > 0 {
		switch b[0] {
		case '"':
			_, after, ok := cutString(b)
			if !ok {
				return nil, false
			}
			b = after
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return b, true
			}
			depth--
		case ',':
			if depth == 0 {
				return b, true
			}
		}
		b = b[1:]
	}
	return nil, false
}
