package engine

// rule is one entry of the table: what an event does in a state, and which states may follow, the usual one first. The
// states are there to be printed and are checked by a test.
type rule struct {
	do func(*Machine, *Event, []Command) []Command
	to []State
}

// table is the life of a client. What has no entry is ignored. The diagram in testdata/machine.mmd is printed from it.
var table = [Closed + 1][EventKinds]rule{
	Idle: {
		EventRun:      {(*Machine).attempt, []State{Connecting}},
		EventPause:    {(*Machine).pause, []State{Paused}},
		EventShutdown: {(*Machine).shutdown, []State{Closed, Idle}},
		EventQueued:   {(*Machine).emptied, []State{Idle, Closed}},
		EventClose:    {(*Machine).finish, []State{Closed}},
		EventAbort:    {(*Machine).finish, []State{Closed}},
		EventHint:     {(*Machine).hinted, []State{Idle}},
	},
	Connecting: {
		EventResolved:     {(*Machine).dial, []State{Connecting}},
		EventUnresolved:   {(*Machine).unresolved, give},
		EventOpened:       {(*Machine).open, []State{Open}},
		EventEnded:        {(*Machine).connectionEnded, give},
		EventConnectTimer: {(*Machine).connectTimeout, give},
		EventReconnect:    {(*Machine).reconnect, []State{Connecting}},
		EventPause:        {(*Machine).pause, []State{Paused}},
		EventShutdown:     {(*Machine).shutdown, []State{Closed, Connecting}},
		EventQueued:       {(*Machine).emptied, []State{Connecting, Closed}},
		EventClose:        {(*Machine).finish, []State{Closed}},
		EventAbort:        {(*Machine).finish, []State{Closed}},
		EventHint:         {(*Machine).hinted, []State{Connecting, Waiting}},
		EventDiagnosed:    {(*Machine).diagnosed, []State{Connecting, Closed}},
	},
	Open: {
		EventReceived:    {(*Machine).received, []State{Open, Waiting, Closed}},
		EventQueued:      {(*Machine).flush, []State{Open}},
		EventFlushed:     {(*Machine).flushed, []State{Open, Closing}},
		EventDrained:     {(*Machine).drained, []State{Open}},
		EventInboxHigh:   {(*Machine).throttle, []State{Open}},
		EventInboxLow:    {(*Machine).unthrottle, []State{Open}},
		EventInboxFull:   {(*Machine).overrun, []State{Closing}},
		EventTooBig:      {(*Machine).tooBig, []State{Closing}},
		EventEnded:       {(*Machine).connectionEnded, give},
		EventReconnect:   {(*Machine).reconnect, []State{Connecting}},
		EventPause:       {(*Machine).closeToPause, []State{Closing}},
		EventShutdown:    {(*Machine).shutdown, []State{Open}},
		EventClose:       {(*Machine).closeForGood, []State{Closing}},
		EventAbort:       {(*Machine).finish, []State{Closed}},
		EventBeatTimer:   {(*Machine).beat, []State{Open, Waiting, Closed}},
		EventAlive:       {(*Machine).alive, []State{Open, Waiting, Closed}},
		EventHiddenTimer: {(*Machine).hiddenTooLong, []State{Closing}},
		EventHint:        {(*Machine).hinted, []State{Open, Waiting, Closing, Closed}},
	},
	Waiting: {
		EventRetryTimer: {(*Machine).retryDue, []State{Connecting, Waiting}},
		EventReconnect:  {(*Machine).reconnect, []State{Connecting}},
		EventPause:      {(*Machine).pause, []State{Paused}},
		EventShutdown:   {(*Machine).shutdown, []State{Closed, Waiting}},
		EventQueued:     {(*Machine).emptied, []State{Waiting, Closed}},
		EventClose:      {(*Machine).finish, []State{Closed}},
		EventAbort:      {(*Machine).finish, []State{Closed}},
		EventHint:       {(*Machine).hinted, []State{Waiting}},
		EventDiagnosed:  {(*Machine).diagnosed, []State{Waiting, Closed}},
	},
	Paused: {
		EventResume:   {(*Machine).resume, []State{Connecting}},
		EventShutdown: {(*Machine).finish, []State{Closed}},
		EventClose:    {(*Machine).finish, []State{Closed}},
		EventAbort:    {(*Machine).finish, []State{Closed}},
		EventHint:     {(*Machine).hinted, []State{Paused}},
	},
	Closing: {
		EventEnded:      {(*Machine).closingDone, []State{Closed, Paused, Waiting}},
		EventCloseTimer: {(*Machine).closeTimeout, []State{Closed, Paused, Waiting}},
		EventInboxLow:   {(*Machine).unthrottle, []State{Closing}},
		EventPause:      {(*Machine).pauseAfter, []State{Closing}},
		EventResume:     {(*Machine).reconnect, []State{Connecting, Closing}},
		EventReconnect:  {(*Machine).reconnect, []State{Connecting, Closing}},
		EventShutdown:   {(*Machine).shutdownAfter, []State{Closing}},
		EventClose:      {(*Machine).closeAfter, []State{Closing}},
		EventAbort:      {(*Machine).finish, []State{Closed}},
		EventHint:       {(*Machine).hinted, []State{Closing}},
	},
	Closed: {},
}

