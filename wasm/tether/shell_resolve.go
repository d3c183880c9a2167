package tether

import (
	"context"
	"maps"
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// Where to connect to: one of several servers, and the endpoint provider is asked for each attempt.

// resolve asks the endpoint provider, if there is one, on a goroutine of its own.
func (s *shell) resolve(gen uint32, a Attempt) {
	s.endAsk()
	s.counts.attempts.Add(1)
	s.outbox.disconnected()
	target := s.options.target
	if f := s.options.failover; f != nil {
		target.URL = f.next(time.Now())
	}
	if s.options.endpoint == nil {
		s.events.push(engine.Event{Kind: engine.EventResolved, Generation: gen, Target: (*engine.Target)(&target)})
		return
	}
	a.URL = target.URL
	ctx, cancel := s.options.askContext() // the machine's connect timer bounds this too, through endAsk
	s.stopAsk = cancel
	go func() {
		var target Target
		err := ErrGoexit
		defer func() {
			if err != nil {
				s.events.push(engine.Event{Kind: engine.EventUnresolved, Generation: gen, Err: ofEndpoint(err)})
				return
			}
			s.events.push(engine.Event{Kind: engine.EventResolved, Generation: gen, Target: (*engine.Target)(&target)})
		}()
		target, err = s.ask(ctx, a)
	}()
}

// ask calls the endpoint provider and fills in what it left out.
func (s *shell) ask(ctx context.Context, a Attempt) (t Target, err error) {
	value, panicked := recovered(func() { t, err = s.options.endpoint(ctx, a) })
	if panicked {
		s.dispatcher.push(Panicked{value})
		return t, errEndpointPanicked
	}
	if err != nil {
		return t, err
	}
	if t.URL == "" {
		t.URL = a.URL
	}
	if t.Subprotocols == nil {
		t.Subprotocols = s.options.target.Subprotocols
	}
	t.Header = addHeader(s.options.target.Header, t.Header)
	if problem := urlProblem(t.URL); problem != "" {
		return t, Permanent(&OptionError{"WithEndpoint", "the URL " + problem})
	}
	return t, nil
}

// addHeader returns the fields of both; where both have one, in any case, that of own counts.
func addHeader(base, own map[string][]string) map[string][]string {
	if len(own) == 0 {
		return base
	}
	all := maps.Clone(own)
	for name, values := range base {
		taken := false
		for other := range own {
			taken = taken || equalFold(name, other)
		}
		if !taken {
			all[name] = values
		}
	}
	return all
}

// equalFold is strings.EqualFold for ASCII, without the tables of Unicode.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z') {
			return false
		}
	}
	return true
}

func (s *shell) endAsk() {
	if s.stopAsk != nil {
		s.stopAsk()
		s.stopAsk = nil
	}
}
