// Package jsoncodec carries Go values as JSON text messages, by the rules and struct tags of encoding/json.
//
// It is a package of its own because encoding/json is large: a js/wasm program that does not import it does not carry it.
// A decoded message is read to its end: a second value after the first is an error. How deep values may nest is
// encoding/json's limit, 10,000.
package jsoncodec

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// New returns a codec that encodes Out and decodes In. Both kinds of message are accepted; text is sent.
func New[In, Out any]() codec.Codec[In, Out] { return jsonCodec[In, Out]{} }

type jsonCodec[In, Out any] struct{}

func (jsonCodec[In, Out]) Subprotocol() string { return "" }

func (jsonCodec[In, Out]) Append(dst []byte, v Out) ([]byte, codec.MessageType, error) {
	buf := bytes.NewBuffer(dst)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return dst, 0, &codec.Error{Codec: "json", Offset: -1, Err: err}
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte{'\n'}), codec.Text, nil
}

func (jsonCodec[In, Out]) Decode(b []byte, _ codec.MessageType, v *In) error {
	if err := json.Unmarshal(b, v); err != nil {
		return &codec.Error{Codec: "json", Offset: offset(err, len(b)), Err: err}
	}
	return nil
}

// offset returns where err says that decoding stopped, in a message of size bytes.
func offset(err error, size int) int {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return min(int(syntax.Offset), size)
	}
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return int(mismatch.Offset)
	}
	return -1
}
