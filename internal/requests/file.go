package requests

import (
	"fmt"
	"time"

	"github.com/tetherscope/tetherscope/scope/act"
)

// Bounds of a file.
const (
	MaxFile     = 1 << 20 // bytes
	MaxRequests = 200
	MaxSteps    = 1000 // of a request
	MaxWithin   = 10 * time.Minute

	defaultWithin = 5 * time.Second
)

// Position is where something stands in a file, from 1 up.
type Position struct{ Line, Column int }

// Error is what is wrong in a file.
type Error struct {
	File string
	Position
	Text string
}

// Error returns the place and what is wrong there.
func (e *Error) Error() string { return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text) }

// NoValueError is about a variable that has no value.
type NoValueError struct {
	Variable string
	At       *Error
}

// Error returns the place and what is wrong there.
func (e *NoValueError) Error() string { return e.At.Error() }

// Unwrap returns the [*Error] with the place.
func (e *NoValueError) Unwrap() error { return e.At }

// File is a file that was read.
type File struct {
	Name     string
	Vars     map[string]string
	Requests []Request

	varsAt map[string]Position
}

// Request is one connection and what is done with it. Its texts may have variables.
type Request struct {
	Position
	Name         string
	URL          string
	Header       []string // "Name: value"
	Subprotocols []string
	Insecure     bool   // the server's certificate is not verified
	CA           string // certificates in PEM: trust only these
	CAFile       string // a file with them
	Within       time.Duration
	Steps        []Step
}

// Kind is what a step does.
type Kind string

// The kinds of steps. Each is a key of the file.
const (
	Open   Kind = "open"   // of the connection; no key, the first step of every request
	Send   Kind = "send"   // a text message
	JSON   Kind = "json"   // a text message that is JSON; variables inside its strings are escaped
	Binary Kind = "binary" // a binary message, in hexadecimal digits
	Wait   Kind = "wait"   // until a message matches a filter; others are passed over
	Expect Kind = "expect" // the next message, which must match a filter
	Close  Kind = "close"  // with a code
	Closed Kind = "closed" // by the server, with a code
)

// Step is one thing that is done with a connection. Its text may have variables.
type Step struct {
	Position
	Kind   Kind
	Text   string // the message or the filter; the digits of a code
	Code   uint16
	Reason string
	Within time.Duration
	Save   []Save // in the order of their names
}

// Save is a value that a step takes from its message.
type Save struct {
	Name string // of the variable
	Path string // in JSON, such as $.session.id
}

// Outline lists what the file has.
func (f *File) Outline() act.RequestsChecked {
	out := act.RequestsChecked{Requests: []act.RequestOutline{}}
	for i := range f.Requests {
		q := &f.Requests[i]
		out.Requests = append(out.Requests, act.RequestOutline{Name: q.Name, URL: q.URL, Line: q.Line, Steps: len(q.Steps)})
	}
	return out
}
