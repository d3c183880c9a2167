package engine

import "time"

// Monitors look beyond the connection: the heartbeat, the lifecycle of the page, the diagnosis of failures. Each is optional
// and stands behind an interface that only its option fills, so that the linker leaves out what a program does not use.

// HeartbeatRules notice a dead connection: [NewHeartbeat].
type HeartbeatRules interface {
	opened(m *Machine, ev *Event, out []Command) []Command
	signOfLife(m *Machine, ev *Event, out []Command) (after []Command, swallow bool)
	beat(m *Machine, ev *Event, out []Command) []Command
	probe(m *Machine, ev *Event, out []Command) []Command
	hold(on bool)
}

// LifecycleRules are what follows from hints of the platform: [NewLifecycle].
type LifecycleRules interface {
	hinted(m *Machine, ev *Event, out []Command) []Command
	opened(m *Machine, ev *Event, out []Command) []Command
	hiddenTooLong(m *Machine, ev *Event, out []Command) []Command
	mayRetry() bool
	moved()
}

// DiagnoserRules say when to find out why attempts fail: [NewDiagnoser].
type DiagnoserRules interface {
	failed(m *Machine, info CloseInfo, out []Command) []Command
	diagnosed(m *Machine, ev *Event, out []Command) []Command
	moved()
}

func (m *Machine) beat(ev *Event, out []Command) []Command {
	return m.config.Heartbeat.beat(m, ev, out)
}

// alive takes a control frame, which only a native transport reports.
func (m *Machine) alive(ev *Event, out []Command) []Command {
	m.answered = true
	if m.config.Heartbeat != nil {
		out, _ = m.config.Heartbeat.signOfLife(m, ev, out)
	}
	return out
}

func (m *Machine) hinted(ev *Event, out []Command) []Command {
	return m.config.Lifecycle.hinted(m, ev, out)
}

func (m *Machine) hiddenTooLong(ev *Event, out []Command) []Command {
	return m.config.Lifecycle.hiddenTooLong(m, ev, out)
}

func (m *Machine) diagnosed(ev *Event, out []Command) []Command {
	return m.config.Diagnoser.diagnosed(m, ev, out)
}

// retryDue makes the attempt that was planned, unless a hidden page is not to connect.
func (m *Machine) retryDue(ev *Event, out []Command) []Command {
	if m.config.Lifecycle != nil && !m.config.Lifecycle.mayRetry() {
		return out
	}
	return m.attempt(ev, out)
}

// hurry brings the next attempt forward to some time within window, but never before the policy allows it: a hint does
// not overrule the server.
func (m *Machine) hurry(ev *Event, window time.Duration, rule string, out []Command) []Command {
	after := max(0, m.notBefore-ev.Now)
	delay := after + time.Duration(ev.Random*float64(window))
	if m.armed[RetryTimer] != 0 && ev.Now+delay >= m.retryAt {
		return out
	}
	return m.wait(ev, after, delay, rule, out)
}
