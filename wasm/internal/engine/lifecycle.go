package engine

import "time"

// HurryWithin is the jitter of an attempt that a hint brought forward: many devices may come back online at once.
const HurryWithin = time.Second

// Lifecycle says how a client follows the life of its page.
type Lifecycle struct {
	DeferHidden bool          // make no attempt while the page is hidden
	CloseHidden bool          // also close the connection, when the page has been hidden for CloseAfter or is frozen
	CloseAfter  time.Duration // with CloseHidden
}

// NewLifecycle returns the rules that follow hints of the page and the network.
func NewLifecycle(l Lifecycle) LifecycleRules { return &page{Lifecycle: l} }

// page implements LifecycleRules.
type page struct {
	Lifecycle
	hidden bool
	since  time.Duration // when it was hidden
	parked bool          // waiting for a hint instead of a timer
}

func (p *page) moved() { p.parked = false }

// mayRetry reports whether an attempt that is due may be made. If not, a hint will bring it.
func (p *page) mayRetry() bool {
	p.parked = p.hidden && p.DeferHidden
	return !p.parked
}

func (p *page) hinted(m *Machine, ev *Event, out []Command) []Command {
	switch ev.Hint {
	case HintOnline:
		return p.wake(m, ev, "the network is back", out)
	case HintOffline:
		return p.probe(m, ev, out)
	case HintThaw:
		return p.wake(m, ev, "the page runs again", out)
	case HintVisible:
		p.hidden = false
		return p.wake(m, ev, "the page is seen again", m.disarm(HiddenTimer, out))
	case HintHidden:
		p.hidden, p.since = true, ev.Now
		if m.state == Open {
			return p.opened(m, ev, out)
		}
	case HintFreeze:
		if p.CloseHidden && m.state == Open {
			return p.hiddenTooLong(m, ev, out)
		}
	case HintPageHide:
		return p.park(m, ev, out)
	case HintPageShow:
		if p.parked {
			return m.hurry(ev, 0, "the page is back", out)
		}
	case hints:
	}
	return out
}

// wake follows a hint that connections may be made again, and that the one there is may be dead.
func (p *page) wake(m *Machine, ev *Event, rule string, out []Command) []Command {
	if m.state == Waiting && (!p.hidden || !p.parked) {
		return m.hurry(ev, HurryWithin, rule, out)
	}
	return p.probe(m, ev, out)
}

func (p *page) probe(m *Machine, ev *Event, out []Command) []Command {
	if m.config.Heartbeat != nil && m.state == Open {
		return m.config.Heartbeat.probe(m, ev, out)
	}
	return out
}

// opened: a connection that opened while the page is hidden may stay for what is left of the time.
func (p *page) opened(m *Machine, ev *Event, out []Command) []Command {
	if p.hidden && p.CloseHidden {
		return m.arm(HiddenTimer, max(0, p.since+p.CloseAfter-ev.Now), out)
	}
	return out
}

// hiddenTooLong closes. The attempt that follows is deferred like every other.
func (p *page) hiddenTooLong(m *Machine, _ *Event, out []Command) []Command {
	m.ended = CloseInfo{Code: AbnormalClosure, Opened: true, Err: ErrPageHidden}
	return m.closing(Waiting, CloseInfo{Code: NormalClosure, Reason: "page hidden"}, out)
}

// park drops the connection at once: no code of the page runs after this event.
func (p *page) park(m *Machine, ev *Event, out []Command) []Command {
	if m.state != Open && m.state != Connecting && m.state != Waiting {
		return out
	}
	info := CloseInfo{Code: AbnormalClosure, Opened: m.state == Open, Err: ErrPageCached}
	if m.state == Open {
		out = append(out, Command{Kind: CommandCloseConn, Generation: m.gen, Code: GoingAway, Reason: "page cached"})
	}
	out = m.release(out)
	if info.Opened {
		out = notify(out, Lost{info, ev.Left})
		m.failures = 0
	}
	m.cause = m.config.CloseError(info)
	out = m.to(Waiting, m.cause, out)
	p.parked = true
	return out
}
