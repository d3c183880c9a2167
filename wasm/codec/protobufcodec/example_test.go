package protobufcodec_test

import (
	"fmt"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tetherscope/tetherscope/wasm/codec/protobufcodec"
)

func ExampleNew() {
	c := protobufcodec.New[durationpb.Duration, durationpb.Duration]()
	message, kind, _ := c.Append(nil, &durationpb.Duration{Seconds: 3})
	fmt.Printf("%s % x\n", kind, message)

	var d *durationpb.Duration
	fmt.Println(c.Decode(message, kind, &d), d.AsDuration())
	// Output:
	// binary 08 03
	// <nil> 3s
}
