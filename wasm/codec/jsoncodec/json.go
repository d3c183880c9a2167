package jsoncodec

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// New returns a codec that encodes Out and decodes In. Both kinds of message are accepted; text is sent. Its errors are
// [codec.Error] with those of encoding/json inside.
func New[In, Out any](opts ...codec.Option) codec.Codec[In, Out] {
	return jsonCodec[In, Out]{codec.NewLimits(opts...)}
}

type jsonCodec[In, Out any] struct{ limits codec.Limits }

func (jsonCodec[In, Out]) Subprotocol() string { return "" }

func (jsonCodec[In, Out]) Append(dst []byte, v Out) ([]byte, codec.MessageType, error) {
	buf := bytes.NewBuffer(dst)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false) // a message is no page
	if err := enc.Encode(v); err != nil {
		return dst, 0, &codec.Error{Codec: name, Type: typeName[Out](), Offset: -1, Err: err}
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte{'\n'}), codec.Text, nil
}

func (c jsonCodec[In, Out]) Decode(b []byte, t codec.MessageType, v *In) error {
	if err := c.limits.CheckSize(name, typeName[In](), b); err != nil {
		return err
	}
	if t != codec.Text { // encoding/json would replace what is not UTF-8, in silence
		if err := codec.CheckUTF8(name, typeName[In](), b); err != nil {
			return err
		}
	}
	if at := tooDeep(b, c.limits.Depth); at >= 0 {
		return &codec.Error{Codec: name, Type: typeName[In](), Offset: at, Err: codec.ErrTooDeep}
	}
	if err := json.Unmarshal(b, v); err != nil {
		return explain(err, typeName[In](), b)
	}
	return codec.Validate(name, typeName[In](), v)
}

const name = "json"

func typeName[T any]() string { return reflect.TypeFor[T]().String() }

// explain says where in b encoding/json stopped, and gives its errors their shared reasons.
func explain(err error, typ string, b []byte) error {
	e := &codec.Error{Codec: name, Type: typ, Offset: -1, Err: err}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		e.Offset = min(max(int(syntax.Offset)-ahead(), 0), len(b))
		if syntax.Error() == "unexpected end of JSON input" {
			e.Offset, e.Err = len(b), errors.Join(codec.ErrTruncated, err)
		}
	}
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		e.Offset, e.Path = tokenBefore(b, int(mismatch.Offset)+1-ahead()), mismatch.Field
	}
	return e
}

// ahead is how far encoding/json counts past the byte it did not expect: by one, and by none where GOEXPERIMENT=jsonv2 is
// under it.
func ahead() int {
	syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal([]byte("!"), new(any)))
	if !ok {
		return 0
	}
	return int(syntax.Offset)
}