// give is what follows a failure.
var give = []State{Waiting, Closed}

// attempt starts the next attempt. The endpoint provider is asked each time.
func (m *Machine) attempt(_ *Event, out []Command) []Command {
	m.gen++
	out = m.disarmAll(out)
	out = m.to(Connecting, m.cause, out)
	out = m.arm(ConnectTimer, m.config.ConnectTimeout, out)
	m.asking = true
	a := &Attempt{Number: m.failures + 1, Cause: m.cause}
	return append(out, Command{Kind: CommandResolve, Generation: m.gen, Attempt: a})
}

func (m *Machine) dial(ev *Event, out []Command) []Command {
	m.asking, m.live, m.target, m.watched = false, true, ev.Target, -1
	return append(out, Command{Kind: CommandDial, Generation: m.gen, Target: ev.Target})
}

func (m *Machine) unresolved(ev *Event, out []Command) []Command {
	m.asking = false
	return m.failed(CloseInfo{Code: AbnormalClosure, Err: ev.Err}, ev, out)
}

func (m *Machine) connectTimeout(ev *Event, out []Command) []Command {
	return m.failed(CloseInfo{Code: AbnormalClosure, Err: ErrConnectTimeout}, ev, out)
}

func (m *Machine) open(ev *Event, out []Command) []Command {
	out = m.disarmAll(out)
	out = m.to(Open, nil, out)
	ev.Opened.Attempt = m.failures + 1
	out = notify(out, ev.Opened)
	m.openedAt, m.answered = ev.Now, false
	if m.config.Heartbeat != nil {
		out = m.config.Heartbeat.opened(m, ev, out)
	}
	if m.config.Lifecycle != nil {
		out = m.config.Lifecycle.opened(m, ev, out)
	}
	return m.flush(ev, out)
}

func (m *Machine) received(ev *Event, out []Command) []Command {
	m.answered = m.answered || ev.Answer != AnswerEcho
	if m.config.Heartbeat != nil {
		var swallow bool
		if out, swallow = m.config.Heartbeat.signOfLife(m, ev, out); swallow || m.state != Open {
			return out
		}
	}
	return m.order(out, CommandDeliver)
}

func (m *Machine) flush(_ *Event, out []Command) []Command {
	return m.order(out, CommandFlush)
}

// flushed looks at what is still to go: the transport says when it has room, and a drained client that shuts down closes.
// Without a receipt nothing depends on when the transport has sent what it took: then nothing is watched.
func (m *Machine) flushed(ev *Event, out []Command) []Command {
	switch {
	case ev.Left > 0 || ev.Tracked > 0:
		return m.watchFor(ev.Mark, out)
	case m.draining && ev.Buffered > 0:
		return m.watchFor(0, out)
	case m.draining:
		return m.closing(Closed, m.last, out)
	}
	return out
}

// watchFor asks for one EventDrained when mark is reached.
func (m *Machine) watchFor(mark int, out []Command) []Command {
	if mark < 0 || mark == m.watched {
		return out
	}
	m.watched = mark
	return append(out, Command{Kind: CommandWatch, Generation: m.gen, Mark: mark})
}

func (m *Machine) drained(ev *Event, out []Command) []Command {
	m.watched = -1
	return m.flush(ev, out)
}

func (m *Machine) throttle(_ *Event, out []Command) []Command {
	if m.config.Heartbeat != nil {
		m.config.Heartbeat.hold(true)
	}
	return m.order(out, CommandThrottle)
}

func (m *Machine) unthrottle(_ *Event, out []Command) []Command {
	if m.config.Heartbeat != nil {
		m.config.Heartbeat.hold(false)
	}
	return m.order(out, CommandRelease)
}

func (m *Machine) overrun(_ *Event, out []Command) []Command {
	m.ended = CloseInfo{Code: AbnormalClosure, Opened: true, Err: ErrInboxFull}
	return m.closing(Waiting, CloseInfo{Code: PolicyViolation, Reason: "inbox full"}, out)
}

// tooBig is decided like a server's 1009: the same server would send the same message again.
func (m *Machine) tooBig(_ *Event, out []Command) []Command {
	m.ended = CloseInfo{Code: MessageTooBig, Opened: true, Err: ErrMessageTooBig}
	return m.closing(Waiting, CloseInfo{Code: MessageTooBig, Reason: "message too big"}, out)
}
