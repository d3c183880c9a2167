// These tests prove that messages survive, and that an error says where, although protobuf's own errors do not. They use
// the messages that come with protobuf.
package protobufcodec_test

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/internal/codectest"
	"github.com/tetherscope/tetherscope/wasm/codec/protobufcodec"
)

func values(opts ...codec.Option) codec.Codec[*structpb.Value, *structpb.Value] {
	return protobufcodec.New[structpb.Value, structpb.Value](opts...)
}

func TestThereAndBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		v, err := structpb.NewValue(map[string]any{
			"text": rapid.String().Draw(r, "text"), "number": rapid.Float64().Draw(r, "number"),
			"list": []any{nil, true, map[string]any{"in": "it"}},
		})
		if err != nil {
			r.Skip(err) // text that is not UTF-8
		}
		got, message := codectest.Over(t, values(), v)
		var want structpb.Value
		if err := proto.Unmarshal(message, &want); err != nil || !proto.Equal(got, &want) {
			t.Fatalf("%v, %v, want %v", got, err, &want)
		}
	})
}

func TestNilIsAnEmptyMessage(t *testing.T) {
	if got, message := codectest.Over(t, values(), nil); len(message) != 0 || !proto.Equal(got, &structpb.Value{}) {
		t.Errorf("% x, %v", message, got)
	}
}

func TestErrorsSayWhereAndWhy(t *testing.T) {
	refuses := codectest.Refuses(t, protobufcodec.New[descriptorpb.FileDescriptorProto, descriptorpb.FileDescriptorProto](codec.WithMaxSize(64), codec.WithMaxDepth(3)), codec.Binary)
	refuses("cut tag", "\x0a\x01a\x80", 3, codec.ErrTruncated, "")
	refuses("length that lies", "\x0a\x01a\x12\xff\xff\xff\xff\x0f", 3, codec.ErrTruncated, "package")
	refuses("length that lies, inside", "\x0a\x01a\x22\x02\x0a\x7f", 5, codec.ErrTruncated, "message_type.name")
	refuses("field 0", "\x0a\x01a\x00\x00", 3, nil, "")
	refuses("end of no group", "\x0c", 0, nil, "")
	refuses("too large", strings.Repeat("\x0a\x00", 33), 64, codec.ErrTooLarge, "")
	refuses("too deep", "\x22\x06\x1a\x04\x1a\x02\x1a\x00", 6, codec.ErrTooDeep, "message_type.nested_type.nested_type")
}

func TestTextIsUTF8(t *testing.T) {
	codectest.Refuses(t, values(), codec.Binary)("not UTF-8", "\x1a\x02a\xff", 2, codec.ErrUTF8, "string_value")
	codectest.Refuses(t, values(), codec.Text)("a text message", "\x1a\x01a", 0, codec.ErrMessageType, "")
	b, _, err := values().Append([]byte("p"), structpb.NewStringValue("\xff"))
	if e, ok := errors.AsType[*codec.Error](err); !ok || e.Offset != -1 || string(b) != "p" {
		t.Errorf("%q, %v", b, err)
	}
}

// checked is a message with a rule of its own.
type checked struct{ structpb.Value }

var errNoText = errors.New("want text")

func (c *checked) Validate() error {
	if c.GetStringValue() == "" {
		return errNoText
	}
	return nil
}

func TestValidateIsCalled(t *testing.T) {
	refuses := codectest.Refuses(t, protobufcodec.New[checked, checked](), codec.Binary)
	refuses("not valid", "", -1, codec.ErrInvalid, "")
	refuses("not valid, why", "", -1, errNoText, "")
	if got, _ := codectest.Over(t, protobufcodec.New[checked, structpb.Value](), structpb.NewStringValue("x")); got.GetStringValue() != "x" {
		t.Error(got)
	}
}

// TestMemoryIsAMultipleOfTheMessage: with the smallest items there are, of which most fit into a message.
func TestMemoryIsAMultipleOfTheMessage(t *testing.T) {
	// Repeated empty messages: two bytes for a struct.
	message := strings.Repeat("\x22\x00", 1<<19)
	files := protobufcodec.New[descriptorpb.FileDescriptorProto, descriptorpb.FileDescriptorProto]()
	if _, err := codectest.Bounded(t, files, []byte(message), codec.Binary, 200); err != nil {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	message, _, err := values().Append(nil, structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{structpb.NewStringValue("x")}}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(message)
	f.Add([]byte("\x32\xff\xff\xff\xff\x0f"))
	f.Add([]byte("\x1a\x02a\xff"))
	files := protobufcodec.New[descriptorpb.FileDescriptorProto, descriptorpb.FileDescriptorProto]()
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := codectest.Bounded(t, files, b, codec.Binary, 1000)
		if e, ok := errors.AsType[*codec.Error](err); err != nil && (!ok || e.Offset > len(b)) {
			t.Fatalf("% x: %v", b, err)
		}
		v, err := codectest.Bounded(t, values(), b, codec.Binary, 1000)
		if want := proto.Unmarshal(b, &structpb.Value{}); want != nil && err == nil {
			t.Fatalf("% x became %v; protobuf says %v", b, v, want)
		}
	})
}
