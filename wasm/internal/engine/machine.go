package engine

import "time"

// The defaults of every client.
const (
	DefaultConnectTimeout   = 15 * time.Second
	DefaultCloseTimeout     = 5 * time.Second
	DefaultHeartbeatTimeout = 10 * time.Second
)

// Config is what the machine needs to know of the options.
type Config struct {
	ConnectTimeout time.Duration
	CloseTimeout   time.Duration
	Backoff        Backoff
	Servers        int                                  // that attempts go to in turn; 0 is 1
	Decide         func(CloseInfo) Decision             // the policy
	CloseError     func(CloseInfo) error                // makes the cause in events
	StopError      func(rule string, cause error) error // makes the error of a client that the policy stopped
	Heartbeat      HeartbeatRules                       // nil: no heartbeat
	Lifecycle      LifecycleRules                       // nil: hints are ignored
	Diagnoser      DiagnoserRules                       // nil: failures are not examined
}

// Machine is the whole state of a client, except for its queues. Its zero value, with a config, is Idle.
type Machine struct {
	config    *Config
	state     State
	gen       uint32         // number of the current transport
	asking    bool           // the endpoint provider was asked and has not answered
	live      bool           // the shell holds a connection of this generation
	failures  int            // in a row since the last good connection
	openedAt  time.Duration  // when the current connection opened
	answered  bool           // and something arrived on it
	cause     error          // why the last connection or attempt ended
	armed     [Timers]uint32 // id under which each timer runs; 0: it does not
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

// New returns a machine in the state Idle.
func New(c *Config) Machine { return Machine{config: c} }

// State returns the current state.
func (m *Machine) State() State { return m.state }

// Generation returns the number of the current transport.
func (m *Machine) Generation() uint32 { return m.gen }

// Attempt returns the number of the attempt under way, or of the next one, counted since the last good connection.
func (m *Machine) Attempt() int { return m.failures + 1 }

// Draining reports whether the machine closes as soon as the outbox is empty.
func (m *Machine) Draining() bool { return m.draining }

// Final reports whether the closing handshake that is under way ends the client.
func (m *Machine) Final() bool { return m.next == Closed }

// Step takes one event and appends the commands to out in the order in which they are to be done. It depends on nothing
// but m and ev and changes nothing but m: in place, because a copy for each message would go to the heap.
func (m *Machine) Step(ev *Event, out []Command) []Command {
	if m.stale(ev) {
		return out
	}
	if r := table[m.state][ev.Kind]; r.do != nil {
		return r.do(m, ev, out)
	}
	return out
}

// stale reports whether ev is news of something that is over. A fired timer is over from now on.
func (m *Machine) stale(ev *Event) bool {
	switch ev.Kind {
	case EventResolved, EventUnresolved, EventOpened, EventReceived, EventEnded, EventFlushed, EventDrained, EventAlive:
		return ev.Generation != m.gen
	case EventConnectTimer, EventRetryTimer, EventCloseTimer, EventBeatTimer, EventHiddenTimer:
		t := ev.Kind.timer()
		if m.armed[t] != ev.Timer {
			return true
		}
		m.armed[t] = 0
	case EventRun, EventQueued, EventInboxHigh, EventInboxLow, EventInboxFull, EventTooBig, EventReconnect, EventPause, EventResume, EventShutdown,
		EventClose, EventAbort, EventHint, EventDiagnosed, EventGreeted, EventKinds:
	}
	return false
}

// timer returns the timer that leads to this event.
func (k EventKind) timer() Timer { return Timer(k - EventConnectTimer) }

// to changes the state and says so.
func (m *Machine) to(s State, cause error, out []Command) []Command {
	old := m.state
	m.state = s
	if m.config.Lifecycle != nil {
		m.config.Lifecycle.moved()
	}
	if m.config.Diagnoser != nil && s != Waiting && s != Connecting {
		m.config.Diagnoser.moved()
	}
	return notify(out, StateChanged{old, s, cause})
}

func (m *Machine) arm(t Timer, d time.Duration, out []Command) []Command {
	m.lastID++
	m.armed[t] = m.lastID
	return append(out, Command{Kind: CommandArm, Timer: t, ID: m.lastID, Delay: d})
}

func (m *Machine) disarm(t Timer, out []Command) []Command {
	if m.armed[t] == 0 {
		return out
	}
	m.armed[t] = 0
	return disarm(out, t)
}

// disarmAll stops every timer that runs.
func (m *Machine) disarmAll(out []Command) []Command {
	for t := range Timers {
		out = m.disarm(t, out)
	}
	return out
}

// release lets go of the current connection, if there is one: its generation is over.
func (m *Machine) release(out []Command) []Command {
	if m.asking {
		out = m.order(out, CommandForget)
	}
	if m.live {
		out = m.order(out, CommandAbandon)
	}
	m.asking, m.live = false, false
	m.gen++
	return m.disarmAll(out)
}

// order appends a command that needs no more than the generation.
func (m *Machine) order(out []Command, k CommandKind) []Command {
	return append(out, Command{Kind: k, Generation: m.gen})
}

// notify appends the command to notify the listeners.
func notify(out []Command, n Notice) []Command {
	return append(out, Command{Kind: CommandNotify, Notice: n})
}

// disarm appends the command to stop t.
func disarm(out []Command, t Timer) []Command {
	return append(out, Command{Kind: CommandDisarm, Timer: t})
}
