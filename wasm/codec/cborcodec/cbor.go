package cborcodec

import (
	"bytes"
	"errors"
	"math"
	"reflect"

	"github.com/fxamacker/cbor/v2"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// New returns a codec that encodes Out and decodes In. Binary is sent and wanted. An any in In becomes map[any]any,
// []any, []byte, string, bool, uint64, int64, float64, time.Time, big.Int, cbor.Tag or nil.
func New[In, Out any](opts ...codec.Option) codec.Codec[In, Out] {
	l := codec.NewLimits(opts...)
	return cborCodec[In, Out]{l, decodeMode(l)}
}

type cborCodec[In, Out any] struct {
	limits codec.Limits
	mode   cbor.DecMode
}

func (cborCodec[In, Out]) Subprotocol() string { return "" }

func (cborCodec[In, Out]) Append(dst []byte, v Out) ([]byte, codec.MessageType, error) {
	buf := bytes.NewBuffer(dst)
	if err := encodeMode.MarshalToBuffer(v, buf); err != nil {
		return dst, 0, &codec.Error{Codec: name, Type: typeName[Out](), Offset: -1, Err: err}
	}
	return buf.Bytes(), codec.Binary, nil
}

func (c cborCodec[In, Out]) Decode(b []byte, t codec.MessageType, v *In) error {
	if t != codec.Binary {
		return &codec.Error{Codec: name, Type: typeName[In](), Offset: 0, Err: codec.ErrMessageType}
	}
	if err := checkAs(b, c.limits, typeName[In]()); err != nil {
		return err
	}
	if err := c.mode.Unmarshal(b, v); err != nil {
		e := &codec.Error{Codec: name, Type: typeName[In](), Offset: -1, Err: err}
		if mismatch, ok := errors.AsType[*cbor.UnmarshalTypeError](err); ok {
			e.Path = mismatch.StructFieldName
		}
		return e
	}
	return codec.Validate(name, typeName[In](), v)
}

const name = "cbor"

func typeName[T any]() string { return reflect.TypeFor[T]().String() }

var encodeMode = func() cbor.UserBufferEncMode {
	m, err := cbor.EncOptions{Time: cbor.TimeRFC3339Nano, TimeTag: cbor.EncTagRequired}.UserBufferEncMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return m
}()

// decodeMode leaves counting to checkAs, which counts what is there and not what is declared. The library has limits of
// its own for the depth, and bounds for those; past them it says that the message is too deep.
func decodeMode(l codec.Limits) cbor.DecMode {
	m, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:  min(max(l.Depth, 4), math.MaxUint16),
		MaxArrayElements: math.MaxInt32,
		MaxMapPairs:      math.MaxInt32,
	}.DecMode()
	if err != nil {
		panic(err) // every number above is within the library's bounds
	}
	return m
}
