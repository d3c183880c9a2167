package tether

import "time"

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

func (m *machine) connectionEnded(ev *event, out []command) []command {
	m.live = false
	return m.failed(*ev.ended, ev, out)
}

// failed ends the generation and asks the policy what follows.
func (m *machine) failed(info CloseInfo, ev *event, out []command) []command {
	out = m.release(out)
	m.cause = &CloseError{info}
	if info.Opened {
		out = tell(out, Lost{info, ev.left})
	}
	d := m.plan.decide(info)
	m.failures++
	if limit := m.plan.backoff.MaxAttempts; !d.Stop && limit > 0 && m.failures >= limit {
		d = Decision{Stop: true, Rule: "as many failed attempts as allowed"}
	}
	if d.Stop {
		return m.end(&StopError{d.Rule, m.cause}, out)
	}
	delay := m.plan.backoff.delay(m.failures, d, ev.random)
	out = m.to(Waiting, m.cause, out)
	out = m.wait(ev, d.After, delay, d.Rule, out)
	if m.plan.doctor != nil {
		return m.plan.doctor.failed(m, info, out)
	}
	return out
}

// wait plans the next attempt, in delay, and remembers that the policy wants it no sooner than after.
func (m *machine) wait(ev *event, after, delay time.Duration, rule string, out []command) []command {
	m.notBefore, m.retryAt = ev.now+after, ev.now+delay
	out = m.arm(retryTimer, delay, out)
	return tell(out, Retrying{m.failures + 1, delay, m.cause, rule})
}

// reconnect starts over at once, unless the client is on its way to Closed.
func (m *machine) reconnect(ev *event, out []command) []command {
	if m.state == Closing && m.next == Closed {
		return out
	}
	if m.state == Open || m.state == Closing {
		info := CloseInfo{Code: AbnormalClosure, Opened: true, Err: ev.err}
		out = tell(out, Lost{info, ev.left})
	}
	out = m.release(out)
	m.failures, m.cause = 0, ev.err
	return m.attempt(ev, out)
}

func (m *machine) pause(_ *event, out []command) []command {
	out = m.release(out)
	return m.to(Paused, nil, out)
}

func (m *machine) resume(ev *event, out []command) []command {
	m.failures, m.cause = 0, nil
	return m.attempt(ev, out)
}

func (m *machine) closeToPause(_ *event, out []command) []command {
	return m.closing(Paused, CloseInfo{Code: NormalClosure}, out)
}

// pauseAfter: a connection that is closing anyway is not followed by another.
func (m *machine) pauseAfter(_ *event, out []command) []command {
	if m.next == Waiting {
		m.next = Paused
	}
	return out
}

// shutdown closes as soon as nothing is left to send. While there is no connection and something is left, it goes on
// trying: the caller's context bounds it.
func (m *machine) shutdown(ev *event, out []command) []command {
	m.draining, m.last = true, *ev.ended
	switch {
	case m.state == Open:
		return m.flush(ev, out)
	case ev.left == 0:
		return m.finish(ev, out)
	default:
		return out
	}
}

func (m *machine) closeForGood(ev *event, out []command) []command {
	m.err = ev.err
	last := m.last
	if !m.draining {
		last = CloseInfo{Code: NormalClosure}
	}
	return m.closing(Closed, last, out)
}

// closeAfter: the closing handshake that is under way becomes the last one.
func (m *machine) closeAfter(ev *event, out []command) []command {
	m.next, m.err = Closed, ev.err
	return out
}

// closing begins the closing handshake. What follows it is next.
func (m *machine) closing(next State, c CloseInfo, out []command) []command {
	m.next = next
	out = m.disarmAll(out)
	out = m.to(Closing, m.ended.Err, out)
	out = append(out, command{kind: cmdCloseConn, gen: m.gen, code: c.Code, reason: c.Reason})
	return m.arm(closeTimer, m.plan.closeTimeout, out)
}

func (m *machine) closeTimeout(ev *event, out []command) []command {
	ev.ended = &CloseInfo{Code: AbnormalClosure, Opened: true, Err: ErrCloseTimeout}
	return m.closed(ev, out)
}

func (m *machine) closingDone(ev *event, out []command) []command {
	m.live = false
	return m.closed(ev, out)
}

// closed follows the closing handshake, or its timeout.
func (m *machine) closed(ev *event, out []command) []command {
	next, ended := m.next, m.ended
	m.ended = CloseInfo{}
	if next == Waiting {
		return m.failed(ended, ev, out)
	}
	out = m.release(out)
	out = tell(out, Lost{*ev.ended, ev.left})
	if next == Paused {
		return m.to(Paused, nil, out)
	}
	return m.end(m.err, out)
}

// finish ends the client now.
func (m *machine) finish(ev *event, out []command) []command {
	if m.state == Open || m.state == Closing {
		info := CloseInfo{Code: AbnormalClosure, Opened: true, Err: ErrClosed}
		out = tell(out, Lost{info, ev.left})
	}
	out = m.release(out)
	return m.end(ev.err, out)
}

// end is the last step of every client.
func (m *machine) end(err error, out []command) []command {
	out = m.to(Closed, err, out)
	return append(out, command{kind: cmdFinish, err: err})
}
