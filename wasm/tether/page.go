package tether

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// What [Lost].Err says when a client with [WithPage] let go of its connection itself.
var (
	// ErrPageHidden: the page was hidden for longer than [Page] allows.
	ErrPageHidden = engine.ErrPageHidden
	// ErrPageCached: the page went into the browser's back/forward cache, where no connection survives.
	ErrPageCached = engine.ErrPageCached
)

// WhenHidden is what a client does while its page is hidden.
type WhenHidden uint8

const (
	// WhenHiddenKeep goes on as if the page were seen. The default.
	WhenHiddenKeep WhenHidden = iota
	// WhenHiddenDefer keeps a connection that is open, but makes no new one until the page is seen: radios stay asleep.
	WhenHiddenDefer
	// WhenHiddenClose also closes the connection, when the page has been hidden for [Page].CloseAfter or is frozen.
	WhenHiddenClose
)

// Page says how a client follows the life of its page. The zero value keeps the connection while the page is hidden, as without [WithPage].
type Page struct {
	Hidden     WhenHidden
	CloseAfter time.Duration // with WhenHiddenClose; default 5 minutes, when browsers begin to put timers to sleep
}

const defaultCloseAfter = 5 * time.Minute

// WithPage makes a client in a browser follow its page and the network. All it gets are hints, never proof:
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
		if p.Hidden > WhenHiddenClose {
			return &OptionError{"WithPage", "unknown policy for a hidden page"}
		}
		if p.CloseAfter < 0 {
			return &OptionError{"WithPage", "CloseAfter is negative"}
		}
		if p.CloseAfter == 0 {
			p.CloseAfter = defaultCloseAfter
		}
		o.platform = newPlatform()
		o.config.Lifecycle = engine.NewLifecycle(engine.Lifecycle{
			DeferHidden: p.Hidden != WhenHiddenKeep, CloseHidden: p.Hidden == WhenHiddenClose, CloseAfter: p.CloseAfter,
		})
		return nil
	}
}
