package cborcodec_test

import (
	"fmt"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/cborcodec"
)

func ExampleNew() {
	type point struct {
		X int `json:"x"`
	}
	c := cborcodec.New[point, point]()
	message, kind, _ := c.Append(nil, point{3})
	fmt.Printf("%s % x\n", kind, message)

	var p point
	fmt.Println(c.Decode(message, kind, &p), p)
	fmt.Println(c.Decode(message[:3], kind, &p))
	// Output:
	// binary a1 61 78 03
	// <nil> {3}
	// codec cbor: cborcodec_test.point: byte 3: the message ends inside a value, or a length in it exceeds the bytes that follow
}

// Nine bytes declare that 2⁶⁴−1 values follow.
func ExampleCheck() {
	fmt.Println(cborcodec.Check([]byte("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"), codec.NewLimits()))
	// Output: codec cbor: byte 0: the message ends inside a value, or a length in it exceeds the bytes that follow
}
