package decode

import (
	"slices"
	"strings"
)

// Schema is the messages of a descriptor set, as "protoc --descriptor_set_out" and "buf build" write it. It is read by
// hand, by the same walk as any other message: google.golang.org/protobuf's dynamic messages would add more to the panel
// than all decoders together.
type Schema struct {
	messages map[string]*message
	enums    map[string]map[int64]string
	root     *message
	rootName string
}

// message is one type of message; nil knows no field.
type message struct{ fields map[uint64]*descriptor }

func (m *message) field(number uint64) *descriptor {
	if m == nil {
		return nil
	}
	return m.fields[number]
}

// descriptor is one field of a message.
type descriptor struct {
	name     string
	kind     uint64 // FieldDescriptorProto.Type
	typeName string
	message  *message
	enum     map[int64]string
}

// The types of fields (FieldDescriptorProto.Type in descriptor.proto).
const (
	protoDouble = iota + 1
	protoFloat
	protoInt64
	protoUint64
	protoInt32
	protoFixed64
	protoFixed32
	protoBool
	protoString
	protoGroup
	protoMessage
	protoBytes
	protoUint32
	protoEnum
	protoSfixed32
	protoSfixed64
	protoSint32
	protoSint64
)

// Limits of a descriptor set.
const (
	maxSchema   = 4 << 20 // bytes
	maxMessages = 20_000
)

// ParseSchema reads a FileDescriptorSet of 4 MiB at most. [Schema.As] chooses which of its messages the payloads are.
func ParseSchema(b []byte) (*Schema, error) {
	if len(b) > maxSchema {
		return nil, fault(maxSchema, "a descriptor set of more than 4 MiB")
	}
	s := &Schema{messages: map[string]*message{}, enums: map[string]map[int64]string{}}
	err := each(b, 1, func(file []byte) error {
		pkg := ""
		if p := string(first(file, 2)); p != "" {
			pkg = "." + p
		}
		if err := each(file, 5, func(e []byte) error { return s.enum(pkg, e) }); err != nil {
			return err
		}
		return each(file, 4, func(m []byte) error { return s.message(pkg, m, 0) })
	})
	if err != nil {
		return nil, err
	}
	if len(s.messages) == 0 {
		return nil, fault(0, "no message is in this descriptor set; make one with protoc --include_imports --descriptor_set_out")
	}
	s.link()
	return s, nil
}

// Messages returns the full names of the messages, sorted.
func (s *Schema) Messages() []string {
	out := make([]string, 0, len(s.messages))
	for name := range s.messages {
		out = append(out, strings.TrimPrefix(name, "."))
	}
	slices.Sort(out)
	return out
}

// As returns the schema for payloads that are messages called name; ok is false when there is none.
func (s *Schema) As(name string) (as *Schema, ok bool) {
	m := s.messages["."+name]
	out := *s
	out.root, out.rootName = m, name
	return &out, m != nil
}

// each calls do for every field of a message with a number and a length.
func each(b []byte, number uint64, do func([]byte) error) error {
	for i := 0; i < len(b); {
		f, err := readField(b, i, len(b))
		if err != nil {
			return err
		}
		if f.number == number && f.wire == 2 {
			if err := do(b[f.from:f.end]); err != nil {
				return err
			}
		}
		i = f.end
	}
	return nil
}

func first(b []byte, number uint64) (out []byte) {
	_ = each(b, number, func(v []byte) error { // errors are found by the caller that walks b
		if out == nil {
			out = v
		}
		return nil
	})
	return out
}

func firstNumber(b []byte, number uint64) uint64 {
	for i := 0; i < len(b); {
		f, err := readField(b, i, len(b))
		if err != nil {
			return 0
		}
		if f.number == number && f.wire == 0 {
			return f.v
		}
		i = f.end
	}
	return 0
}

func (s *Schema) message(scope string, b []byte, depth int) error {
	name := scope + "." + string(first(b, 1))
	if len(s.messages) >= maxMessages || depth > maxDepth {
		return fault(0, "a descriptor set with too many messages")
	}
	m := &message{fields: map[uint64]*descriptor{}}
	s.messages[name] = m
	if err := each(b, 4, func(e []byte) error { return s.enum(name, e) }); err != nil {
		return err
	}
	if err := each(b, 3, func(inner []byte) error { return s.message(name, inner, depth+1) }); err != nil {
		return err
	}
	return each(b, 2, func(f []byte) error {
		m.fields[firstNumber(f, 3)] = &descriptor{name: string(first(f, 1)), kind: firstNumber(f, 5), typeName: string(first(f, 6))}
		return nil
	})
}

func (s *Schema) enum(scope string, b []byte) error {
	values := map[int64]string{}
	s.enums[scope+"."+string(first(b, 1))] = values
	return each(b, 2, func(v []byte) error {
		values[int64(firstNumber(v, 2))] = string(first(v, 1))
		return nil
	})
}

// link puts types in the place of their names.
func (s *Schema) link() {
	for _, m := range s.messages {
		for _, d := range m.fields {
			d.message, d.enum = s.messages[d.typeName], s.enums[d.typeName]
		}
	}
}
