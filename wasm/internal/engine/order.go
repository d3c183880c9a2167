package engine

import "time"

// OrderKind is what JS is to do. static/tether/engine.mjs has the same numbers.
type OrderKind uint8

// The kinds of [Order], with the fields that they use.
const (
	OrderDial      OrderKind = iota // begin an attempt: Generation
	OrderAbandon                    // let go of the current connection: its events are ignored from now on
	OrderCloseConn                  // begin the closing handshake: Code, Reason
	OrderArm                        // send StepFired with Timer and ID after Delay; it replaces the delay that Timer had
	OrderDisarm                     // stop Timer
	OrderState                      // notify the listeners: State, Cause
	OrderRetrying                   // notify the listeners: Attempt, Delay, Cause, Reason
	OrderFinish                     // the connection is closed for good: Cause, empty when it was closed as asked
	OrderPing                       // send the heartbeat's ping: ID is its nonce, never 0
	OrderPong                       // notify the listeners: the ping was answered after Delay
)

// Order is one thing to do. Orders are to be executed in the order in which they come.
type Order struct {
	Kind       OrderKind
	Generation uint32 // to be given back with what happens to the attempt
	Timer, ID  uint32
	Delay      time.Duration
	State      State
	Attempt    int // the number that the next attempt has since the last good connection
	Code       Code
	Reason     string // of a close frame, at most 123 bytes; of a retry, the rule that chose the delay
	Cause      string // in words for a person
}

// order translates one command. Commands about messages have no order: JS carries the messages.
func (e *Engine) order(c *Command) {
	switch c.Kind {
	case CommandResolve:
		e.add(Order{Kind: OrderDial, Generation: c.Generation})
	case CommandAbandon:
		e.add(Order{Kind: OrderAbandon})
	case CommandCloseConn:
		e.add(Order{Kind: OrderCloseConn, Code: LegalCode(c.Code, true), Reason: LegalReason(c.Reason)})
	case CommandArm:
		e.add(Order{Kind: OrderArm, Timer: uint32(c.Timer), ID: c.ID, Delay: c.Delay})
	case CommandDisarm:
		e.add(Order{Kind: OrderDisarm, Timer: uint32(c.Timer)})
	case CommandNotify:
		e.notice(c.Notice)
	case CommandFinish:
		e.add(Order{Kind: OrderFinish, Cause: inWords(c.Err)})
	case CommandPing:
		e.add(Order{Kind: OrderPing, ID: c.ID})
	case CommandForget, CommandDial, CommandFlush, CommandWatch, CommandDeliver, CommandThrottle, CommandRelease, CommandExamine:
	}
}

func (e *Engine) notice(n Notice) {
	switch n := n.(type) {
	case StateChanged:
		e.add(Order{Kind: OrderState, State: n.New, Cause: inWords(n.Cause)})
	case Retrying:
		e.add(Order{Kind: OrderRetrying, Attempt: n.Attempt, Delay: n.Delay, Cause: inWords(n.Cause), Reason: n.Rule})
	case PongReceived:
		e.add(Order{Kind: OrderPong, Delay: n.RTT})
	}
}

func (e *Engine) add(o Order) { e.orders = append(e.orders, o) }

func inWords(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
