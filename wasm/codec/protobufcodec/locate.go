package protobufcodec

import (
	"errors"
	"io"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// locate says where, and in which field, b is not a message of the kind that d describes, and why, where decoding gave
// err. The offset is -1 if it finds nothing wrong itself.
func locate(b []byte, d protoreflect.MessageDescriptor, depth int, err error) (at int, path string, reason error) {
	f := finder{depth: depth}
	if f.message(b, 0, "", d, 1); f.err == nil {
		return -1, "", err
	}
	return f.at, f.path, errors.Join(f.err, err)
}

// finder walks a message beside its descriptor and stops at the first thing that is wrong.
type finder struct {
	depth int
	at    int
	path  string
	err   error
}

func (f *finder) stop(at int, path string, err error) { f.at, f.path, f.err = at, path, err }

// message walks one message that begins at byte base of the whole and stands level levels deep.
func (f *finder) message(b []byte, base int, path string, d protoreflect.MessageDescriptor, level int) {
	if level > f.depth {
		f.stop(base, path, codec.ErrTooDeep)
		return
	}
	for at := 0; at < len(b) && f.err == nil; {
		number, wire, tag := protowire.ConsumeTag(b[at:])
		if tag < 0 {
			f.stop(base+at, path, broken(tag))
			return
		}
		field := d.Fields().ByNumber(number)
		below := join(path, field)
		size := protowire.ConsumeFieldValue(number, wire, b[at+tag:])
		if size < 0 {
			f.stop(base+at, below, broken(size))
			return
		}
		if field != nil && wire == protowire.BytesType {
			content, _ := protowire.ConsumeBytes(b[at+tag:])
			f.field(content, base+at+tag+size-len(content), below, field, level)
		}
		at += tag + size
	}
}

// field looks into what a field with a length contains.
func (f *finder) field(content []byte, base int, path string, field protoreflect.FieldDescriptor, level int) {
	if field.Kind() == protoreflect.StringKind && !utf8.Valid(content) {
		f.stop(base, path, codec.ErrUTF8)
	}
	if field.Kind() == protoreflect.MessageKind {
		f.message(content, base, path, field.Message(), level+1)
	}
}

// broken is the reason for a negative size of protowire.
func broken(size int) error {
	err := protowire.ParseError(size)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return codec.ErrTruncated
	}
	return err
}

func join(path string, field protoreflect.FieldDescriptor) string {
	switch {
	case field == nil:
		return path
	case path == "":
		return string(field.Name())
	}
	return path + "." + string(field.Name())
}
