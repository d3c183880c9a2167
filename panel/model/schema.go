package model

import (
	"errors"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/decode"
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

// SchemaDetail is the descriptor set in force.
type SchemaDetail struct {
	Name    string // of the file; "" without one
	Names   []string
	Types   [2]string // chosen, by record.Dir
	Dir     record.Dir
	Problem string // why the last file was not taken; the one before stays
}

// Schema returns the descriptor set in force.
func (m *Model) Schema() SchemaDetail { return *m.schemaDetail() }

func (m *Model) schemaDetail() *SchemaDetail {
	s := &m.schema
	return &SchemaDetail{Name: s.name, Names: s.names, Types: s.types, Dir: m.detail.rec.Dir & 1, Problem: s.problem}
}

// setSchema takes a descriptor set. One that cannot be read changes nothing but the problem.
func (m *Model) setSchema(name string, b []byte) {
	if len(b) == 0 {
		m.schema = schema{}
		m.reread()
		return
	}
	all, err := decode.ParseSchema(b)
	if err != nil {
		m.schema.problem = preview([]byte(name), 80) + " is not taken: " + schemaFault(err)
		return
	}
	m.schema = schema{name: preview([]byte(name), 80), all: all, names: all.Messages()}
	if len(m.schema.names) == 1 {
		m.setMessageType(record.Out, m.schema.names[0])
		m.setMessageType(record.In, m.schema.names[0])
	}
	m.schema.names = m.schema.names[:min(len(m.schema.names), maxTypesListed)]
	m.reread()
}

// schemaFault says what to do about a file that is no descriptor set.
func schemaFault(err error) string {
	var e *decode.Error
	if errors.As(err, &e) {
		return e.Error() + ". Make one with protoc --include_imports --descriptor_set_out=FILE, or buf build -o FILE"
	}
	return err.Error()
}

func (m *Model) setMessageType(dir record.Dir, name string) {
	s := &m.schema
	if s.all == nil {
		return
	}
	as, ok := s.all.As(name)
	s.types[dir&1], s.as[dir&1] = name, as
	if !ok {
		s.types[dir&1], s.as[dir&1] = "", nil
	}
	m.reread()
}
