// These tests prove that values survive, that the walk accepts exactly what fxamacker/cbor calls well-formed, that no
// length is believed, and that errors say where.
package cborcodec_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/cborcodec"
	"github.com/tetherscope/tetherscope/wasm/codec/internal/codectest"
)

type chat struct {
	From string         `json:"from"`
	N    int            `cbor:"1,keyasint"`
	To   []string       `json:"to"`
	At   time.Time      `json:"at"`
	Deep map[string]any `json:"deep"`
}

var errNoSender = errors.New("it has no sender")

// Validate is called for each chat that arrives.
func (c chat) Validate() error {
	if c.From == "" {
		return errNoSender
	}
	return nil
}

func chats(opts ...codec.Option) codec.Codec[chat, chat] { return cborcodec.New[chat, chat](opts...) }

func TestThereAndBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		v := chat{
			From: rapid.StringN(1, -1, -1).Draw(r, "from"), N: rapid.Int().Draw(r, "n"),
			To:   rapid.SliceOfN(rapid.String(), 1, 40).Draw(r, "to"),
			At:   time.Unix(rapid.Int64Range(0, 1<<32).Draw(r, "s"), rapid.Int64Range(0, 999_999_999).Draw(r, "ns")).UTC(),
			Deep: map[string]any{"a": []any{uint64(7), nil, true, "x"}},
		}
		got, message := codectest.Over(t, chats(), v)
		if !got.At.Equal(v.At) {
			t.Fatalf("%v became %v", v.At, got.At)
		}
		if got.At = v.At; !reflect.DeepEqual(got, v) {
			t.Fatalf("% x: %+v, want %+v", message, got, v)
		}
		var want chat
		if err := cbor.Unmarshal(message, &want); err != nil {
			t.Fatal(err)
		}
	})
}

// TestExamplesOfTheRFC: values of RFC 8949 appendix A, encoded.
func TestExamplesOfTheRFC(t *testing.T) {
	for message, want := range map[string]any{
		"00": uint64(0), "1818": uint64(24), "1bffffffffffffffff": uint64(math.MaxUint64), "20": int64(-1), "f93c00": 1.0,
		"fb3ff199999999999a": 1.1, "f4": false, "f6": nil, "4401020304": []byte{1, 2, 3, 4}, "63e6b0b4": "水", "80": []any{},
		"8301820203820405":                 []any{uint64(1), []any{uint64(2), uint64(3)}, []any{uint64(4), uint64(5)}},
		"a201020304":                       map[any]any{uint64(1): uint64(2), uint64(3): uint64(4)},
		"5f42010243030405ff":               []byte{1, 2, 3, 4, 5},
		"9f018202039f0405ffff":             []any{uint64(1), []any{uint64(2), uint64(3)}, []any{uint64(4), uint64(5)}},
		"bf61610161629f0203ffff":           map[any]any{"a": uint64(1), "b": []any{uint64(2), uint64(3)}},
		"7f657374726561646d696e67ff":       "streaming",
		"826161bf61626163ff":               []any{"a", map[any]any{"b": "c"}},
		"c11a514b67b0":                     time.Unix(1363896240, 0),
		"d74401020304":                     cbor.Tag{Number: 23, Content: []byte{1, 2, 3, 4}},
		"9f0102030405060708090a0b0c0d0eff": []any{uint64(1), uint64(2), uint64(3), uint64(4), uint64(5), uint64(6), uint64(7), uint64(8), uint64(9), uint64(10), uint64(11), uint64(12), uint64(13), uint64(14)},
	} {
		b, _ := hex.DecodeString(message)
		var got any
		if err := cborcodec.New[any, any]().Decode(b, codec.Binary, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v, want %#v", message, got, err, want)
		}
	}
}

