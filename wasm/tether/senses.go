package tether

import "time"

// These are the rules for what the opt-in senses of liveness.go notice. Without the sense there is no such event.

func (m *machine) beat(ev *event, out []command) []command { return m.plan.pulse.beat(m, ev, out) }

// alive: a control frame came, which only a native transport tells.
func (m *machine) alive(ev *event, out []command) []command {
	if m.plan.pulse != nil {
		out, _ = m.plan.pulse.heard(m, ev, out)
	}
	return out
}

func (m *machine) hinted(ev *event, out []command) []command {
	return m.plan.watch.hinted(m, ev, out)
}

func (m *machine) hiddenTooLong(ev *event, out []command) []command {
	return m.plan.watch.hiddenTooLong(m, ev, out)
}

func (m *machine) diagnosed(ev *event, out []command) []command {
	return m.plan.doctor.diagnosed(m, ev, out)
}

// retryDue makes the attempt that was planned, unless the page is to be left in peace.
func (m *machine) retryDue(ev *event, out []command) []command {
	if m.plan.watch != nil && !m.plan.watch.mayRetry() {
		return out
	}
	return m.attempt(ev, out)
}

// hurry brings the next attempt forward to some time within window, but never before the policy allows it: a hint does
// not overrule the server.
func (m *machine) hurry(ev *event, window time.Duration, rule string, out []command) []command {
	after := max(0, m.notBefore-ev.now)
	delay := after + time.Duration(ev.random*float64(window))
	if m.armed[retryTimer] != 0 && ev.now+delay >= m.retryAt {
		return out
	}
	return m.wait(ev, after, delay, rule, out)
}
