package tether

// rule is one entry of the table: what an event does in a state, and which states may follow, the usual one first. The
// states are there to be printed and are checked by a test.
type rule struct {
	do func(*machine, *event, []command) []command
	to []State
}

// table is the life of a client. What has no entry is ignored. The diagram in testdata/machine.mmd is printed from it.
var table = [Closed + 1][eventKinds]rule{
	Idle: {
		evRun:      {(*machine).attempt, []State{Connecting}},
		evPause:    {(*machine).pause, []State{Paused}},
		evShutdown: {(*machine).shutdown, []State{Closed, Idle}},
		evClose:    {(*machine).finish, []State{Closed}},
		evAbort:    {(*machine).finish, []State{Closed}},
		evHint:     {(*machine).hinted, []State{Idle}},
	},
	Connecting: {
		evResolved:     {(*machine).dial, []State{Connecting}},
		evUnresolved:   {(*machine).unresolved, give},
		evOpened:       {(*machine).open, []State{Open}},
		evEnded:        {(*machine).connectionEnded, give},
		evConnectTimer: {(*machine).connectTimeout, give},
		evReconnect:    {(*machine).reconnect, []State{Connecting}},
		evPause:        {(*machine).pause, []State{Paused}},
		evShutdown:     {(*machine).shutdown, []State{Closed, Connecting}},
		evClose:        {(*machine).finish, []State{Closed}},
		evAbort:        {(*machine).finish, []State{Closed}},
		evHint:         {(*machine).hinted, []State{Connecting, Waiting}},
		evDiagnosed:    {(*machine).diagnosed, []State{Connecting, Closed}},
	},
	Open: {
		evReceived:    {(*machine).received, []State{Open, Waiting, Closed}},
		evUptimeTimer: {(*machine).proved, []State{Open}},
		evQueued:      {(*machine).flush, []State{Open}},
		evFlushed:     {(*machine).flushed, []State{Open, Closing}},
		evDrained:     {(*machine).drained, []State{Open}},
		evInboxHigh:   {(*machine).throttle, []State{Open}},
		evInboxLow:    {(*machine).unthrottle, []State{Open}},
		evInboxFull:   {(*machine).overrun, []State{Closing}},
		evTooBig:      {(*machine).tooBig, []State{Closing}},
		evEnded:       {(*machine).connectionEnded, give},
		evReconnect:   {(*machine).reconnect, []State{Connecting}},
		evPause:       {(*machine).closeToPause, []State{Closing}},
		evShutdown:    {(*machine).shutdown, []State{Open}},
		evClose:       {(*machine).closeForGood, []State{Closing}},
		evAbort:       {(*machine).finish, []State{Closed}},
		evBeatTimer:   {(*machine).beat, []State{Open, Waiting, Closed}},
		evAlive:       {(*machine).alive, []State{Open, Waiting, Closed}},
		evHiddenTimer: {(*machine).hiddenTooLong, []State{Closing}},
		evHint:        {(*machine).hinted, []State{Open, Waiting, Closing, Closed}},
	},
	Waiting: {
		evRetryTimer: {(*machine).retryDue, []State{Connecting, Waiting}},
		evReconnect:  {(*machine).reconnect, []State{Connecting}},
		evPause:      {(*machine).pause, []State{Paused}},
		evShutdown:   {(*machine).shutdown, []State{Closed, Waiting}},
		evClose:      {(*machine).finish, []State{Closed}},
		evAbort:      {(*machine).finish, []State{Closed}},
		evHint:       {(*machine).hinted, []State{Waiting}},
		evDiagnosed:  {(*machine).diagnosed, []State{Waiting, Closed}},
	},
	Paused: {
		evResume:   {(*machine).resume, []State{Connecting}},
		evShutdown: {(*machine).finish, []State{Closed}},
		evClose:    {(*machine).finish, []State{Closed}},
		evAbort:    {(*machine).finish, []State{Closed}},
		evHint:     {(*machine).hinted, []State{Paused}},
	},
	Closing: {
		evEnded:      {(*machine).closingDone, []State{Closed, Paused, Waiting}},
		evCloseTimer: {(*machine).closeTimeout, []State{Closed, Paused, Waiting}},
		evInboxLow:   {(*machine).unthrottle, []State{Closing}},
		evPause:      {(*machine).pauseAfter, []State{Closing}},
		evResume:     {(*machine).reconnect, []State{Connecting, Closing}},
		evReconnect:  {(*machine).reconnect, []State{Connecting, Closing}},
		evShutdown:   {(*machine).closeAfter, []State{Closing}},
		evClose:      {(*machine).closeAfter, []State{Closing}},
		evAbort:      {(*machine).finish, []State{Closed}},
		evHint:       {(*machine).hinted, []State{Closing}},
	},
	Closed: {},
}

