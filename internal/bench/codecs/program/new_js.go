//go:build goexperiment.jsonv2

package main

import (
	"encoding/json/v2"

	"github.com/tetherscope/tetherscope/internal/bench/codecs/message"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
)

// newJSON offers what the experiment changes, and nothing else.
func newJSON() bool {
	c, h := message.Small(), message.Large()
	offer("json, GOEXPERIMENT=jsonv2", small, jsoncodec.New[message.Chat, message.Chat](), c)
	offer("json, GOEXPERIMENT=jsonv2", large, jsoncodec.New[message.History, message.History](), h)
	offer("encoding/json/v2", small, v2[message.Chat]{}, c)
	offer("encoding/json/v2", large, v2[message.History]{}, h)
	ready()
	return true
}

// v2 is encoding/json/v2 as a codec.
type v2[T any] struct{}

func (v2[T]) Subprotocol() string { return "" }

func (v2[T]) Append(dst []byte, v T) ([]byte, codec.MessageType, error) {
	b, err := json.Marshal(v)
	return append(dst, b...), codec.Text, err
}

func (v2[T]) Decode(b []byte, _ codec.MessageType, v *T) error { return json.Unmarshal(b, v) }
