package message

import (
	"errors"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// Head is what an envelope carries beside the body.
type Head struct {
	Type  string
	Call  string // id of a request; empty: it is not one
	Reply string // id of the request that this answers; empty: it is no answer
	Fault string // why a call failed; only with Reply, and then there is no body
}

// Message is a message whose envelope was opened. Body is a part of the slice that was given to Open.
type Message struct {
	Head
	Body     []byte
	BodyType codec.MessageType // of a body in JSON: Text
}

// Envelope puts name and body into one WebSocket message and takes them out. Envelopes keep no state.
type Envelope interface {
	// Append appends the message to dst. body is never kept.
	Append(dst []byte, h Head, body []byte, t codec.MessageType) ([]byte, codec.MessageType, error)
	// Open reads the head. It does not read the body.
	Open(b []byte, t codec.MessageType) (Message, error)
}

// Errors of envelopes, for errors.Is.
var (
	ErrNoType    = errors.New("no type: want a JSON object whose member \"type\" is a string")
	ErrNotObject = errors.New("the body is not a JSON object: put the value into a struct")
	ErrReserved  = errors.New("the body has a member that belongs to the envelope: type, call, reply and fault")
	ErrTruncated = errors.New("the head is cut off or too long")
)

// Framed returns the envelope for bodies of any codec: a binary message of one byte of flags (1 the body is text, 2 Call
// follows, 4 Reply follows, 8 Fault follows), the type, those of Call, Reply and Fault that follow, each as one byte of
// length and that many bytes, and then the body to the end.
func Framed() Envelope { return framed{} }

type framed struct{}

const (
	flagText = 1 << iota
	flagCall
	flagReply
	flagFault
)

func (framed) Append(dst []byte, h Head, body []byte, t codec.MessageType) ([]byte, codec.MessageType, error) {
	flags := byte(0)
	if t == codec.Text {
		flags |= flagText
	}
	fields := [...]struct {
		flag byte
		text string
	}{{0, h.Type}, {flagCall, h.Call}, {flagReply, h.Reply}, {flagFault, cut(h.Fault)}}
	for _, f := range fields {
		if len(f.text) > 255 {
			return dst, 0, ErrTruncated
		}
		if f.text != "" {
			flags |= f.flag
		}
	}
	out := append(dst, flags)
	for _, f := range fields {
		if f.flag == 0 || f.text != "" {
			out = append(append(out, byte(len(f.text))), f.text...)
		}
	}
	return append(out, body...), codec.Binary, nil
}

// cut limits the text of a fault to what its length byte can express, between two characters.
func cut(s string) string {
	for n := 255; len(s) > 255 && n > 251; n-- {
		if utf8.RuneStart(s[n]) {
			return s[:n]
		}
	}
	return s[:min(len(s), 255)]
}

func (framed) Open(b []byte, _ codec.MessageType) (m Message, err error) {
	if len(b) == 0 {
		return m, ErrTruncated
	}
	flags, b := b[0], b[1:]
	for _, f := range [...]struct {
		there bool
		to    *string
	}{{true, &m.Type}, {flags&flagCall != 0, &m.Call}, {flags&flagReply != 0, &m.Reply}, {flags&flagFault != 0, &m.Fault}} {
		if !f.there {
			continue
		}
		if len(b) == 0 || len(b) <= int(b[0]) && len(b) != int(b[0])+1 {
			return Message{}, ErrTruncated
		}
		*f.to, b = string(b[1:1+int(b[0])]), b[1+int(b[0]):]
	}
	if m.Type == "" || flags > flagText|flagCall|flagReply|flagFault {
		return Message{}, ErrTruncated
	}
	m.Body, m.BodyType = b, codec.Binary
	if flags&flagText != 0 {
		m.BodyType = codec.Text
	}
	return m, nil
}
