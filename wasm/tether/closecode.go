package tether

import (
	"runtime"
	"strconv"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// Code is a WebSocket close code (RFC 6455 §7.4).
type Code uint16

// The close codes that RFC 6455 §7.4.1 and the IANA registry name.
const (
	CodeNormalClosure   Code = 1000
	CodeGoingAway       Code = 1001
	CodeProtocolError   Code = 1002
	CodeUnsupportedData Code = 1003
	CodeNoStatus        Code = 1005 // never on the wire: the close frame had no code
	CodeAbnormalClosure Code = 1006 // never on the wire: there was no close frame
	CodeInvalidPayload  Code = 1007
	CodePolicyViolation Code = 1008
	CodeMessageTooBig   Code = 1009
	CodeMissingExtent   Code = 1010
	CodeInternalError   Code = 1011
	CodeServiceRestart  Code = 1012
	CodeTryAgainLater   Code = 1013
	CodeBadGateway      Code = 1014
	CodeUnauthorized    Code = 3000
	CodeForbidden       Code = 3003
)

// browser reports whether the platform's WebSocket is a browser's, whose close() takes 1000 and 3000–4999 only.
const browser = runtime.GOOS == "js"

// Target is where one attempt connects to. The zero value is the URL and subprotocols of the client.
type Target struct {
	URL          string              // ws, wss, http or https; in a browser also relative to the page
	Subprotocols []string            // offered in this order
	Header       map[string][]string // added to those of WithHeader, whose fields of the same name it replaces; a browser cannot, and ignores it
}

// CloseInfo is how a connection, or an attempt, ended.
type CloseInfo struct {
	Code   Code   // 1005: close frame without code. 1006: no close frame, or the attempt failed
	Reason string // as the peer gave it, at most 123 bytes
	Clean  bool   // the closing handshake was completed
	Opened bool   // the connection had been open
	Err    error  // what the platform reports beyond that; browsers report nothing
	peer   bool   // the peer is known to have begun the closing handshake, though we asked for one
}

// closeInfo converts what the machine knows.
func closeInfo(c engine.CloseInfo) CloseInfo {
	return CloseInfo{Code(c.Code), c.Reason, c.Clean, c.Opened, c.Err, c.Peer}
}

// engine converts c for the machine.
func (c CloseInfo) engine() *engine.CloseInfo {
	return &engine.CloseInfo{Code: engine.Code(c.Code), Reason: c.Reason, Clean: c.Clean, Opened: c.Opened, Err: c.Err, Peer: c.peer}
}

// CloseError is a [CloseInfo] as an error: the cause in events, and below [StopError].
type CloseError struct{ CloseInfo }

// Error returns for example `connection closed: 4001 "token expired"` or `cannot connect: …`.
func (e *CloseError) Error() string {
	s := "connection closed: " + strconv.Itoa(int(e.Code))
	switch {
	case !e.Opened:
		s = "cannot connect"
	case e.Code == CodeAbnormalClosure:
		s = "connection lost"
	}
	if e.Reason != "" {
		s += " " + quote(e.Reason)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the error of the platform.
func (e *CloseError) Unwrap() error { return e.Err }
