package msgpackcodec_test

import (
	"fmt"

	"github.com/tinylib/msgp/msgp"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/msgpackcodec"
)

// point has the two methods that the msgp command would write.
type point struct{ X, Y int }

func (p point) MarshalMsg(b []byte) ([]byte, error) {
	return msgp.AppendInt(msgp.AppendInt(msgp.AppendArrayHeader(b, 2), p.X), p.Y), nil
}

func (p *point) UnmarshalMsg(b []byte) ([]byte, error) {
	n, b, err := msgp.ReadArrayHeaderBytes(b)
	if err == nil && n != 2 {
		err = msgp.ArrayError{Wanted: 2, Got: n}
	}
	if err == nil {
		p.X, b, err = msgp.ReadIntBytes(b)
	}
	if err == nil {
		p.Y, b, err = msgp.ReadIntBytes(b)
	}
	return b, err
}

func ExampleNew() {
	c := msgpackcodec.New[point, point]()
	message, kind, _ := c.Append(nil, point{3, 4})
	fmt.Printf("%s % x\n", kind, message)

	var p point
	fmt.Println(c.Decode(message, kind, &p), p)
	fmt.Println(c.Decode(message[:2], kind, &p))
	// Output:
	// binary 92 03 04
	// <nil> {3 4}
	// codec msgpack: msgpackcodec_test.point: byte 0: the message ends inside a value, or a length in it exceeds the bytes that follow
}

func ExampleAny() {
	message, kind, _ := msgpackcodec.Any().Append(nil, map[string]any{"a": []any{1, "x"}})
	var v any
	fmt.Println(msgpackcodec.Any().Decode(message, kind, &v), v)
	// Output: <nil> map[a:[1 x]]
}

// Five bytes say that four billion values follow.
func ExampleCheck() {
	fmt.Println(msgpackcodec.Check([]byte{0xDD, 0xFF, 0xFF, 0xFF, 0xFF}, codec.NewLimits()))
	// Output: codec msgpack: byte 0: the message ends inside a value, or a length in it exceeds the bytes that follow
}
