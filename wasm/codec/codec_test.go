// These tests prove that values survive the way there and back, that the limits hold, and that an error says where, in
// what type, and why.
package codec_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// over encodes v after a prefix, which must stay as it is, and decodes the message.
func over[T any](t *testing.T, c codec.Codec[T, T], v T) (T, codec.MessageType) {
	t.Helper()
	var out T
	b, typ, err := c.Append([]byte("prefix"), v)
	if err != nil {
		t.Fatal(err)
	}
	if string(b[:6]) != "prefix" {
		t.Fatalf("the prefix became %q", b[:6])
	}
	if err := c.Decode(b[6:], typ, &out); err != nil {
		t.Fatal(err)
	}
	return out, typ
}

func TestValuesSurvive(t *testing.T) {
	for _, s := range []string{"", "x", "žluť 🐎", "\x00"} {
		if got, typ := over(t, codec.String(), s); got != s || typ != codec.Text {
			t.Errorf("%q became %q, %v", s, got, typ)
		}
	}
	for _, b := range [][]byte{{}, {0, 0xFF}} {
		if got, typ := over(t, codec.Bytes(), b); !slices.Equal(got, b) || typ != codec.Binary {
			t.Errorf("%v became %v, %v", b, got, typ)
		}
	}
	for _, m := range []codec.Message{{codec.Text, []byte("é")}, {codec.Binary, []byte{0xFF}}} {
		if got, typ := over(t, codec.Raw(), m); got.Type != m.Type || typ != m.Type || !slices.Equal(got.Data, m.Data) {
			t.Errorf("%v became %v", m, got)
		}
	}
	floats := []float32{0, -0, 1.5, math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Inf(-1))}
	if got, typ := over(t, codec.Array[float32](), floats); !slices.Equal(got, floats) || typ != codec.Binary {
		t.Errorf("%v became %v", floats, got)
	}
}

func TestErrorsSayWhereAndWhy(t *testing.T) {
	var floats []float32
	var s string
	var b []byte
	var m codec.Message
	for name, test := range map[string]struct {
		err error
		at  int
		is  error
		is2 string
	}{
		"cut number":       {codec.Array[float32]().Decode(make([]byte, 10), codec.Binary, &floats), 8, codec.ErrTruncated, "[]float32"},
		"floats as text":   {codec.Array[float32]().Decode([]byte("1234"), codec.Text, &floats), 0, codec.ErrMessageType, "[]float32"},
		"binary to text":   {codec.String().Decode([]byte("ab\xff"), codec.Binary, &s), 2, codec.ErrUTF8, "string"},
		"cut rune":         {second(codec.String().Append(nil, "é\xe2\x82")), 2, codec.ErrUTF8, "string"},
		"raw text":         {second(codec.Raw().Append(nil, codec.Message{Type: codec.Text, Data: []byte{0xC0}})), 0, codec.ErrUTF8, "codec.Message"},
		"no type":          {second(codec.Raw().Append(nil, codec.Message{})), -1, codec.ErrMessageType, "codec.Message"},
		"array over limit": {codec.Array[float32](codec.WithMaxSize(4)).Decode(make([]byte, 8), codec.Binary, &floats), 4, codec.ErrTooLarge, "[]float32"},
		"text over limit":  {codec.String(codec.WithMaxSize(4)).Decode(make([]byte, 8), codec.Text, &s), 4, codec.ErrTooLarge, "string"},
		"bytes over limit": {codec.Bytes(codec.WithMaxSize(4)).Decode(make([]byte, 8), codec.Binary, &b), 4, codec.ErrTooLarge, "[]byte"},
		"raw over limit":   {codec.Raw(codec.WithMaxSize(4)).Decode(make([]byte, 8), codec.Binary, &m), 4, codec.ErrTooLarge, "codec.Message"},
	} {
		e, ok := errors.AsType[*codec.Error](test.err)
		if !ok || e.Offset != test.at || !errors.Is(e, test.is) || e.Type != test.is2 {
			t.Errorf("%s: %#v, want byte %d, %v", name, e, test.at, test.is)
		}
	}
	// U+FFFD itself is good UTF-8.
	if err := second(codec.String().Append(nil, "\ufffd")); err != nil {
		t.Error(err)
	}
}

func second(_ []byte, _ codec.MessageType, err error) error { return err }

func TestAnErrorReadsWell(t *testing.T) {
	for want, e := range map[string]codec.Error{
		"codec raw: no": {Codec: "raw", Offset: -1, Err: errors.New("no")},
		"codec json: main.T: at user.name: byte 7: no": {Codec: "json", Type: "main.T", Offset: 7, Path: "user.name", Err: errors.New("no")},
	} {
		if e.Error() != want {
			t.Errorf("%q, want %q", e.Error(), want)
		}
	}
}

func TestLimitsHaveDefaults(t *testing.T) {
	for _, test := range []struct {
		opts []codec.Option
		want codec.Limits
	}{
		{nil, codec.Limits{Size: codec.DefaultMaxSize, Depth: codec.DefaultMaxDepth}},
		{[]codec.Option{codec.WithMaxSize(-1), codec.WithMaxDepth(0)}, codec.Limits{Size: codec.DefaultMaxSize, Depth: codec.DefaultMaxDepth}},
		{[]codec.Option{codec.WithMaxSize(1), codec.WithMaxDepth(2)}, codec.Limits{Size: 1, Depth: 2}},
	} {
		if got := codec.NewLimits(test.opts...); got != test.want {
			t.Errorf("%+v, want %+v", got, test.want)
		}
	}
}

type byValue int

func (v byValue) Validate() error { return refuse(int(v)) }

type byPointer struct{ n int }

func (v *byPointer) Validate() error { return refuse(v.n) }

var errOdd = errors.New("odd")

func refuse(n int) error {
	if n%2 != 0 {
		return errOdd
	}
	return nil
}

func TestValidateFindsTheMethod(t *testing.T) {
	odd, even := byValue(1), byValue(2)
	pointer, plain := &byPointer{1}, 1
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"value":            {codec.Validate("test", "T", &odd), true},
		"valid":            {codec.Validate("test", "T", &even), false},
		"pointer receiver": {codec.Validate("test", "T", pointer), true},
		"pointer type":     {codec.Validate("test", "T", &pointer), true},
		"no method":        {codec.Validate("test", "T", &plain), false},
	} {
		if got := errors.Is(test.err, codec.ErrInvalid) && errors.Is(test.err, errOdd); got != test.want || (test.err != nil) != test.want {
			t.Errorf("%s: %v", name, test.err)
		}
	}
}
