// Command program is what the page measures: it puts each codec on the page as a function that does its work n times. It
// is built twice: with GOEXPERIMENT=nojsonv2, and with jsonv2.
package main

import (
	"fmt"
	"syscall/js"

	"github.com/tetherscope/tetherscope/internal/bench/codecs/message"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/cborcodec"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/codec/msgpackcodec"
	"github.com/tetherscope/tetherscope/wasm/codec/protobufcodec"
)

// The sizes as the page names them.
const small, large = "small", "large"

func main() {
	if newJSON() {
		return
	}
	c, h := message.Small(), message.Large()
	offer("json", small, jsoncodec.New[message.Chat, message.Chat](), c)
	offer("json", large, jsoncodec.New[message.History, message.History](), h)
	offer("msgpack", small, msgpackcodec.New[message.Chat, message.Chat](), c)
	offer("msgpack", large, msgpackcodec.New[message.History, message.History](), h)
	offer("cbor", small, cborcodec.New[message.Chat, message.Chat](), c)
	offer("cbor", large, cborcodec.New[message.History, message.History](), h)
	offer("protobuf", small, protobufcodec.New[message.ProtoChat, message.ProtoChat](), c.Proto())
	offer("protobuf", large, protobufcodec.New[message.ProtoHistory, message.ProtoHistory](), h.Proto())
	offerBytes(small, jsonOf(jsoncodec.New[message.Chat, message.Chat](), c))
	offerBytes(large, jsonOf(jsoncodec.New[message.History, message.History](), h))
	viaBrowser()
	ready()
}

// offerBytes offers what does not look into a message, at the size of its JSON.
func offerBytes(size, json string) {
	offer("string", size, codec.String(), json)
	offer("bytes", size, codec.Bytes(), []byte(json))
	offer("array of float32", size, codec.Array[float32](), make([]float32, len(json)/4))
}

func jsonOf[T any](c codec.Codec[T, T], v T) string {
	b, _, err := c.Append(nil, v)
	must(err)
	return string(b)
}

// offer puts decoding and encoding by c on the page. Encoding reuses its buffer, as tether does.
func offer[In, Out any](name, size string, c codec.Codec[In, Out], v Out) {
	b, kind, err := c.Append(nil, v)
	must(err)
	put(name, "decode", size, len(b), func() {
		var back In
		must(c.Decode(b, kind, &back))
	})
	var buf []byte
	put(name, "encode", size, len(b), func() {
		buf, _, err = c.Append(buf[:0], v)
		must(err)
	})
}

// put calls globalThis.put with a function that does f n times: one crossing for all of them.
func put(name, op, size string, bytes int, f func()) {
	js.Global().Call("put", name, op, size, bytes, js.FuncOf(func(_ js.Value, args []js.Value) any {
		for range args[0].Int() {
			f()
		}
		return nil
	}))
}

func must(err error) {
	if err != nil {
		js.Global().Get("console").Call("error", fmt.Sprint(err))
		panic(err)
	}
}

// ready says that all is on the page, and stays.
func ready() {
	js.Global().Call("programReady")
	select {}
}
