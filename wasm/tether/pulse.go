package tether

import "time"

// These are the shell's hands for the opt-in senses of liveness.go.

// sense fills in what an event needs if somebody listens for more than the connection itself.
func (s *shell) sense(ev *event) {
	o := s.options
	if o.pulse == nil && o.watch == nil && o.doctor == nil {
		return
	}
	now := time.Now()
	ev.now = s.elapsed.advance(now.Sub(s.born), now.UnixNano())
	if o.pulse == nil || ev.kind != evReceived {
		return
	}
	if value, panicked := guard(func() { ev.answer, ev.nonce = o.pulse.classify(ev.message) }); panicked {
		s.notify(Panicked{value})
	}
}

// listen follows the page and the network until the returned function is called.
func (s *shell) listen() (stop func()) {
	if s.options.env == nil {
		return func() {}
	}
	return s.options.env.listen(func(h hint) { s.queue.push(event{kind: evHint, hint: h}) })
}

// ping sends the heartbeat's ping past the outbox. One that cannot be sent is one without an answer.
func (s *shell) ping(gen, nonce uint32) {
	s.counts.pings.Add(1)
	if p, ok := s.conn.(pinger); ok && (s.layer != nil || s.options.pulse.byProtocol()) {
		p.ping(func() { s.queue.push(event{kind: evAlive, gen: gen, answer: answerPong, nonce: nonce}) })
		return
	}
	value, panicked := guard(func() {
		m := s.options.pulse.ping(nonce)
		s.conn.send(m.Type, m.Data)
	})
	if panicked {
		s.notify(Panicked{value})
	}
}

// alive says that something came which is no message: a ping frame, or what a layer below keeps to itself.
func (s *shell) alive(gen uint32) {
	if s.options.pulse != nil {
		s.queue.push(event{kind: evAlive, gen: gen})
	}
}

// examine finds out why attempts at t fail, one examination at a time.
func (s *shell) examine(t *Target, cause error) {
	s.endExam()
	var info CloseInfo
	if c, ok := cause.(*CloseError); ok { //nolint:errorlint // the machine made it: nothing wraps it
		info = c.CloseInfo
	}
	s.stopExam = s.options.doctor.examine(t.URL, info, func(d *Diagnosis) {
		s.queue.push(event{kind: evDiagnosed, finding: d})
	})
}

func (s *shell) endExam() {
	if s.stopExam != nil {
		s.stopExam()
		s.stopExam = nil
	}
}

// afterFunc starts an ordinary timer, or what the options put in its place.
func (s *shell) afterFunc(d time.Duration, f func()) stopper {
	if s.options.alarms != nil {
		return s.options.alarms.after(d, f)
	}
	return time.AfterFunc(d, f)
}

// endSenses gives everything back.
func (s *shell) endSenses() {
	s.endExam()
	if s.options.alarms != nil {
		s.options.alarms.close()
	}
}
