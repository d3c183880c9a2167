// These tests prove that JSON messages are what encoding/json writes, without what a message does not need, and that a
// broken one is refused with its position.
package jsoncodec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
)

type chat struct {
	Text string `json:"text"`
	N    int    `json:"n,omitempty"`
}

func TestThereAndBack(t *testing.T) {
	c := jsoncodec.New[chat, chat]()
	b, typ, err := c.Append([]byte("prefix"), chat{Text: "<b> & žluť"})
	if err != nil || typ != codec.Text || string(b) != `prefix{"text":"<b> & žluť"}` {
		t.Fatalf("%s, %v, %v", b, typ, err)
	}
	var got chat
	if err := c.Decode(b[6:], codec.Binary, &got); err != nil || got.Text != "<b> & žluť" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestErrorsSayWhere(t *testing.T) {
	for message, at := range map[string]int{
		`{"text":1}`:                9,
		`{"text":"x"} {}`:           14,
		`{"text":`:                  8,
		``:                          0,
		strings.Repeat("[", 20_000): 10_001,
	} {
		var v chat
		e, ok := errors.AsType[*codec.Error](jsoncodec.New[chat, chat]().Decode([]byte(message), codec.Text, &v))
		if !ok || e.Offset != at {
			t.Errorf("%.20q: %v, want byte %d", message, e, at)
		}
	}
	b, _, err := jsoncodec.New[chat, any]().Append([]byte("p"), func() {})
	if e, ok := errors.AsType[*codec.Error](err); !ok || e.Offset != -1 || string(b) != "p" {
		t.Errorf("%q, %v", b, err)
	}
}
