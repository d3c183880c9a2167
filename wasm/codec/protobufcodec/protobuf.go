package protobufcodec

import (
	"reflect"

	"google.golang.org/protobuf/proto"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// Message is a pointer to a struct that protoc-gen-go wrote. Such structs must not be copied, so values of the codec are
// pointers.
type Message[T any] interface {
	*T
	proto.Message
}

// New returns a codec that encodes *Out and decodes *In; the last two type arguments are inferred. Binary is sent and
// wanted. A nil *Out is sent as an empty message. Unknown fields are kept, as proto.Unmarshal does.
func New[In, Out any, PIn Message[In], POut Message[Out]](opts ...codec.Option) codec.Codec[PIn, POut] {
	return protobufCodec[In, Out, PIn, POut]{codec.NewLimits(opts...)}
}

type protobufCodec[In, Out any, PIn Message[In], POut Message[Out]] struct{ limits codec.Limits }

func (protobufCodec[In, Out, PIn, POut]) Subprotocol() string { return "" }

func (protobufCodec[In, Out, PIn, POut]) Append(dst []byte, v POut) ([]byte, codec.MessageType, error) {
	b, err := proto.MarshalOptions{}.MarshalAppend(dst, v)
	if err != nil {
		return dst, 0, &codec.Error{Codec: name, Type: typeName[POut](), Offset: -1, Err: err}
	}
	return b, codec.Binary, nil
}

func (c protobufCodec[In, Out, PIn, POut]) Decode(b []byte, t codec.MessageType, v *PIn) error {
	if t != codec.Binary {
		return &codec.Error{Codec: name, Type: typeName[PIn](), Offset: 0, Err: codec.ErrMessageType}
	}
	if err := c.limits.CheckSize(name, typeName[PIn](), b); err != nil {
		return err
	}
	m := PIn(new(In))
	if err := (proto.UnmarshalOptions{RecursionLimit: c.limits.Depth}).Unmarshal(b, m); err != nil {
		e := &codec.Error{Codec: name, Type: typeName[PIn](), Err: err}
		e.Offset, e.Path, e.Err = locate(b, m.ProtoReflect().Descriptor(), c.limits.Depth, err)
		return e
	}
	*v = m
	return codec.Validate(name, typeName[PIn](), v)
}

const name = "protobuf"

func typeName[T any]() string { return reflect.TypeFor[T]().String() }
