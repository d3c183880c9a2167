package codec

import (
	"encoding/binary"
	"errors"
	"math"
)

// Float32 carries []float32 as binary messages: four bytes for each number, little-endian, which is what a
// Float32Array holds in every browser. Decoding a text message, or one whose length is not a multiple of 4, is an [Error].
func Float32() Codec[[]float32, []float32] { return floats{} }

type floats struct{}

func (floats) Subprotocol() string { return "" }

func (floats) Append(dst []byte, v []float32) ([]byte, MessageType, error) {
	for _, f := range v {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(f))
	}
	return dst, Binary, nil
}

func (floats) Decode(b []byte, t MessageType, v *[]float32) error {
	if t != Binary {
		return &Error{"float32", 0, errors.New("want a binary message and got text")}
	}
	if rest := len(b) % 4; rest != 0 {
		return &Error{"float32", len(b) - rest, errors.New("the last number is cut: the length is not a multiple of 4")}
	}
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[i*4:]))
	}
	*v = out
	return nil
}
