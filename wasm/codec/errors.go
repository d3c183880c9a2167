package codec

import (
	"errors"
	"strconv"
)

// The reasons that every codec shares, for errors.Is. What a format's own library says is in [Error] too.
var (
	ErrTooLarge    = errors.New("the message is larger than the limit: send it in parts, or raise the limit with WithMaxSize")
	ErrTooDeep     = errors.New("the message nests deeper than the limit: flatten it, or raise the limit with WithMaxDepth")
	ErrTruncated   = errors.New("the message ends inside a value, or a length in it exceeds the bytes that follow")
	ErrTrailing    = errors.New("bytes follow the value: send one value in each message")
	ErrMessageType = errors.New("wrong type of message")
	ErrUTF8        = errors.New("not UTF-8, which a text message must be (RFC 6455 §8.1)")
	ErrInvalid     = errors.New("the value is not valid")
)

// Error is a value that could not become a message, or a message that could not become a value. errors.As finds it
// in what tether and the codecs return; errors.Is finds the reasons above and those of the format's library.
type Error struct {
	Codec  string // "raw", "bytes", "string", "array", "json", "msgpack", "cbor", "protobuf"
	Type   string // the Go type that was wanted or given, such as "main.Chat"
	Offset int    // in bytes from the start of the message or value; -1: unknown, or it concerns the whole
	Path   string // the way through the value, where the format's library says it, such as "users.name"; else empty
	Err    error
}

// Error returns for example "codec array: []float32: byte 8: the last number is cut".
func (e *Error) Error() string {
	s := "codec " + e.Codec
	if e.Type != "" {
		s += ": " + e.Type
	}
	if e.Path != "" {
		s += ": at " + e.Path
	}
	if e.Offset >= 0 {
		s += ": byte " + strconv.Itoa(e.Offset)
	}
	return s + ": " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }
