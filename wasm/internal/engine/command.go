package engine

import "time"

// CommandKind is what the shell is to do.
type CommandKind uint8

// The kinds of [Command], with the fields that they use.
const (
	CommandResolve   CommandKind = iota // ask the endpoint provider: attempt
	CommandForget                       // the endpoint provider's answer is not wanted any more
	CommandDial                         // dial target
	CommandFlush                        // offer the outbox to the connection, then report EventFlushed
	CommandWatch                        // report EventDrained once no more than mark bytes are buffered
	CommandDeliver                      // put the event's message into the inbox
	CommandThrottle                     // stop reading from the connection if it can
	CommandRelease                      // read on
	CommandCloseConn                    // begin the closing handshake: code, reason
	CommandAbandon                      // let go of the connection
	CommandArm                          // start timer for delay under id
	CommandDisarm                       // stop timer
	CommandNotify                       // notify the listeners: Notice
	CommandPing                         // send the heartbeat's ping: id is the nonce
	CommandExamine                      // find out why attempts at target fail: err is a CloseError
	CommandFinish                       // the client is closed for good: err
)

// Command is one thing to do, with what belongs to it.
type Command struct {
	Kind       CommandKind
	Timer      Timer
	Generation uint32
	ID         uint32
	Delay      time.Duration
	Mark       int
	Attempt    *Attempt
	Target     *Target
	Code       Code
	Reason     string
	Notice     Notice
	Err        error
}

// Notice is what the listeners are notified of: one of the types below.
type Notice interface{ notice() }

type (
	// StateChanged comes with every change of state.
	StateChanged struct {
		Old, New State
		Cause    error
	}
	// Opened comes when a connection is open.
	Opened struct {
		Attempt     int
		Subprotocol string
		Extensions  string
		Resumed     bool
	}
	// Lost comes when an open connection ended.
	Lost struct {
		CloseInfo
		Unflushed int // bytes that had not left the process
	}
	// Retrying comes when the next attempt is planned.
	Retrying struct {
		Attempt int
		Delay   time.Duration
		Cause   error
		Rule    string
	}
	// PongReceived comes when the peer answered a ping.
	PongReceived struct{ RTT time.Duration }
	// Diagnosed comes when the reason why attempts fail was found.
	Diagnosed struct{ Finding error }
)

func (StateChanged) notice() {}
func (Opened) notice()       {}
func (Lost) notice()         {}
func (Retrying) notice()     {}
func (PongReceived) notice() {}
func (Diagnosed) notice()    {}
