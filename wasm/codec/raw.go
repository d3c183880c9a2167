package codec

import (
	"errors"
	"unicode/utf8"
)

// Message is a message as it travels: nothing encoded, nothing decoded.
type Message struct {
	Type MessageType
	Data []byte
}

// Raw passes messages through. Text must be UTF-8; [Error] says at which byte it is not.
func Raw() Codec[Message, Message] { return raw{} }

// Bytes carries []byte as binary messages, and accepts text ones too.
func Bytes() Codec[[]byte, []byte] { return octets{} }

// String carries strings as text messages. A binary message that arrives must be UTF-8.
func String() Codec[string, string] { return text{} }

type raw struct{}

func (raw) Subprotocol() string { return "" }

func (raw) Append(dst []byte, v Message) ([]byte, MessageType, error) {
	switch v.Type {
	case Text:
		if at := invalidUTF8(v.Data); at >= 0 {
			return dst, 0, &Error{"raw", at, errUTF8}
		}
	case Binary:
	default:
		return dst, 0, &Error{"raw", -1, errType}
	}
	return append(dst, v.Data...), v.Type, nil
}

func (raw) Decode(b []byte, t MessageType, v *Message) error {
	*v = Message{t, b}
	return nil
}

type octets struct{}

func (octets) Subprotocol() string { return "" }

func (octets) Append(dst, v []byte) ([]byte, MessageType, error) {
	return append(dst, v...), Binary, nil
}

func (octets) Decode(b []byte, _ MessageType, v *[]byte) error {
	*v = b
	return nil
}

type text struct{}

func (text) Subprotocol() string { return "" }

func (text) Append(dst []byte, v string) ([]byte, MessageType, error) {
	n := len(dst)
	dst = append(dst, v...)
	if at := invalidUTF8(dst[n:]); at >= 0 {
		return dst[:n], 0, &Error{"string", at, errUTF8}
	}
	return dst, Text, nil
}

func (text) Decode(b []byte, t MessageType, v *string) error {
	if t != Text {
		if at := invalidUTF8(b); at >= 0 {
			return &Error{"string", at, errUTF8}
		}
	}
	*v = string(b)
	return nil
}

var (
	errUTF8 = errors.New("not UTF-8, which a text message must be (RFC 6455 §8.1)")
	errType = errors.New("message type is neither Text nor Binary")
)

// invalidUTF8 returns the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	at := 0
	for {
		r, n := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && n <= 1 {
			return at
		}
		at += n
	}
}
