package engine

import (
	"errors"
	"strconv"
	"time"
)

// The values that the machine decides about. Package tether has public types of the same shape.

// State is where a client is in its life.
type State uint8

// The states. Closed is final.
const (
	Idle State = iota
	Connecting
	Open
	Waiting
	Paused
	Closing
	Closed
)

var stateNames = [...]string{"Idle", "Connecting", "Open", "Waiting", "Paused", "Closing", "Closed"}

// String returns the name of the constant.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// Target is where one attempt connects to.
type Target struct {
	URL          string
	Subprotocols []string
	Header       map[string][]string
}

// Attempt is what the endpoint provider is asked for.
type Attempt struct {
	Number int // from 1, counted from the last good connection
	Cause  error
}

// CloseInfo is how a connection, or an attempt, ended.
type CloseInfo struct {
	Code   Code
	Reason string
	Clean  bool // the closing handshake was completed
	Opened bool // the connection had been open
	Err    error
	Peer   bool // the peer is known to have begun the closing handshake, though we asked for one
}

// Decision is what follows the end of a connection or attempt.
type Decision struct {
	Stop   bool
	After  time.Duration
	Spread time.Duration
	Rule   string
}

// The errors that the machine itself reports. Package tether exports them.
var (
	ErrClosed         = errors.New("tether: client is closed")
	ErrMessageTooBig  = errors.New("tether: message is larger than the limit")
	ErrInboxFull      = errors.New("tether: inbox is full")
	ErrConnectTimeout = errors.New("tether: connect timeout")
	ErrCloseTimeout   = errors.New("tether: peer did not answer the close frame in time")
	ErrHeartbeat      = errors.New("tether: no answer to the heartbeat")
	ErrPageHidden     = errors.New("tether: the page was hidden")
	ErrPageCached     = errors.New("tether: the page was put into the back/forward cache")
)
