package app

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/fxamacker/cbor/v2"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/msgpackcodec"
)

// maxValue is the size in bytes of the largest MessagePack or CBOR message that is decoded: a decoded value can take
// fifty times the memory of its bytes.
const maxValue = 64 << 10

// errValueTooBig answers larger ones.
var errValueTooBig = fmt.Errorf("the value has more than %d bytes: send it in parts", maxValue)

// blob returns b.
func blob(b []byte) ([]byte, error) { return b, nil }

// doubleFloats reads b as little-endian float32s, which is what every Float32Array is on the platforms browsers run on,
// and returns each of them doubled. It changes b.
func doubleFloats(b []byte) ([]byte, error) {
	if len(b)%4 != 0 {
		return nil, fmt.Errorf("float32: %d bytes are no whole number of float32s: send a multiple of 4", len(b))
	}
	for i := 0; i < len(b); i += 4 {
		v := math.Float32frombits(binary.LittleEndian.Uint32(b[i:]))
		binary.LittleEndian.PutUint32(b[i:], math.Float32bits(v*2))
	}
	return b, nil
}

// msgPack checks the lengths of a value against the bytes that are there before it allocates what they declare.
var msgPack = msgpackcodec.Any(codec.WithMaxSize(maxValue), codec.WithMaxDepth(maxBinDepth))

// roundTripMsgPack decodes the one MessagePack value in b and encodes it again.
func roundTripMsgPack(b []byte) ([]byte, error) {
	if len(b) > maxValue {
		return nil, errValueTooBig
	}
	var v any
	if err := msgPack.Decode(b, codec.Binary, &v); err != nil {
		return nil, fmt.Errorf("MessagePack: %w", err)
	}
	out, _, err := msgPack.Append(nil, v)
	if err != nil {
		return nil, fmt.Errorf("MessagePack: %w", err)
	}
	return out, nil
}

// cborMode bounds what one message may hold. Its errors carry the position.
var cborMode = func() cbor.DecMode {
	m, err := cbor.DecOptions{
		MaxNestedLevels: maxBinDepth, MaxArrayElements: 1 << 17, MaxMapPairs: 1 << 16, DupMapKey: cbor.DupMapKeyEnforcedAPF,
	}.DecMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return m
}()

// roundTripCBOR decodes the one CBOR value in b and encodes it again.
func roundTripCBOR(b []byte) ([]byte, error) {
	if len(b) > maxValue {
		return nil, errValueTooBig
	}
	var v any
	if err := cborMode.Unmarshal(b, &v); err != nil {
		return nil, fmt.Errorf("CBOR: %w", err)
	}
	out, err := cbor.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("CBOR: %w", err)
	}
	return out, nil
}
