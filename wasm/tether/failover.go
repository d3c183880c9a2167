package tether

import (
	"errors"
	"time"
)

// WithFailover adds servers to the one whose URL [New] was given. The order is the order of preference: an attempt goes to the
// first server that has not failed lately, so shuffle the URLs where the clients are to be spread over all. A server whose connection
// ended, or to which an attempt failed, is avoided for a minute, or for as long as it asked for if that is longer; when all of
// them are, the one that failed first comes next. An open connection is not left for a better server.
//
// The window of the [Backoff] grows when all servers have had their turn, not with each of them. What a close code or Retry-After
// asks to wait for counts only when all servers are avoided; a retry hint always does (package retryhint). A server that refuses
// the handshake, so that [DefaultDecide] would stop, is left out until a connection opens; the client stops when all of them
// have refused. What stops an open connection stops the client, and so does what [WithDecide] stops.
//
// With an [Endpoint], [Attempt].URL is the server that is chosen, for a Target without URL. With [WithResume] a session goes on
// only at servers that share a store.
func WithFailover(urls ...string) Option {
	return func(o *options) error {
		if len(urls) == 0 {
			return &OptionError{"WithFailover", "there is no URL"}
		}
		o.failover = &failover{}
		for _, url := range urls {
			if problem := urlProblem(url); problem != "" {
				return &OptionError{"WithFailover", problem}
			}
			o.failover.servers = append(o.failover.servers, server{url: url})
		}
		return nil
	}
}

// avoidFor is how long a server that failed is avoided.
const avoidFor = time.Minute

// failover remembers how the servers of a client do, and chooses among them. It is guarded by shell.stepping.
type failover struct {
	servers []server
	current int // of the last attempt
}

type server struct {
	url     string
	failed  time.Time // for the last time; zero: it has not since its last good connection
	until   time.Time // it is avoided
	refused bool      // the handshake, in a way that would stop the client
}

// begin puts the URL of New before all others.
func (f *failover) begin(url string) error {
	if url == "" {
		return &OptionError{"WithFailover", "New needs the URL of the first server"}
	}
	f.servers = append([]server{{url: url}}, f.servers...)
	for i, s := range f.servers {
		for _, other := range f.servers[:i] {
			if other.url == s.url {
				return &OptionError{"WithFailover", quote(withoutSecrets(s.url)) + " is there twice"}
			}
		}
	}
	return nil
}

// next chooses the server of an attempt and returns its URL.
func (f *failover) next(now time.Time) string {
	best := 0
	for i := range f.servers {
		if s, b := &f.servers[i], &f.servers[best]; s.rank(now) < b.rank(now) || s.rank(now) == b.rank(now) && s.rank(now) > 0 && s.failed.Before(b.failed) {
			best = i
		}
	}
	f.current = best
	return f.servers[best].url
}

// rank says how good a server is: 0 is good, 1 is avoided, 2 refuses.
func (s *server) rank(now time.Time) int {
	switch {
	case s.refused:
		return 2
	case now.Before(s.until):
		return 1
	}
	return 0
}

// opened: the current server is good.
func (f *failover) opened() {
	for i := range f.servers {
		f.servers[i].refused = false
	}
	s := &f.servers[f.current]
	s.failed, s.until = time.Time{}, time.Time{}
}

// ended notes that a connection to the current server ended, or an attempt, of which d was decided, and returns what follows. If own
// is set, the policy is the user's.
func (f *failover) ended(c CloseInfo, d Decision, own bool, now time.Time) Decision {
	if _, ok := errors.AsType[*endpointError](c.Err); ok {
		return d // it was not the server
	}
	s := &f.servers[f.current]
	s.failed, s.until = now, now.Add(max(avoidFor, d.After))
	if own {
		return d
	}
	if d.Stop && !c.Opened {
		s.refused = true
		if f.best(now) < 2 {
			return Decision{Rule: d.Rule + "; another server is tried"}
		}
	}
	if _, hinted := parseRetryHint(c.Reason); !d.Stop && !hinted && f.best(now) == 0 {
		d.After, d.Spread = 0, 0
	}
	return d
}

// best returns the rank of the best server.
func (f *failover) best(now time.Time) int {
	best := 2
	for i := range f.servers {
		best = min(best, f.servers[i].rank(now))
	}
	return best
}
