// These tests prove that JSON messages are what encoding/json writes, without what a message does not need, that a broken
// one is refused with its position, and a deep one before anything is built of it.
package jsoncodec_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/internal/codectest"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
)

type chat struct {
	Text string   `json:"text"`
	N    int      `json:"n,omitempty"`
	To   []string `json:"to,omitempty"`
	In   *chat    `json:"in,omitempty"`
}

var errEmpty = errors.New("the text is empty")

func (c *chat) Validate() error {
	if c.Text == "" {
		return errEmpty
	}
	return nil
}

func TestThereAndBack(t *testing.T) {
	c := jsoncodec.New[chat, chat]()
	got, message := codectest.Over(t, c, chat{Text: "<b> & žluť"})
	if string(message) != `{"text":"<b> & žluť"}` || got.Text != "<b> & žluť" {
		t.Errorf("%s, %+v", message, got)
	}
	if err := c.Decode(message, codec.Binary, &got); err != nil {
		t.Error("a binary message may be JSON too:", err)
	}
}

func TestAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := chat{
			Text: rapid.StringN(1, -1, -1).Draw(t, "text"), N: rapid.Int().Draw(t, "n"),
			To: rapid.SliceOfN(rapid.String(), 1, 5).Draw(t, "to"), In: &chat{Text: rapid.String().Draw(t, "in")},
		}
		b, _, err := jsoncodec.New[chat, chat]().Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		var want, got chat
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		if err := jsoncodec.New[chat, chat]().Decode(b, codec.Text, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v, %v, want %+v", got, err, want)
		}
	})
}

func TestErrorsSayWhereAndWhy(t *testing.T) {
	deep := strings.Repeat("[", 20_000)
	refuses := codectest.Refuses(t, jsoncodec.New[chat, chat](codec.WithMaxSize(20_000)), codec.Text)
	refuses("wrong type", `{"in":{"text":1}}`, 14, nil, "in.text")
	refuses("wrong type, a string", `{"text":"x","n":"\"7"}`, 16, nil, "n")
	refuses("wrong type, a list", `{"text":"x","n":[1,2],"to":[]}`, 16, nil, "n")
	refuses("wrong type, an object", `{"to":["a",{"b":1}]}`, 11, nil, "to")
	refuses("number too large", `{"n":1e999}`, 5, nil, "n")
	refuses("second value", `{"text":"x"} {}`, 13, nil, "")
	refuses("no JSON", `nonsense`, 1, nil, "")
	refuses("cut", `{"text":`, 8, codec.ErrTruncated, "")
	refuses("empty", ``, 0, codec.ErrTruncated, "")
	refuses("deep", deep, codec.DefaultMaxDepth, codec.ErrTooDeep, "")
	refuses("large", deep+"x", 20_000, codec.ErrTooLarge, "")
	refuses("not valid", `{"text":""}`, -1, codec.ErrInvalid, "")
	refuses("not valid, why", `{"text":""}`, -1, errEmpty, "")
	codectest.Refuses(t, jsoncodec.New[chat, chat](), codec.Binary)("not UTF-8", "{\"text\":\"\xff\"}", 9, codec.ErrUTF8, "")
	b, _, err := jsoncodec.New[chat, any]().Append([]byte("p"), func() {})
	if e, ok := errors.AsType[*codec.Error](err); !ok || e.Offset != -1 || string(b) != "p" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestDepthIsCountedOutsideOfStrings(t *testing.T) {
	c := jsoncodec.New[any, any](codec.WithMaxDepth(2))
	for message, fits := range map[string]bool{
		`7`: true, `[[]]`: true, `[[[]]]`: false, `{"a":{"b":[]}}`: false, `[[],[],{}]`: true,
		`"[[[["`: true, `["\"[[[["]`: true, `["\\",[[]]]`: false, `["\\\"[[["]`: true, `{"[[[":{}}`: true,
	} {
		var v any
		if err := c.Decode([]byte(message), codec.Text, &v); (err == nil) != fits || err != nil && !errors.Is(err, codec.ErrTooDeep) {
			t.Errorf("%s: %v", message, err)
		}
	}
}

// TestMemoryIsAMultipleOfTheMessage: with the smallest items there are, of which most fit into a message.
func TestMemoryIsAMultipleOfTheMessage(t *testing.T) {
	for _, item := range []string{"[]", "{}", "0", `""`} {
		message := "[" + strings.Repeat(item+",", 300_000) + item + "]"
		if _, err := codectest.Bounded(t, jsoncodec.New[any, any](), []byte(message), codec.Text, 60); err != nil {
			t.Error(err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"text":"x","to":["a","b"],"in":{}}`, `[[[[1]]]]`, `{"\`, `"\ud800"`, `[{},{},{}]`, `1e999`, "", "\"\\"} {
		f.Add([]byte(s))
	}
	anything, typed := jsoncodec.New[any, any](), jsoncodec.New[chat, chat]()
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := codectest.Bounded(t, anything, b, codec.Text, 100)
		if err == nil && (!json.Valid(b) || depth(v) > codec.DefaultMaxDepth) {
			t.Fatalf("%q was accepted", b)
		}
		if err != nil && !errors.Is(err, codec.ErrTooDeep) && json.Unmarshal(b, new(any)) == nil {
			t.Fatalf("%q was refused: %v", b, err)
		}
		e, ok := errors.AsType[*codec.Error](err)
		if err != nil && (!ok || e.Offset > len(b)) {
			t.Fatalf("%q: %v", b, err)
		}
		_, _ = codectest.Bounded(t, typed, b, codec.Text, 400)
	})
}

// depth is how deep v nests.
func depth(v any) int {
	most := 0
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			most = max(most, depth(e))
		}
	case map[string]any:
		for _, e := range v {
			most = max(most, depth(e))
		}
	default:
		return 0
	}
	return most + 1
}
