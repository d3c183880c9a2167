package tether

// WithWorkerTimers lets the client's timers run in a worker of its own. A browser slows the timers of a hidden page down
// to one a minute, and a [Heartbeat] with them; those of a worker it leaves alone. The worker is started from a blob: URL:
// where the page's content security policy forbids that (worker-src), the client uses ordinary timers. Natively, where
// timers run on time, it does nothing.
func WithWorkerTimers() Option {
	return func(o *options) error {
		o.alarms = newAlarms()
		return nil
	}
}
