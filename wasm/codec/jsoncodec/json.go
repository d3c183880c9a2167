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

func (c jsonCodec[In, Out]) Decode(b []byte, _ codec.MessageType, v *In) error {
	if err := c.limits.CheckSize(name, typeName[In](), b); err != nil {
		return err
	}
	if at := tooDeep(b, c.limits.Depth); at >= 0 {
		return &codec.Error{Codec: name, Type: typeName[In](), Offset: at, Err: codec.ErrTooDeep}
	}
	if err := json.Unmarshal(b, v); err != nil {
		return explain(err, typeName[In](), len(b))
	}
	return codec.Validate(name, typeName[In](), v)
}

const name = "json"

func typeName[T any]() string { return reflect.TypeFor[T]().String() }

// explain says where in a message of size bytes encoding/json stopped, and gives its errors their shared reasons.
func explain(err error, typ string, size int) error {
	e := &codec.Error{Codec: name, Type: typ, Offset: -1, Err: err}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		// encoding/json counts the byte that it did not expect, unless it wanted one more.
		e.Offset = min(int(syntax.Offset), size)
		switch syntax.Error() {
		case "unexpected end of JSON input":
			e.Err = errors.Join(codec.ErrTruncated, err)
		default:
			e.Offset = max(e.Offset-1, 0)
		}
	}
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		e.Offset, e.Path = min(int(mismatch.Offset), size), mismatch.Field
	}
	return e
}
