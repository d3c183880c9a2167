package tether

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// The machine is everything that a client decides. It has no clock, no socket, no goroutine and no dice: what happened
// goes in as an event, what is to be done comes out as commands, and random numbers come with the event that needs
// them. shell.go, the shell, waits for events and performs commands, and decides nothing.
//
// Every transport event carries the generation that its connection was dialled with. An event of another generation than
// the current one is dropped before the table is looked at, so that whatever an abandoned socket still says is not heard.
// A fired timer carries the id that it was armed with, and is dropped if it was disarmed or armed anew since.

// eventKind is what happened.
type eventKind uint8

const (
	evRun          eventKind = iota // Run was called
	evResolved                      // the endpoint provider answered: target
	evUnresolved                    // the endpoint provider failed: err
	evOpened                        // transport: the connection is open
	evReceived                      // transport: a message
	evEnded                         // transport: the attempt failed or the connection ended: ended
	evConnectTimer                  // the attempt takes too long
	evRetryTimer                    // the wait is over
	evUptimeTimer                   // the connection has been up for MinUptime
	evCloseTimer                    // the closing handshake takes too long
	evBeatTimer                     // the heartbeat is due
	evHiddenTimer                   // the page has been hidden for as long as is allowed
	evAlive                         // a control frame, or the pong to a protocol ping: answer, nonce
	evHint                          // the platform says something of the network or the page: hint
	evDiagnosed                     // it was found out why attempts fail: finding
	evQueued                        // a message was put into the outbox
	evFlushed                       // the outbox was offered to the transport: left, buffered, tracked, mark
	evDrained                       // transport: no more than what was watched for is buffered
	evInboxHigh                     // the reader falls behind
	evInboxLow                      // the reader caught up
	evInboxFull                     // a message had to be given up
	evTooBig                        // a message is larger than allowed
	evReconnect                     // Reconnect was called: err
	evPause                         // Pause was called
	evResume                        // Resume was called
	evShutdown                      // Shutdown was called: ended.Code, ended.Reason, left
	evClose                         // Close was called, or Run's context ended: err
	evAbort                         // Shutdown's context ended: nothing may take any more time
	eventKinds
)

// event is one thing that happened, with what belongs to it.
type event struct {
	kind     eventKind
	gen      uint32        // of transport and endpoint events
	timer    uint32        // id of a fired timer
	buffered int           // evFlushed: bytes in the transport
	left     int           // evFlushed: messages still to go; evShutdown: messages; else bytes in the transport
	tracked  int           // evFlushed: messages in the transport that somebody follows
	mark     int           // evFlushed: how many bytes may be buffered for something to go on; -1: nothing will
	random   float64       // in [0,1), drawn anew for each event
	now      time.Duration // since the client was made; 0 if nothing depends on it
	answer   answer        // evReceived, evAlive: what it is to the heartbeat
	hint     hint          // evHint
	nonce    uint32        // evReceived, evAlive: of a pong
	finding  *Diagnosis    // evDiagnosed
	message  codec.Message // evReceived
	opened   Opened        // evOpened
	target   *Target       // evResolved
	ended    *CloseInfo    // evEnded, evShutdown
	err      error
}

// timer is one of the machine's timers. Each runs at most once at a time.
type timer uint8

const (
	connectTimer timer = iota
	retryTimer
	uptimeTimer
	closeTimer
	beatTimer
	hiddenTimer
	timers
)

// timerEvents is what each timer becomes when it fires.
var timerEvents = [timers]eventKind{evConnectTimer, evRetryTimer, evUptimeTimer, evCloseTimer, evBeatTimer, evHiddenTimer}

// commandKind is what the shell is to do.
type commandKind uint8

const (
	cmdResolve   commandKind = iota // ask the endpoint provider: attempt
	cmdForget                       // the endpoint provider's answer is not wanted any more
	cmdDial                         // dial target
	cmdFlush                        // offer the outbox to the connection, then report evFlushed
	cmdWatch                        // report evDrained once no more than mark bytes are buffered
	cmdDeliver                      // put the event's message into the inbox
	cmdThrottle                     // stop reading from the connection if it can
	cmdRelease                      // read on
	cmdCloseConn                    // begin the closing handshake: code, reason
	cmdAbandon                      // let go of the connection
	cmdArm                          // start timer for delay under id
	cmdDisarm                       // stop timer
	cmdNotify                       // tell the listeners: notice
	cmdPing                         // send the heartbeat's ping: id is the nonce
	cmdExamine                      // find out why attempts at target fail: err is a CloseError
	cmdFinish                       // the client is closed for good: err
)

