package msgpackcodec

import (
	"reflect"
	"strings"

	"github.com/tinylib/msgp/msgp"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// Decoder is what a pointer to a decoded type has: msgp generates it.
type Decoder[T any] interface {
	*T
	msgp.Unmarshaler
}

// Encoder is what a pointer to an encoded type has: msgp generates it.
type Encoder[T any] interface {
	*T
	msgp.Marshaler
}

// New returns a codec that encodes Out and decodes In, by the code that msgp generated for them; the last two type
// arguments are inferred. Binary is sent and wanted.
func New[In, Out any, PIn Decoder[In], POut Encoder[Out]](opts ...codec.Option) codec.Codec[In, Out] {
	return generated[In, Out, PIn, POut]{codec.NewLimits(opts...)}
}

type generated[In, Out any, PIn Decoder[In], POut Encoder[Out]] struct{ limits codec.Limits }

func (generated[In, Out, PIn, POut]) Subprotocol() string { return "" }

func (generated[In, Out, PIn, POut]) Append(dst []byte, v Out) ([]byte, codec.MessageType, error) {
	b, err := POut(&v).MarshalMsg(dst)
	if err != nil {
		return dst, 0, explain(err, typeName[Out]())
	}
	return b, codec.Binary, nil
}

func (c generated[In, Out, PIn, POut]) Decode(b []byte, t codec.MessageType, v *In) error {
	if err := check(b, t, c.limits, typeName[In]()); err != nil {
		return err
	}
	if _, err := PIn(v).UnmarshalMsg(b); err != nil {
		return explain(err, typeName[In]())
	}
	return codec.Validate(name, typeName[In](), v)
}

// Any returns a codec for values without a Go type of their own: nil, bool, numbers, string, []byte, time.Time,
// []any and map[string]any, as msgp.ReadIntfBytes and msgp.AppendIntf have them. A map whose keys are not strings is an
// error.
func Any(opts ...codec.Option) codec.Codec[any, any] { return anything{codec.NewLimits(opts...)} }

type anything struct{ limits codec.Limits }

func (anything) Subprotocol() string { return "" }

func (anything) Append(dst []byte, v any) ([]byte, codec.MessageType, error) {
	b, err := msgp.AppendIntf(dst, v)
	if err != nil {
		return dst, 0, explain(err, "any")
	}
	return b, codec.Binary, nil
}

func (c anything) Decode(b []byte, t codec.MessageType, v *any) error {
	if err := check(b, t, c.limits, "any"); err != nil {
		return err
	}
	out, _, err := msgp.ReadIntfBytes(b)
	if err != nil {
		return explain(err, "any")
	}
	*v = out
	return nil
}

const name = "msgpack"

func typeName[T any]() string { return reflect.TypeFor[T]().String() }

func check(b []byte, t codec.MessageType, l codec.Limits, typ string) error {
	if t != codec.Binary {
		return &codec.Error{Codec: name, Type: typ, Offset: 0, Err: codec.ErrMessageType}
	}
	return checkAs(b, l, typ)
}

// explain gives the way through the value that msgp wrote at the end of its error's text, the only place that has it.
func explain(err error, typ string) error {
	cause := msgp.Cause(err)
	_, path, wrapped := strings.Cut(err.Error(), cause.Error()+" at ")
	if !wrapped { // one of msgp's own, which carry their path themselves
		_, path, _ = strings.Cut(err.Error(), " at ")
	}
	return &codec.Error{Codec: name, Type: typ, Offset: -1, Path: path, Err: cause}
}
