package model

import (
	"errors"

	"github.com/tetherscope/tetherscope/internal/capture/decode"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// schema is a descriptor set for Protobuf payloads, and which of its messages the payloads of each direction are.
type schema struct {
	name    string
	all     *decode.Schema
	names   []string
	types   [2]string
	as      [2]*decode.Schema
	problem string
}

// maxTypesListed is how many names of messages a person can choose from.
const maxTypesListed = 2000

// SchemaDetail is the active descriptor set.
type SchemaDetail struct {
	Name    string // of the file; "" without one
	Names   []string
	Types   [2]string // chosen, by record.Dir
	Dir     record.Dir
	Problem string // why the last file was not taken; the one before stays
}

// detail returns the descriptor set for a selected message of a direction.
func (s *schema) detail(dir record.Dir) *SchemaDetail {
	return &SchemaDetail{Name: s.name, Names: s.names, Types: s.types, Dir: dir & 1, Problem: s.problem}
}

// set takes a descriptor set; without bytes it removes the one that is there. One that cannot be read changes nothing but
// the problem.
func (s *schema) set(name string, b []byte) {
	if len(b) == 0 {
		*s = schema{}
		return
	}
	all, err := decode.ParseSchema(b)
	if err != nil {
		s.problem = format.Preview([]byte(name), 80) + ": not a descriptor set: " + schemaFault(err)
		return
	}
	*s = schema{name: format.Preview([]byte(name), 80), all: all, names: all.Messages()}
	if len(s.names) == 1 {
		s.setType(record.Out, s.names[0])
		s.setType(record.In, s.names[0])
	}
	s.names = s.names[:min(len(s.names), maxTypesListed)]
}

// setType says which message of the schema the payloads of a direction are; "" for none.
func (s *schema) setType(dir record.Dir, name string) {
	if s.all == nil {
		return
	}
	as, ok := s.all.As(name)
	s.types[dir&1], s.as[dir&1] = name, as
	if !ok {
		s.types[dir&1], s.as[dir&1] = "", nil
	}
}

// schemaFault says what to do about a file that is no descriptor set.
func schemaFault(err error) string {
	var e *decode.Error
	if errors.As(err, &e) {
		return e.Error() + ". Make one with protoc --include_imports --descriptor_set_out=FILE, or buf build -o FILE"
	}
	return err.Error()
}
