// Package msgpackcodec carries Go values as MessagePack in binary messages, by the code that the msgp command of
// github.com/tinylib/msgp writes for a type: no reflection, which is what makes it the fastest of the codecs that know
// structs in WebAssembly (go run ./internal/bench/codecs prints it).
//
//	//go:generate go run github.com/tinylib/msgp@v1.6.5 -tests=false -io=false
//	type Chat struct { From, Text string }
//
//	tether.New(url, msgpackcodec.New[Chat, Chat]())
//
// Without such code there is [Any], for values whose shape is not known beforehand. Every message is walked by [Check]
// before it is decoded: msgp's code allocates what an array's length declares, and a length of four billion needs five
// bytes to say.
//
// The package never believes a length, and never accepts bytes after the value.
package msgpackcodec
