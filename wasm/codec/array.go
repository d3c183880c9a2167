package codec

import (
	"encoding/binary"
	"slices"
	"unsafe"
)

// Number is what the elements of a JavaScript typed array can be: Int8Array to BigUint64Array, Float32Array and
// Float64Array.
type Number interface {
	int8 | uint8 | int16 | uint16 | int32 | uint32 | int64 | uint64 | float32 | float64
}

// Array carries []T as binary messages: its numbers one after the other, little-endian, which are the bytes of the typed
// array of that type in every browser of today. [WithMaxSize] applies. Decoding a text message ([ErrMessageType]), or one
// whose length is not a multiple of the number's ([ErrTruncated]), is an [Error]. The slice that it decodes is the
// message's own memory where the machine and the alignment allow, and a copy elsewhere.
func Array[T Number](opts ...Option) Codec[[]T, []T] { return array[T]{NewLimits(opts...)} }

type array[T Number] struct{ limits Limits }

func (array[T]) Subprotocol() string { return "" }

func (array[T]) Append(dst []byte, v []T) ([]byte, MessageType, error) {
	at := len(dst)
	dst = append(dst, bytesOf(v)...)
	if !littleEndian {
		swap[T](dst[at:])
	}
	return dst, Binary, nil
}

func (c array[T]) Decode(b []byte, t MessageType, v *[]T) error {
	if t != Binary {
		return &Error{Codec: "array", Type: sliceName[T](), Offset: 0, Err: errNotBinary}
	}
	if err := c.limits.CheckSize("array", sliceName[T](), b); err != nil {
		return err
	}
	size := sizeOf[T]()
	if rest := len(b) % size; rest != 0 {
		return &Error{Codec: "array", Type: sliceName[T](), Offset: len(b) - rest, Err: errCut}
	}
	*v = numbersOf[T](b, len(b)/size)
	return nil
}

// numbersOf returns the n numbers in b: b itself if they can be read where they are, since it is Decode's.
func numbersOf[T Number](b []byte, n int) []T {
	at := unsafe.Pointer(unsafe.SliceData(b))
	if littleEndian && n > 0 && uintptr(at)%uintptr(alignOf[T]()) == 0 {
		return unsafe.Slice((*T)(at), n)
	}
	out := make([]T, n)
	copy(bytesOf(out), b)
	if !littleEndian {
		swap[T](bytesOf(out))
	}
	return out
}

var (
	errNotBinary = &reason{ErrMessageType, "want a binary message and got text"}
	errCut       = &reason{ErrTruncated, "the last number is cut: the length is not a multiple of its size"}
)

// reason is one of the shared reasons in clearer words.
type reason struct {
	kind error
	text string
}

func (e *reason) Error() string { return e.text }
func (e *reason) Unwrap() error { return e.kind }

// littleEndian is constant folded: every platform that Go's js/wasm runs on is, and nearly every native one.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

func sizeOf[T Number]() int {
	var zero T
	return int(unsafe.Sizeof(zero))
}

func alignOf[T Number]() int {
	var zero T
	return int(unsafe.Alignof(zero))
}

// bytesOf is v's own memory, and not a copy: in WebAssembly a copy of bytes is one instruction and a loop over numbers
// many for each.
func bytesOf[T Number](v []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*sizeOf[T]())
}

// swap turns the bytes of each number around.
func swap[T Number](b []byte) {
	for size := sizeOf[T](); len(b) > 0; b = b[size:] {
		slices.Reverse(b[:size])
	}
}

// sliceName is the type for errors, without the reflection that would print it.
func sliceName[T Number]() string {
	var zero T
	switch any(zero).(type) {
	case int8:
		return "[]int8"
	case uint8:
		return "[]uint8"
	case int16:
		return "[]int16"
	case uint16:
		return "[]uint16"
	case int32:
		return "[]int32"
	case uint32:
		return "[]uint32"
	case int64:
		return "[]int64"
	case uint64:
		return "[]uint64"
	case float32:
		return "[]float32"
	default:
		return "[]float64"
	}
}