func TestErrorsSayWhereAndWhy(t *testing.T) {
	refuses := codectest.Refuses(t, cborcodec.New[any, any](codec.WithMaxDepth(3), codec.WithMaxSize(64)), codec.Binary)
	for name, r := range map[string]struct {
		message string
		at      int
		is      error
	}{
		"nothing":                   {"", 0, codec.ErrTruncated},
		"2^64-1 items":              {"\x82\x01\x9b\xff\xff\xff\xff\xff\xff\xff\xff", 2, codec.ErrTruncated},
		"2^63 pairs":                {"\xbb\x80\x00\x00\x00\x00\x00\x00\x00\x00", 0, codec.ErrTruncated},
		"2^62 pairs":                {"\xbb\x40\x00\x00\x00\x00\x00\x00\x00\x00", 0, codec.ErrTruncated},
		"2^64-1 bytes of text":      {"\x81\x7b\xff\xff\xff\xff\xff\xff\xff\xff", 1, codec.ErrTruncated},
		"cut length":                {"\x5a\xff", 0, codec.ErrTruncated},
		"cut number":                {"\x81\xfb\x00", 1, codec.ErrTruncated},
		"fewer items than declared": {"\x83\x81\x01\x02", 4, codec.ErrTruncated},
		"endless and then ended":    {"\x9f\x01", 2, codec.ErrTruncated},
		"tag of nothing":            {"\xc1", 0, codec.ErrTruncated},
		"a second value":            {"\x01\x02", 1, codec.ErrTrailing},
		"reserved":                  {"\x81\x1c", 1, nil},
		"endless number":            {"\x81\x1f", 1, nil},
		"break of nothing":          {"\x81\xff", 1, nil},
		"half a pair":               {"\xbf\x01\xff", 2, nil},
		"chunk of another type":     {"\x5f\x61a\xff", 1, nil},
		"chunk in chunks":           {"\x5f\x5f\xff\xff", 1, nil},
		"simple value too long":     {"\x81\xf8\x10", 1, nil},
		"too deep":                  {"\x81\x81\x81\x81\x01", 3, codec.ErrTooDeep},
		"too deep by tags":          {"\xc6\xc6\xc6\xc6\x01", 3, codec.ErrTooDeep},
		"too deep, endless":         {"\x9f\x9f\x9f\x9f\xff\xff\xff\xff", 3, codec.ErrTooDeep},
		"too large":                 {strings.Repeat("\x01", 65), 64, codec.ErrTooLarge},
		"the same key twice":        {"\xa2\x01\x02\x01\x02", -1, nil},
		"not UTF-8":                 {"\x61\xff", -1, nil},
	} {
		refuses(name, r.message, r.at, r.is, "")
	}
	refuses = codectest.Refuses(t, chats(), codec.Binary)
	refuses("wrong type", "\xa1\x62to\x01", -1, nil, "to")
	refuses("not valid", "\xa0", -1, codec.ErrInvalid, "")
	refuses("not valid, why", "\xa0", -1, errNoSender, "")
	codectest.Refuses(t, chats(), codec.Text)("text", "\xa0", 0, codec.ErrMessageType, "")
	b, _, err := cborcodec.New[any, any]().Append([]byte("p"), func() {})
	if e, ok := errors.AsType[*codec.Error](err); !ok || e.Offset != -1 || string(b) != "p" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestMemoryIsAMultipleOfTheMessage: with the smallest items there are, of which most fit into a message.
func TestMemoryIsAMultipleOfTheMessage(t *testing.T) {
	for _, item := range []string{"\x80", "\xa0", "\x01", "\x60"} {
		message := "\x9a\x00\x10\x00\x00" + strings.Repeat(item, 1<<20)
		if _, err := codectest.Bounded(t, cborcodec.New[any, any](), []byte(message), codec.Binary, 120); err != nil {
			t.Error(err)
		}
	}
}

// FuzzCheck: what Check accepts is what the library calls well-formed, within the depth.
func FuzzCheck(f *testing.F) {
	f.Add([]byte("\xa2\x61a\x83\x01\xfb\x00\x00\x00\x00\x00\x00\x00\x00\xf6\x61b\xc2\x41\x01"))
	f.Add([]byte("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Add([]byte("\x5f\x41\x00\xff"))
	f.Add([]byte("\xbf\x01\x9f\xff\xff"))
	mode, err := cbor.DecOptions{MaxNestedLevels: math.MaxUint16, MaxArrayElements: math.MaxInt32, MaxMapPairs: math.MaxInt32}.DecMode()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		err := cborcodec.Check(b, codec.NewLimits())
		if errors.Is(err, codec.ErrTooDeep) {
			return
		}
		if want := mode.Wellformed(b); (err == nil) != (want == nil) {
			t.Fatalf("% x: %v; the library says %v", b, err, want)
		}
	})
}

func FuzzDecode(f *testing.F) {
	message, _, err := chats().Append(nil, chat{From: "a", To: []string{"b"}, Deep: map[string]any{"x": []any{1}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(message)
	f.Add([]byte("\xa1\x62to\x9b\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Add(bytes.Repeat([]byte{0x81}, 300))
	anything, typed := cborcodec.New[any, any](), chats()
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = codectest.Bounded(t, typed, b, codec.Binary, 400)
		v, err := codectest.Bounded(t, anything, b, codec.Binary, 400)
		if err != nil {
			return
		}
		if _, _, err := anything.Append(nil, v); err != nil {
			t.Fatalf("% x became %#v: %v", b, v, err)
		}
	})
}
