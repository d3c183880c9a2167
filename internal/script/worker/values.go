package worker

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"go.starlark.net/starlark"

	"github.com/tetherscope/tetherscope/internal/script/wire"
)

// plain is what all our values have in common: they do not change, and are true.
type plain struct{}

func (plain) Freeze()              {}
func (plain) Truth() starlark.Bool { return true }

// message is the argument of the script's function.
type message struct {
	plain
	attrs starlark.StringDict
	data  starlark.Value // String or Bytes
}

func newMessage(m *wire.Message) *message {
	kind, dir := "binary", "in"
	var text, data starlark.Value = starlark.None, starlark.Bytes(m.Payload)
	if m.Text {
		kind, text, data = "text", starlark.String(m.Payload), starlark.String(m.Payload)
	}
	if m.Out {
		dir = "out"
	}
	return &message{data: data, attrs: starlark.StringDict{
		"dir": starlark.String(dir), "type": starlark.String(kind), "text": text, "data": data,
		"conn": starlark.MakeUint64(uint64(m.Conn)), "number": starlark.MakeUint64(m.Number),
		"path": starlark.String(m.Path), "host": starlark.String(m.Host), "target": starlark.String(m.Target),
	}}
}

func (m *message) String() string {
	return fmt.Sprintf("message(%v, %v)", m.attrs["dir"], m.attrs["type"])
}
func (m *message) Type() string                             { return "message" }
func (m *message) Hash() (uint32, error)                    { return 0, errors.New("unhashable: message") }
func (m *message) Attr(name string) (starlark.Value, error) { return m.attrs[name], nil }
func (m *message) AttrNames() []string                      { return m.attrs.Keys() }

// drop is returned for a message that is not passed on.
type drop struct{ plain }

func (drop) String() string        { return "drop" }
func (drop) Type() string          { return "drop" }
func (drop) Hash() (uint32, error) { return 1, nil }

// closing is what close returns.
type closing struct {
	plain
	code   uint16
	reason string
}

func (*closing) String() string        { return "close" }
func (*closing) Type() string          { return "close" }
func (*closing) Hash() (uint32, error) { return 0, errors.New("unhashable: close") }

// The most that a close frame can carry (RFC 6455 §5.5), and its codes: §7.4.
const (
	maxReason = 123
	minCode   = 1000
	maxCode   = 4999
)

func newClosing(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, named []starlark.Tuple) (starlark.Value, error) {
	code, reason := minCode, ""
	if err := starlark.UnpackArgs(b.Name(), args, named, "code?", &code, "reason?", &reason); err != nil {
		return nil, err
	}
	switch {
	case code < minCode || code > maxCode || code == 1005 || code == 1006 || code == 1015:
		return nil, fmt.Errorf("close: %d cannot be sent: RFC 6455 §7.4 has codes from 1000 to 4999, without 1005, 1006 and 1015", code)
	case len(reason) > maxReason || !utf8.ValidString(reason):
		return nil, errors.New("close: the reason is longer than 123 bytes, or not UTF-8")
	}
	return &closing{code: uint16(code), reason: reason}, nil
}

// returned is what answer returns: a text for the sender of the message.
type returned struct {
	plain
	text string
}

func (*returned) String() string        { return "answer" }
func (*returned) Type() string          { return "answer" }
func (*returned) Hash() (uint32, error) { return 0, errors.New("unhashable: answer") }

func newReturned(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, named []starlark.Tuple) (starlark.Value, error) {
	var text string
	if err := starlark.UnpackArgs(b.Name(), args, named, "text", &text); err != nil {
		return nil, err
	}
	if !utf8.ValidString(text) {
		return nil, errors.New("answer: the text is not UTF-8")
	}
	return &returned{text: text}, nil
}

// result is what becomes of a message.
type result struct {
	wire.Reply
	size int
}

// fill writes the result into a reply.
func (r *result) fill(p *wire.Reply) {
	p.Changed, p.Messages, p.Answers, p.Closes, p.Code, p.Reason = r.Changed, r.Messages, r.Answers, r.Closes, r.Code, r.Reason
}

// resultOf reads what the script returned. Its errors follow "returned".
func resultOf(m *message, v starlark.Value) (r result, err error) {
	if list, ok := v.(starlark.Sequence); ok && (v.Type() == "list" || v.Type() == "tuple") {
		if list.Len() > wire.MaxMessages {
			return r, fmt.Errorf("%d messages: at most %d", list.Len(), wire.MaxMessages)
		}
		for one := range starlark.Elements(list) {
			if err := r.add(m, one); err != nil {
				return r, err
			}
		}
	} else if v != starlark.None {
		if err := r.add(m, v); err != nil {
			return r, err
		}
	} else {
		return r, nil
	}
	same := len(r.Messages) == 1 && len(r.Answers) == 0 && !r.Closes && r.Messages[0].Text == (m.attrs["type"] == starlark.String("text")) &&
		string(r.Messages[0].Payload) == bytesOf(m.data)
	r.Changed = !same
	return r, nil
}

// add adds a value that the script returned, alone or in a list.
func (r *result) add(m *message, v starlark.Value) error {
	switch v := v.(type) {
	case *message:
		return r.add(m, v.data)
	case starlark.String:
		if !utf8.ValidString(string(v)) && v != m.data {
			return errors.New("a text that is not UTF-8, as a text message must be (RFC 6455 §5.6): bytes(x) makes a binary message")
		}
		r.Messages = append(r.Messages, wire.Part{Text: true, Payload: []byte(v)})
		return r.count(len(v))
	case starlark.Bytes:
		r.Messages = append(r.Messages, wire.Part{Payload: []byte(v)})
		return r.count(len(v))
	case *returned:
		r.Answers = append(r.Answers, v.text)
		return r.count(len(v.text))
	case *closing:
		r.Closes, r.Code, r.Reason = true, v.code, v.reason
		return nil
	case drop:
		return nil
	}
	return fmt.Errorf("a value of type %s: want None, text, bytes, drop, close(), answer() or a list of them; json.encode(x) makes text", v.Type())
}

// count bounds how much a result has.
func (r *result) count(n int) error {
	if r.size += n; r.size > wire.MaxBytes {
		return errors.New("more than 8 MiB")
	}
	return nil
}

// bytesOf returns what a text or bytes say.
func bytesOf(v starlark.Value) string {
	switch v := v.(type) {
	case starlark.String:
		return string(v)
	case starlark.Bytes:
		return string(v)
	}
	return ""
}
