package model

import (
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// maxName is how many bytes of a connection's path are shown.
const maxName = 1024

// Called returns what the connection is called: path and query of its URL, or its number when its request was not seen. Hidden
// characters are visible in it.
func (k *Conn) Called() string {
	if k.Path == "" {
		return "connection " + ConnLabel(k.ID)
	}
	return format.Preview([]byte(k.Path), maxName)
}

// maxListed is how many characters of a name the list of connections shows: three lines of it at its usual width.
const maxListed = 40

// Listed returns [Conn.Called] for a list: of a long name the beginning and the end, in which the names of one server differ.
func (k *Conn) Listed() string { return format.Middle(k.Called(), maxListed) }

// FullName returns [Conn.Called] and what stands beside it.
func (k *Conn) FullName() string {
	if k.Beside == "" {
		return k.Called()
	}
	return k.Called() + " (" + format.Preview([]byte(k.Beside), maxName) + ")"
}
