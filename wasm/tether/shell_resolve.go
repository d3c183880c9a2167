package tether

import "context"

// Where to connect to: the endpoint provider is asked anew for each attempt.

// resolve asks the endpoint provider, if there is one, on a goroutine of its own.
func (s *shell) resolve(gen uint32, a Attempt) {
	s.endAsk()
	s.counts.attempts.Add(1)
	s.out.disconnected()
	if s.options.endpoint == nil {
		s.queue.push(event{kind: evResolved, gen: gen, target: &s.options.target})
		return
	}
	ctx, cancel := s.options.askContext() // the machine's connect timer bounds this too, through endAsk
	s.stopAsk = cancel
	go func() {
		target, err := s.ask(ctx, a)
		if err != nil {
			s.queue.push(event{kind: evUnresolved, gen: gen, err: err})
			return
		}
		s.queue.push(event{kind: evResolved, gen: gen, target: &target})
	}()
}

// ask calls the endpoint provider and fills in what it left out.
func (s *shell) ask(ctx context.Context, a Attempt) (t Target, err error) {
	value, panicked := guard(func() { t, err = s.options.endpoint(ctx, a) })
	if panicked {
		s.tell.push(Panicked{value})
		return t, errEndpointPanicked
	}
	if err != nil {
		return t, err
	}
	if t.URL == "" {
		t.URL = s.options.target.URL
	}
	if t.Subprotocols == nil {
		t.Subprotocols = s.options.target.Subprotocols
	}
	if t.Header == nil {
		t.Header = s.options.target.Header
	}
	if problem := urlProblem(t.URL); problem != "" {
		return t, Permanent(&OptionError{"WithEndpoint", "the URL " + problem})
	}
	return t, nil
}

func (s *shell) endAsk() {
	if s.stopAsk != nil {
		s.stopAsk()
		s.stopAsk = nil
	}
}
