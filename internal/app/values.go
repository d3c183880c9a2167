package app

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/fxamacker/cbor/v2"
	"github.com/tinylib/msgp/msgp"
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

// roundTripMsgPack decodes the one MessagePack value in b and encodes it again.
func roundTripMsgPack(b []byte) ([]byte, error) {
	if len(b) > maxValue {
		return nil, errValueTooBig
	}
	// msgp allocates what lengths declare, so they are checked against the bytes that are there first.
	if err := checkMsgPack(b); err != nil {
		return nil, err
	}
	v, _, err := msgp.ReadIntfBytes(b)
	if err != nil {
		return nil, fmt.Errorf("MessagePack: %w", err)
	}
	out, err := msgp.AppendIntf(nil, v)
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
