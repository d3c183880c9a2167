package wire

import (
	"errors"
	"strconv"
)

// The close codes that a [Reader] asks for (RFC 6455 §7.4.1).
const (
	ProtocolError = 1002
	InvalidData   = 1007
	TooBig        = 1009
	noStatus      = 1005
)

// ErrTooBig says that a message is larger than the limit.
var ErrTooBig = errors.New("message is larger than the limit")

// Violation is what a server sent against the protocol. The connection must be failed (RFC 6455 §7.1.7).
type Violation struct {
	Code    int    // to close with: ProtocolError or InvalidData
	Problem string // what, and the section
}

func (v *Violation) Error() string { return "the server violated the protocol: " + v.Problem }

// Close is the server's close frame.
type Close struct {
	Code   int // 1005: it carried none
	Reason string
}

func (c *Close) Error() string { return "the server closed with " + strconv.Itoa(c.Code) }

func violation(problem string) error { return &Violation{ProtocolError, problem} }
func invalid(problem string) error   { return &Violation{InvalidData, problem} }
