package message

import (
	"errors"
	"strings"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// MaxName bounds the name of a type, in bytes.
const MaxName = 64

// Type is one type of message: its name, and how its value becomes bytes. It is declared once and never changes; any
// number of goroutines may use it if its codec keeps no state, as those of this module do.
type Type[T any] struct {
	name  string
	codec codec.Codec[T, T]
}

// New declares a type. It panics if the name is empty, longer than [MaxName], [CancelName] or contains a control character or
// quote, or if the codec is nil: declarations are package variables, and a program with a wrong one cannot run.
func New[T any](name string, c codec.Codec[T, T]) *Type[T] {
	mustBeName(name)
	if c == nil {
		panic("message: type " + name + " has no codec")
	}
	return &Type[T]{name, c}
}

func mustBeName(name string) {
	bad := func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7F || r == '\uFFFD' }
	if name == "" || len(name) > MaxName || name == CancelName || strings.ContainsFunc(name, bad) {
		panic("message: bad name of a type: " + name)
	}
}

// Name returns the name.
func (t *Type[T]) Name() string { return t.name }

// Append appends the message for v in envelope e to dst. It returns an [*Error] if v is not valid or cannot be encoded.
func (t *Type[T]) Append(dst []byte, e Envelope, v T) ([]byte, codec.MessageType, error) {
	return t.append(dst, e, Head{Type: t.name}, v)
}

func (t *Type[T]) append(dst []byte, e Envelope, h Head, v T) ([]byte, codec.MessageType, error) {
	if err := sendable(&v); err != nil {
		return dst, 0, &Error{t.name, "is not valid", err}
	}
	body, kind, err := t.codec.Append(nil, v)
	if err != nil {
		return dst, 0, &Error{t.name, "cannot be encoded", err}
	}
	out, kind, err := e.Append(dst, h, body, kind)
	if err != nil {
		return dst, 0, &Error{t.name, "does not fit into its envelope", err}
	}
	return out, kind, nil
}

// Decode returns the value of a message of this type. It returns an [*Error] if the codec cannot decode the body or finds
// that it is not valid: every codec calls [codec.Validator].
func (t *Type[T]) Decode(m Message) (v T, err error) {
	if err := t.codec.Decode(m.Body, m.BodyType, &v); err != nil {
		return v, &Error{t.name, "cannot be decoded", err}
	}
	return v, nil
}

// sendable returns why v must not be sent, or nil.
func sendable[T any](v *T) error {
	if list, ok := any(v).(interface{ Validate() []string }); ok {
		if wrong := list.Validate(); len(wrong) > 0 {
			return errors.New(strings.Join(wrong, "; "))
		}
	}
	check, ok := any(v).(codec.Validator)
	if !ok {
		check, ok = any(*v).(codec.Validator)
	}
	if ok {
		return check.Validate()
	}
	return nil
}

// Error is the error of a message that could not be sent or decoded.
type Error struct {
	Type   string // name of the type; empty if it could not be read
	Reason string // "is not valid", "cannot be decoded", …
	Err    error  // the cause, with its position if the codec reports one
}

func (e *Error) Error() string { return "message " + e.Type + " " + e.Reason + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
