package engine

import "time"

// The rules of how a connection ends, and what follows: another attempt, a pause, or the end of the client.

func (m *Machine) connectionEnded(ev *Event, out []Command) []Command {
	m.live = false
	return m.failed(*ev.Ended, ev, out)
}

// failed ends the generation and asks the policy what follows.
func (m *Machine) failed(info CloseInfo, ev *Event, out []Command) []Command {
	out = m.release(out)
	m.cause = m.config.CloseError(info)
	if info.Opened {
		out = notify(out, Lost{info, ev.Left})
	}
	if m.draining && ev.Empty {
		return m.end(nil, out) // another connection would have nothing to do
	}
	d := m.config.Decide(info)
	if info.Opened && m.good(ev) {
		m.failures = 0
	}
	m.failures++
	if limit := m.config.Backoff.MaxAttempts; !d.Stop && limit > 0 && m.failures >= limit {
		d = Decision{Stop: true, Rule: "as many failed attempts as allowed"}
	}
	if d.Stop {
		return m.end(m.config.StopError(d.Rule, m.cause), out)
	}
	delay := m.delay(d, ev.Random)
	out = m.to(Waiting, m.cause, out)
	out = m.wait(ev, d.After, delay, d.Rule, out)
	if m.config.Diagnoser != nil {
		return m.config.Diagnoser.failed(m, info, out)
	}
	return out
}

// delay draws the delay before the next attempt. The window grows when each server has had its turn.
func (m *Machine) delay(d Decision, random float64) time.Duration {
	return m.config.Backoff.Delay((m.failures-1)/max(m.config.Servers, 1)+1, d, random)
}

// quiet is how many times MinUptime a connection must have lasted on which nothing arrived.
const quiet = 10

// good reports whether the connection that ends was one that works, so that the backoff begins again. Neither a message nor
// time proves that alone: a server may greet and then fail, or accept what it never answers.
func (m *Machine) good(ev *Event) bool {
	lasted := ev.Now - m.openedAt
	return m.answered && lasted >= m.config.Backoff.MinUptime || lasted >= quiet*m.config.Backoff.MinUptime
}

// wait plans the next attempt, in delay, and remembers that the policy wants it no sooner than after.
func (m *Machine) wait(ev *Event, after, delay time.Duration, rule string, out []Command) []Command {
	m.notBefore, m.retryAt = ev.Now+after, ev.Now+delay
	out = m.arm(RetryTimer, delay, out)
	return notify(out, Retrying{m.failures + 1, delay, m.cause, rule})
}

// reconnect starts over at once, unless the client is on its way to Closed, or to Paused, which only Resume ends.
func (m *Machine) reconnect(ev *Event, out []Command) []Command {
	if m.state == Closing && (m.next == Closed || m.next == Paused && ev.Kind != EventResume) {
		return out
	}
	if m.state == Open || m.state == Closing {
		info := CloseInfo{Code: AbnormalClosure, Opened: true, Err: ev.Err}
		out = notify(out, Lost{info, ev.Left})
	}
	out = m.release(out)
	m.failures, m.cause = 0, ev.Err
	return m.attempt(ev, out)
}

func (m *Machine) pause(_ *Event, out []Command) []Command {
	out = m.release(out)
	return m.to(Paused, nil, out)
}

func (m *Machine) resume(ev *Event, out []Command) []Command {
	m.failures, m.cause = 0, nil
	return m.attempt(ev, out)
}

func (m *Machine) closeToPause(_ *Event, out []Command) []Command {
	return m.closing(Paused, CloseInfo{Code: NormalClosure}, out)
}

// pauseAfter: a connection that is closing anyway is not followed by another.
func (m *Machine) pauseAfter(_ *Event, out []Command) []Command {
	if m.next == Waiting {
		m.next = Paused
	}
	return out
}

// shutdown closes as soon as nothing is left to send. While there is no connection and something is left, it goes on
// trying: the caller's context bounds it.
func (m *Machine) shutdown(ev *Event, out []Command) []Command {
	m.draining, m.last = true, *ev.Ended
	switch {
	case m.state == Open:
		return m.flush(ev, out)
	case ev.Left == 0:
		return m.finish(ev, out)
	default:
		return out
	}
}

func (m *Machine) closeForGood(ev *Event, out []Command) []Command {
	m.err = ev.Err
	last := m.last
	if !m.draining {
		last = CloseInfo{Code: NormalClosure}
	}
	return m.closing(Closed, last, out)
}

// closeAfter: the closing handshake that is under way becomes the last one.
func (m *Machine) closeAfter(ev *Event, out []Command) []Command {
	m.next, m.err = Closed, ev.Err
	return out
}

// shutdownAfter: a closing handshake is under way. What it leaves is sent over the next connection, if there would have been one.
func (m *Machine) shutdownAfter(ev *Event, out []Command) []Command {
	m.draining, m.last = true, *ev.Ended
	if ev.Left > 0 && m.next == Waiting {
		return out
	}
	return m.closeAfter(ev, out)
}

// emptied ends a client that shuts down without a connection, as soon as nothing is left to send.
func (m *Machine) emptied(ev *Event, out []Command) []Command {
	if m.draining && ev.Empty {
		return m.finish(ev, out)
	}
	return out
}

// closing begins the closing handshake. What follows it is next.
func (m *Machine) closing(next State, c CloseInfo, out []Command) []Command {
	m.next = next
	cause := m.ended.Err
	if next != Waiting { // what a handshake that was cut short was to end with is no matter of this one
		m.ended, cause = CloseInfo{}, m.err
	}
	out = m.disarmAll(out)
	out = m.to(Closing, cause, out)
	out = append(out, Command{Kind: CommandCloseConn, Generation: m.gen, Code: c.Code, Reason: c.Reason})
	return m.arm(CloseTimer, m.config.CloseTimeout, out)
}

func (m *Machine) closeTimeout(ev *Event, out []Command) []Command {
	ev.Ended = &CloseInfo{Code: AbnormalClosure, Opened: true, Err: ErrCloseTimeout}
	return m.closed(ev, out)
}

func (m *Machine) closingDone(ev *Event, out []Command) []Command {
	m.live = false
	return m.closed(ev, out)
}

// closed follows the closing handshake, or its timeout.
func (m *Machine) closed(ev *Event, out []Command) []Command {
	next, ended := m.next, m.ended
	m.ended = CloseInfo{}
	if next == Waiting {
		return m.failed(ended, ev, out)
	}
	out = m.release(out)
	out = notify(out, Lost{*ev.Ended, ev.Left})
	if next == Paused {
		return m.to(Paused, nil, out)
	}
	return m.end(m.err, out)
}

// finish ends the client now.
func (m *Machine) finish(ev *Event, out []Command) []Command {
	if m.state == Open || m.state == Closing {
		info := CloseInfo{Code: AbnormalClosure, Opened: true, Err: ErrClosed}
		out = notify(out, Lost{info, ev.Left})
	}
	out = m.release(out)
	return m.end(ev.Err, out)
}

// end is the last step of every client.
func (m *Machine) end(err error, out []Command) []Command {
	out = m.to(Closed, err, out)
	return append(out, Command{Kind: CommandFinish, Err: err})
}
