package codec_test

import (
	"errors"
	"fmt"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// A []float32 crosses as its bytes: in the page it is new Float32Array(event.data).
func ExampleArray() {
	c := codec.Array[float32]()
	message, kind, _ := c.Append(nil, []float32{1, 0.5})
	fmt.Printf("%s % x\n", kind, message)

	var back []float32
	fmt.Println(c.Decode(message[:7], kind, &back))
	fmt.Println(c.Decode(message, kind, &back), back)
	// Output:
	// binary 00 00 80 3f 00 00 00 3f
	// codec array: []float32: byte 4: the last number is cut: the length is not a multiple of its size
	// <nil> [1 0.5]
}

func ExampleRaw() {
	message, kind, _ := codec.Raw().Append(nil, codec.Message{Type: codec.Text, Data: []byte("hello")})
	fmt.Printf("%s %s\n", kind, message)
	// Output: text hello
}

func ExampleBytes() {
	message, kind, _ := codec.Bytes().Append(nil, []byte{1, 2})
	fmt.Printf("%s % x\n", kind, message)
	// Output: binary 01 02
}

func ExampleString() {
	_, _, err := codec.String().Append(nil, "good, then \xff")
	fmt.Println(err)
	// Output: codec string: string: byte 11: not UTF-8, which a text message must be (RFC 6455 §8.1)
}

// The limit is checked before anything is decoded.
func ExampleWithMaxSize() {
	var s string
	err := codec.String(codec.WithMaxSize(4)).Decode([]byte("hello"), codec.Text, &s)
	fmt.Println(errors.Is(err, codec.ErrTooLarge))
	// Output: true
}

func ExampleNewLimits() {
	fmt.Println(codec.NewLimits(codec.WithMaxDepth(3)))
	// Output: {16777216 3}
}

// decimal is a codec of one's own.
type decimal struct{ limits codec.Limits }

func (decimal) Subprotocol() string { return "decimal.example" }

func (decimal) Append(dst []byte, v percent) ([]byte, codec.MessageType, error) {
	return fmt.Append(dst, int(v)), codec.Text, nil
}

func (c decimal) Decode(b []byte, _ codec.MessageType, v *percent) error {
	if err := c.limits.CheckSize("decimal", "percent", b); err != nil {
		return err
	}
	if _, err := fmt.Sscan(string(b), v); err != nil {
		return &codec.Error{Codec: "decimal", Type: "percent", Offset: 0, Err: err}
	}
	return codec.Validate("decimal", "percent", v)
}

type percent int

func (p percent) Validate() error {
	if p < 0 || p > 100 {
		return errors.New("want 0 to 100")
	}
	return nil
}

// A codec of one's own has the limits, the hook and the errors of the others.
func ExampleCodec() {
	var c codec.Codec[percent, percent] = decimal{codec.NewLimits(codec.WithMaxSize(3))}
	var p percent
	fmt.Println(c.Decode([]byte("42"), codec.Text, &p), p)
	fmt.Println(c.Decode([]byte("101"), codec.Text, &p))
	fmt.Println(c.Decode([]byte("1000"), codec.Text, &p))
	// Output:
	// <nil> 42
	// codec decimal: percent: the value is not valid: want 0 to 100
	// codec decimal: percent: byte 3: the message is larger than the limit: send it in parts, or raise the limit with WithMaxSize
}

// A type says what is valid; whatever codec decodes it, asks.
func ExampleValidator() {
	var v codec.Validator = percent(101)
	fmt.Println(v.Validate())
	// Output: want 0 to 100
}

func ExampleLimits_CheckSize() {
	fmt.Println(codec.Limits{Size: 2}.CheckSize("mine", "percent", []byte("100")))
	// Output: codec mine: percent: byte 2: the message is larger than the limit: send it in parts, or raise the limit with WithMaxSize
}

func ExampleValidate() {
	p := percent(200)
	err := codec.Validate("mine", "percent", &p)
	fmt.Println(errors.Is(err, codec.ErrInvalid))
	// Output: true
}

func ExampleCheckUTF8() {
	fmt.Println(codec.CheckUTF8("mine", "string", []byte("a\xff")))
	// Output: codec mine: string: byte 1: not UTF-8, which a text message must be (RFC 6455 §8.1)
}

func ExampleWithMaxDepth() {
	fmt.Println(codec.NewLimits(codec.WithMaxDepth(32)).Depth)
	// Output: 32
}

func ExampleError() {
	var numbers []int32
	err := codec.Array[int32]().Decode([]byte{1, 2, 3, 4, 5}, codec.Binary, &numbers)
	if e, ok := errors.AsType[*codec.Error](err); ok {
		fmt.Println(e.Codec, e.Type, e.Offset)
	}
	// Output: array []int32 4
}
