package tether

import (
	"errors"
	"time"
)

// What [Lost].Err says when a client with [WithPage] let go of its connection itself.
var (
	// ErrPageHidden: the page was hidden for longer than [Page] allows.
	ErrPageHidden = errors.New("tether: the page was hidden")
	// ErrPageCached: the page went into the browser's back/forward cache, where no connection survives.
	ErrPageCached = errors.New("tether: the page was put into the back/forward cache")
)

// WhenHidden is what a client does while nobody sees its page.
type WhenHidden uint8

const (
	// KeepHidden goes on as if the page were seen. The default.
	KeepHidden WhenHidden = iota
	// DeferHidden keeps a connection that is open, but makes no new one until the page is seen: radios stay asleep.
	DeferHidden
	// CloseHidden also closes the connection, when the page has been hidden for [Page].CloseAfter or is frozen.
	CloseHidden
)

// Page says how a client follows the life of its page.
type Page struct {
	Hidden     WhenHidden
	CloseAfter time.Duration // with CloseHidden; default 5 minutes, when browsers begin to put timers to sleep
}

const defaultCloseAfter = 5 * time.Minute

// WithPage makes a client in a browser follow its page and the network. What it is told are hints, never proof:
//
//   - online, and a page that is seen again, shorten the wait for the next attempt to a random part of a second, but
//     never below what the server asked for;
//   - online, offline, a page that is seen or runs again: a [Heartbeat], if there is one, asks at once;
//   - a page that goes into the back/forward cache closes its connection, which would keep it out of there, and makes a
//     new one when it comes back;
//   - a hidden page does as [Page].Hidden says.
//
// In a worker, where there is no page, online and offline are all there is. Natively it does nothing.
func WithPage(p Page) Option {
	return func(o *options) error {
		if p.Hidden > CloseHidden {
			return &OptionError{"WithPage", "unknown policy for a hidden page"}
		}
		if p.CloseAfter < 0 {
			return &OptionError{"WithPage", "CloseAfter is negative"}
		}
		if p.CloseAfter == 0 {
			p.CloseAfter = defaultCloseAfter
		}
		o.watch, o.env = &page{Page: p}, newEnv()
		return nil
	}
}

// hurryWithin is the jitter of an attempt that a hint brought forward: a whole city may come back online at once.
const hurryWithin = time.Second

// page is a Page at work: part of the machine.
type page struct {
	Page
	hidden bool
	since  time.Duration // when it was hidden
	parked bool          // waiting for a hint instead of a timer
}

func (p *page) moved() { p.parked = false }

// mayRetry reports whether an attempt that is due may be made. If not, a hint will bring it.
func (p *page) mayRetry() bool {
	p.parked = p.hidden && p.Hidden != KeepHidden
	return !p.parked
}

func (p *page) hinted(m *machine, ev *event, out []command) []command {
	switch ev.hint {
	case hintOnline:
		return p.wake(m, ev, "the network is back", out)
	case hintOffline:
		return p.probe(m, ev, out)
	case hintThaw:
		return p.wake(m, ev, "the page runs again", out)
	case hintVisible:
		p.hidden = false
		return p.wake(m, ev, "the page is seen again", m.disarm(hiddenTimer, out))
	case hintHidden:
		p.hidden, p.since = true, ev.now
		if m.state == Open {
			return p.opened(m, ev, out)
		}
	case hintFreeze:
		if p.Hidden == CloseHidden && m.state == Open {
			return p.hiddenTooLong(m, ev, out)
		}
	case hintPageHide:
		return p.park(m, ev, out)
	case hintPageShow:
		if p.parked {
			return m.hurry(ev, 0, "the page is back", out)
		}
	case hints:
	}
	return out
}

// wake follows a hint that connections may be made again, and that the one there is may be dead.
func (p *page) wake(m *machine, ev *event, rule string, out []command) []command {
	if m.state == Waiting && (!p.hidden || !p.parked) {
		return m.hurry(ev, hurryWithin, rule, out)
	}
	return p.probe(m, ev, out)
}

func (p *page) probe(m *machine, ev *event, out []command) []command {
	if m.plan.pulse != nil && m.state == Open {
		return m.plan.pulse.probe(m, ev, out)
	}
	return out
}

// opened: a connection that opened while the page is hidden may stay for what is left of the time.
func (p *page) opened(m *machine, ev *event, out []command) []command {
	if p.hidden && p.Hidden == CloseHidden {
		return m.arm(hiddenTimer, max(0, p.since+p.CloseAfter-ev.now), out)
	}
	return out
}

// hiddenTooLong closes. The attempt that follows is deferred like every other.
func (p *page) hiddenTooLong(m *machine, _ *event, out []command) []command {
	m.ended = CloseInfo{Code: AbnormalClosure, Opened: true, Err: ErrPageHidden}
	return m.closing(Waiting, CloseInfo{Code: NormalClosure, Reason: "page hidden"}, out)
}

// park lets go at once: when the browser is back from telling us, nothing of the page runs any more.
func (p *page) park(m *machine, ev *event, out []command) []command {
	if m.state != Open && m.state != Connecting && m.state != Waiting {
		return out
	}
	info := CloseInfo{Code: AbnormalClosure, Opened: m.state == Open, Err: ErrPageCached}
	if m.state == Open {
		out = append(out, command{kind: cmdCloseConn, gen: m.gen, code: GoingAway, reason: "page cached"})
	}
	out = m.release(out)
	if info.Opened {
		out = tell(out, Lost{info, ev.left})
		m.failures = 0
	}
	m.cause = &CloseError{info}
	out = m.to(Waiting, m.cause, out)
	p.parked = true
	return out
}
