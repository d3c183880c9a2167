package tether

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// The monitors of the client: heartbeat, page and network, diagnosis. Their rules are part of the machine.

// monitor fills in the time, where something depends on it, and what an event needs if a monitor is on.
func (s *shell) monitor(ev *engine.Event) {
	o := s.options
	if o.heartbeat == nil && o.config.Lifecycle == nil && o.examiner == nil && ev.Kind != engine.EventOpened && !mayEnd[ev.Kind] {
		return
	}
	now := time.Now()
	ev.Now = s.clock.Advance(now.Sub(s.created), now.UnixNano())
	if o.heartbeat == nil {
		return
	}
	if s.conn != nil && (ev.Kind == engine.EventBeatTimer || ev.Kind == engine.EventHint) {
		if s.flow = s.conn.flow(); s.flow.Silence == unseen {
			s.flow.Silence = o.heartbeat.transfer(o.maxMessage)
		}
		ev.Flow = &s.flow
	}
	if ev.Kind != engine.EventReceived {
		return
	}
	if value, panicked := recovered(func() { ev.Answer, ev.Nonce = o.heartbeat.classify(ev.Message) }); panicked {
		s.notify(Panicked{value})
	}
}

// listen follows the page and the network until the returned function is called.
func (s *shell) listen() (stop func()) {
	if s.options.platform == nil {
		return func() {}
	}
	return s.options.platform.listen(func(h engine.Hint) { s.events.push(engine.Event{Kind: engine.EventHint, Hint: h}) })
}

// ping sends the heartbeat's ping past the outbox. A ping that cannot be sent is a ping without an answer.
func (s *shell) ping(gen, nonce uint32) {
	s.counts.pings.Add(1)
	if p, ok := s.conn.(pinger); ok && (s.layer != nil || s.options.heartbeat.byProtocol()) {
		s.proof.pinged(s.conn.buffered() == 0) // it goes before what waits
		p.ping(func() {
			s.events.push(engine.Event{Kind: engine.EventAlive, Generation: gen, Answer: engine.AnswerPong, Nonce: nonce})
		})
		return
	}
	value, panicked := recovered(func() {
		m := s.options.heartbeat.ping(nonce)
		s.conn.send(m.Type, m.Data)
		s.proof.pinged(true)
	})
	if panicked {
		s.notify(Panicked{value})
	}
}

// alive reports a sign of life that is no message: a ping frame, or a frame of the layer.
func (s *shell) alive(gen uint32) {
	if s.options.heartbeat != nil {
		s.events.push(engine.Event{Kind: engine.EventAlive, Generation: gen})
	}
}

// examine finds out why attempts to reach url fail, one examination at a time.
func (s *shell) examine(url string, cause error) {
	s.endExam()
	var info CloseInfo
	if c, ok := cause.(*CloseError); ok { //nolint:errorlint // the machine made it: nothing wraps it
		info = c.CloseInfo
	}
	s.stopExam = s.options.examiner.examine(url, info, func(d *Diagnosis) {
		s.events.push(engine.Event{Kind: engine.EventDiagnosed, Finding: d})
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

// endMonitors gives everything back.
func (s *shell) endMonitors() {
	s.endExam()
	if s.options.alarms != nil {
		s.options.alarms.close()
	}
}