// command is one thing to do, with what belongs to it.
type command struct {
	kind    commandKind
	timer   timer
	gen     uint32
	id      uint32
	delay   time.Duration
	mark    int
	attempt *Attempt
	target  *Target
	code    Code
	reason  string
	notice  Event
	err     error
}

// plan is what the machine needs to know of the options.
type plan struct {
	connectTimeout time.Duration
	closeTimeout   time.Duration
	backoff        Backoff
	decide         Decide
	pulse          pulse  // nil: no heartbeat
	watch          watch  // nil: hints are not listened to
	doctor         doctor // nil: failures are not examined
}

// machine is the whole state of a client, but for what waits in its queues.
type machine struct {
	plan      *plan
	state     State
	gen       uint32         // number of the current transport
	asking    bool           // the endpoint provider was asked and has not answered
	live      bool           // the shell holds a connection of this generation
	failures  int            // in a row since the last good connection
	cause     error          // why the last connection or attempt ended
	armed     [timers]uint32 // id under which each timer runs; 0: it does not
	watched   int            // the mark that the connection is watched for; -1: it is not
	lastID    uint32
	target    *Target       // of the last attempt that was dialled
	notBefore time.Duration // when the policy allows the next attempt
	retryAt   time.Duration // when it is planned
	draining  bool          // close as soon as the outbox is empty
	last      CloseInfo     // code and reason to close with
	next      State         // after Closing: Closed, Paused or Waiting
	ended     CloseInfo     // when next is Waiting: what to decide about
	err       error         // when next is Closed: what Run returns
}

// step takes one event and appends the commands to out in the order in which they are to be done. It depends on nothing
// but m and ev and changes nothing but m: in place, because a copy for each message would go to the heap.
func (m *machine) step(ev *event, out []command) []command {
	if m.stale(ev) {
		return out
	}
	if r := table[m.state][ev.kind]; r.do != nil {
		return r.do(m, ev, out)
	}
	return out
}

// stale reports whether ev is news of something that is over. A fired timer is over from now on.
func (m *machine) stale(ev *event) bool {
	switch ev.kind {
	case evResolved, evUnresolved, evOpened, evReceived, evEnded, evFlushed, evDrained, evAlive:
		return ev.gen != m.gen
	case evConnectTimer, evRetryTimer, evUptimeTimer, evCloseTimer, evBeatTimer, evHiddenTimer:
		t := ev.kind.timer()
		if m.armed[t] != ev.timer {
			return true
		}
		m.armed[t] = 0
	case evRun, evQueued, evInboxHigh, evInboxLow, evInboxFull, evTooBig, evReconnect, evPause, evResume, evShutdown,
		evClose, evAbort, evHint, evDiagnosed, eventKinds:
	}
	return false
}

// timer returns which timer becomes this event.
func (k eventKind) timer() timer { return timer(k - evConnectTimer) }

// to changes the state and says so.
func (m *machine) to(s State, cause error, out []command) []command {
	old := m.state
	m.state = s
	if m.plan.watch != nil {
		m.plan.watch.moved()
	}
	if m.plan.doctor != nil && s != Waiting && s != Connecting {
		m.plan.doctor.moved()
	}
	return tell(out, StateChanged{old, s, cause})
}

func (m *machine) arm(t timer, d time.Duration, out []command) []command {
	m.lastID++
	m.armed[t] = m.lastID
	return append(out, command{kind: cmdArm, timer: t, id: m.lastID, delay: d})
}

func (m *machine) disarm(t timer, out []command) []command {
	if m.armed[t] == 0 {
		return out
	}
	m.armed[t] = 0
	return disarm(out, t)
}

// disarmAll stops every timer that runs.
func (m *machine) disarmAll(out []command) []command {
	for t := range timers {
		out = m.disarm(t, out)
	}
	return out
}

// release lets go of the current connection, if there is one: its generation is over.
func (m *machine) release(out []command) []command {
	if m.asking {
		out = m.order(out, cmdForget)
	}
	if m.live {
		out = m.order(out, cmdAbandon)
	}
	m.asking, m.live = false, false
	m.gen++
	return m.disarmAll(out)
}

// order appends a command that needs no more than the generation.
func (m *machine) order(out []command, k commandKind) []command {
	return append(out, command{kind: k, gen: m.gen})
}

// tell appends the command to tell the listeners of e.
func tell(out []command, e Event) []command { return append(out, command{kind: cmdNotify, notice: e}) }

// disarm appends the command to stop t.
func disarm(out []command, t timer) []command {
	return append(out, command{kind: cmdDisarm, timer: t})
}