// give is what follows a failure.
var give = []State{Waiting, Closed}

// attempt starts the next attempt: where to is asked anew each time.
func (m *machine) attempt(_ *event, out []command) []command {
	m.gen++
	out = m.disarmAll(out)
	out = m.to(Connecting, m.cause, out)
	out = m.arm(connectTimer, m.plan.connectTimeout, out)
	m.asking = true
	a := &Attempt{Number: m.failures + 1, Cause: m.cause}
	return append(out, command{kind: cmdResolve, gen: m.gen, attempt: a})
}

func (m *machine) dial(ev *event, out []command) []command {
	m.asking, m.live, m.target, m.watched = false, true, ev.target, -1
	return append(out, command{kind: cmdDial, gen: m.gen, target: ev.target})
}

func (m *machine) unresolved(ev *event, out []command) []command {
	m.asking = false
	return m.failed(CloseInfo{Code: AbnormalClosure, Err: ev.err}, ev, out)
}

func (m *machine) connectTimeout(ev *event, out []command) []command {
	return m.failed(CloseInfo{Code: AbnormalClosure, Err: ErrConnectTimeout}, ev, out)
}

func (m *machine) open(ev *event, out []command) []command {
	out = m.disarmAll(out)
	out = m.to(Open, nil, out)
	ev.opened.Attempt = m.failures + 1
	out = tell(out, ev.opened)
	out = m.arm(uptimeTimer, m.plan.backoff.MinUptime, out)
	if m.plan.pulse != nil {
		out = m.plan.pulse.opened(m, ev, out)
	}
	if m.plan.watch != nil {
		out = m.plan.watch.opened(m, ev, out)
	}
	return m.flush(ev, out)
}

func (m *machine) received(ev *event, out []command) []command {
	if m.plan.pulse != nil {
		var swallow bool
		if out, swallow = m.plan.pulse.heard(m, ev, out); swallow || m.state != Open {
			return out
		}
	}
	m.failures = 0
	if m.armed[uptimeTimer] != 0 { // proved by this; in a browser every wake of Go costs more while a timer runs
		m.armed[uptimeTimer] = 0
		out = disarm(out, uptimeTimer)
	}
	return m.order(out, cmdDeliver)
}

// proved: this server does more than accept connections and drop them.
func (m *machine) proved(_ *event, out []command) []command {
	m.failures = 0
	return out
}

func (m *machine) flush(_ *event, out []command) []command {
	return m.order(out, cmdFlush)
}

// flushed looks at what is still to go: the transport says when it has room, and a drained client that shuts down closes.
// Nobody needs to know when the transport has sent what it took, unless a receipt follows it: then nothing is watched.
func (m *machine) flushed(ev *event, out []command) []command {
	switch {
	case ev.left > 0 || ev.tracked > 0:
		return m.watchFor(ev.mark, out)
	case m.draining && ev.buffered > 0:
		return m.watchFor(0, out)
	case m.draining:
		return m.closing(Closed, m.last, out)
	}
	return out
}

// watchFor asks to be told when mark is reached, once.
func (m *machine) watchFor(mark int, out []command) []command {
	if mark < 0 || mark == m.watched {
		return out
	}
	m.watched = mark
	return append(out, command{kind: cmdWatch, gen: m.gen, mark: mark})
}

func (m *machine) drained(ev *event, out []command) []command {
	m.watched = -1
	return m.flush(ev, out)
}

func (m *machine) throttle(_ *event, out []command) []command {
	if m.plan.pulse != nil {
		m.plan.pulse.hold(true)
	}
	return m.order(out, cmdThrottle)
}

func (m *machine) unthrottle(_ *event, out []command) []command {
	if m.plan.pulse != nil {
		m.plan.pulse.hold(false)
	}
	return m.order(out, cmdRelease)
}

func (m *machine) overrun(_ *event, out []command) []command {
	m.ended = CloseInfo{Code: AbnormalClosure, Opened: true, Err: ErrInboxFull}
	return m.closing(Waiting, CloseInfo{Code: PolicyViolation, Reason: "inbox full"}, out)
}

// tooBig is decided like a server's 1009: the same server would send the same message again.
func (m *machine) tooBig(_ *event, out []command) []command {
	m.ended = CloseInfo{Code: MessageTooBig, Opened: true, Err: ErrMessageTooBig}
	return m.closing(Waiting, CloseInfo{Code: MessageTooBig, Reason: "message too big"}, out)
}
