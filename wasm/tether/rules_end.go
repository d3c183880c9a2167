package tether

import "time"

// The rules of how a connection ends, and what follows: another attempt, a pause, or the end of the client.

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
