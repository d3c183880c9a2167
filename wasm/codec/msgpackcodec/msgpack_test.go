// These tests prove that values survive, that the walk accepts exactly what msgp accepts, that no length is believed, and
// that errors say where.
package msgpackcodec_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/internal/codectest"
	"github.com/tetherscope/tetherscope/wasm/codec/msgpackcodec"
)

func chats(opts ...codec.Option) codec.Codec[chat, chat] {
	return msgpackcodec.New[chat, chat](opts...)
}

func TestThereAndBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		v := chat{
			From: rapid.StringN(1, -1, -1).Draw(r, "from"), N: rapid.Int().Draw(r, "n"),
			To:   rapid.SliceOfN(rapid.String(), 1, 40).Draw(r, "to"),
			Deep: map[string]any{"a": []any{int64(rapid.Int32().Draw(r, "a")), nil, true, "x"}},
			Room: room{"hall", rapid.SliceOfN(rapid.Float64(), 1, 9).Draw(r, "at")},
		}
		if got, message := codectest.Over(t, chats(), v); !reflect.DeepEqual(got, v) {
			t.Fatalf("% x: %+v, want %+v", message, got, v)
		}
	})
}

func TestAnyThereAndBack(t *testing.T) {
	for _, v := range []any{nil, true, int64(-7), "žluť", []byte{0}, []any{}, map[string]any{"a": []any{1.5}}, strings.Repeat("x", 1<<17)} {
		if got, message := codectest.Over(t, msgpackcodec.Any(), v); !reflect.DeepEqual(got, v) {
			t.Errorf("% .20x: %v, want %v", message, got, v)
		}
	}
	if _, _, err := msgpackcodec.Any().Append(nil, func() {}); err == nil {
		t.Error("a function became a message")
	}
}

func TestErrorsSayWhereAndWhy(t *testing.T) {
	refuses := codectest.Refuses(t, msgpackcodec.Any(codec.WithMaxDepth(3), codec.WithMaxSize(64)), codec.Binary)
	for name, r := range map[string]struct {
		message string
		at      int
		is      error
	}{
		"nothing":                      {"", 0, codec.ErrTruncated},
		"4 billion items":              {"\x92\x01\xdd\xff\xff\xff\xff", 2, codec.ErrTruncated},
		"4 billion pairs":              {"\xdf\xff\xff\xff\xff\xa0", 0, codec.ErrTruncated},
		"4 GB string":                  {"\x91\xdb\xff\xff\xff\xff", 1, codec.ErrTruncated},
		"4 GB bytes":                   {"\xc6\xff\xff\xff\xff", 0, codec.ErrTruncated},
		"4 GB extension":               {"\xc9\xff\xff\xff\xff\x01", 0, codec.ErrTruncated},
		"cut length":                   {"\xdb\xff", 0, codec.ErrTruncated},
		"cut number":                   {"\x91\xcb\x00", 1, codec.ErrTruncated},
		"fewer items than declared":    {"\x93\x91\x01\x02", 4, codec.ErrTruncated},
		"pair without its value":       {"\x82\xa0\x01\xa1a", 5, codec.ErrTruncated},
		"a second value":               {"\x01\x02", 1, codec.ErrTrailing},
		"the byte that begins nothing": {"\x91\xc1", 1, nil},
		"too deep":                     {"\x91\x91\x91\x91\x01", 3, codec.ErrTooDeep},
		"too deep, empty":              {"\x91\x91\x91\x90", 3, codec.ErrTooDeep},
		"too large":                    {strings.Repeat("\x01", 65), 64, codec.ErrTooLarge},
		"a key that is no string":      {"\x81\x01\x02", -1, nil},
	} {
		refuses(name, r.message, r.at, r.is, "")
	}
	refuses = codectest.Refuses(t, chats(), codec.Binary)
	refuses("wrong type", "\x81\xa4room\x81\xa4name\x01", -1, nil, "Room/Name")
	refuses("not valid", "\x80", -1, codec.ErrInvalid, "")
	refuses("not valid, why", "\x80", -1, errNoSender, "")
	codectest.Refuses(t, chats(), codec.Text)("text", "\x80", 0, codec.ErrMessageType, "")
	codectest.Refuses(t, msgpackcodec.Any(), codec.Text)("text", "\x80", 0, codec.ErrMessageType, "")
}

// TestMemoryIsAMultipleOfTheMessage: with the smallest items there are, of which most fit into a message.
func TestMemoryIsAMultipleOfTheMessage(t *testing.T) {
	for _, item := range []string{"\x80", "\x90", "\x01", "\xa0"} {
		message := "\xdd\x00\x10\x00\x00" + strings.Repeat(item, 1<<20)
		if _, err := codectest.Bounded(t, msgpackcodec.Any(), []byte(message), codec.Binary, 120); err != nil {
			t.Error(err)
		}
	}
}

// FuzzCheck: what Check accepts, msgp steps over to the last byte, and the other way round.
func FuzzCheck(f *testing.F) {
	f.Add([]byte("\x82\xa1a\x93\x01\xcb\x00\x00\x00\x00\x00\x00\x00\x00\xc0\xa1b\xd5\x01\x02\x03"))
	f.Add([]byte("\xdd\xff\xff\xff\xff"))
	f.Add([]byte("\xdc\x00\x02\xde\x00\x01\xc4\x01\x00\xc7\x01\x05\x00\xd9\x01a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := msgpackcodec.Check(b, codec.NewLimits())
		if errors.Is(err, codec.ErrTooDeep) {
			return
		}
		rest, want := msgp.Skip(b)
		if (err == nil) != (want == nil && len(rest) == 0) {
			t.Fatalf("% x: %v; msgp leaves %d bytes, %v", b, err, len(rest), want)
		}
	})
}

func FuzzDecode(f *testing.F) {
	message, _, err := chats().Append(nil, chat{From: "a", To: []string{"b"}, Deep: map[string]any{"x": []any{1}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(message)
	f.Add([]byte("\x81\xa2to\xdd\xff\xff\xff\xff"))
	f.Add(bytes.Repeat([]byte{0x91}, 300))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = codectest.Bounded(t, chats(), b, codec.Binary, 400)
		v, err := codectest.Bounded(t, msgpackcodec.Any(), b, codec.Binary, 400)
		if err != nil {
			return
		}
		again, _, err := msgpackcodec.Any().Append(nil, v)
		if err != nil {
			t.Fatalf("% x became %#v: %v", b, v, err)
		}
		if err := msgpackcodec.Check(again, codec.NewLimits()); err != nil {
			t.Fatalf("% x became % x: %v", b, again, err)
		}
	})
}
