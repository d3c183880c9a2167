package fault

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rewrite"
)

// needsMessage reports whether an action needs all frames of a message before the first is passed on.
func needsMessage(k ActionKind) bool { return k == Rewrite || k == Answer }

// joins reports whether the fragments of messages become one frame, so that rules see a whole message.
func (e *evaluation) joins() bool {
	if e.rules.Script != nil {
		return true
	}
	for i := range e.rules.Rules {
		if r := &e.rules.Rules[i]; r.When.Trigger == EachFrame && needsMessage(r.Action.Kind) {
			return true
		}
	}
	return false
}

// join collects the fragments of a message. Until the last has come nothing is passed on; then the frame is the whole message, and
// the queries see it as one.
func (e *evaluation) join(r *record.Record) {
	h := r.Header
	if h.Opcode.IsControl() || h.Fin && !e.merging.active || e.asSent || !e.joins() {
		return
	}
	if h.Opcode == frame.Continuation && !e.merging.active {
		return // the start of the message was passed on already
	}
	whole, wait := e.collect()
	switch {
	case wait:
		e.remove(record.Altered)
	case whole != nil:
		first, _ := frame.ParseHeader(whole)
		e.raw, e.altered, e.marks = whole, true, e.marks|record.Altered
		seen := *evaluated(r)
		seen.Header.Opcode = first.Opcode
		e.row.Set(&seen)
	}
}

// message returns the message that the frame is, and its header. It reports false for a control frame and for a part of a message.
func (e *evaluation) message() (m rewrite.Message, h frame.Header, ok bool) {
	h, n := frame.ParseHeader(e.raw)
	payload := e.raw[n:]
	if h.Opcode != frame.Text && h.Opcode != frame.Binary || !h.Fin || h.Rsv != 0 || uint64(len(payload)) != h.Length {
		return m, h, false
	}
	return rewrite.Message{Text: h.Opcode == frame.Text, Payload: unmasked(h, payload)}, h, true
}

// rewrite changes what the message says. A message that cannot be changed is passed on as it is, and marked.
func (e *evaluation) rewrite(a *Action) (gone bool) {
	m, h, ok := e.message()
	if !ok {
		return e.exempt(h)
	}
	r, err := rewrite.Apply(a.Edit, m)
	switch {
	case err != nil:
		e.marks |= record.Exempt
	case r.Changed:
		e.raw, e.altered = frame.AppendFrame(nil, resized(h), r.Payload), true
		e.marks |= record.Rewritten
	}
	return false
}

// exempt marks a part of a message to which a rule does not apply. Control frames are no messages: nothing is missed there.
func (e *evaluation) exempt(h frame.Header) bool {
	if !h.Opcode.IsControl() {
		e.marks |= record.Exempt
	}
	return false
}

// answer answers the message in place of its receiver.
func (e *evaluation) answer(a *Action) (gone bool) {
	if _, h, ok := e.message(); !ok {
		return e.exempt(h)
	}
	e.queue(Step{Effect: SendBack, Text: a.Text, due: e.due})
	return e.remove(record.Dropped | record.Rewritten)
}

// answers are text messages that wait until the message that is on its way has ended.
type answers struct {
	inMessage bool // of the sender: it has sent a part of a message
	waiting   []Step
	count     uint64 // of all so far
}

// maxAnswers is how many answers wait; more are not sent.
const maxAnswers = 100

// SendBack sends a text message of a rule in this direction: the answer to a message of the other one. It is not sent inside another
// message, and not behind a close frame or where nothing passes any more.
func (s *Shaper) SendBack(now time.Duration, text string) {
	if s.closed || s.swallows {
		return
	}
	h := frame.Header{Fin: true, Opcode: frame.Text}
	s.answers.count++
	if s.dir == record.Out {
		c := draw(s.rules.Seed, s.number, uint64(s.dir), s.answers.count, ^uint64(0))
		h.Masked, h.Key = true, c.key()
	}
	f := frame.AppendFrame(nil, h, []byte(text))
	step := Step{Bytes: f, Shown: f, Marks: record.Injected | record.Rewritten, due: now}
	switch {
	case !s.answers.inMessage && s.stream == nil:
		s.queue(step)
	case len(s.answers.waiting) < maxAnswers:
		s.answers.waiting = append(s.answers.waiting, step)
	}
}

// follow notes a frame of the sender, and sends the answers that waited for the end of its message.
func (st *state) follow(h frame.Header) {
	if !h.Opcode.IsControl() {
		st.answers.inMessage = !h.Fin
	}
	if st.answers.inMessage || st.stream != nil || st.closed || st.swallows {
		return
	}
	for _, step := range st.answers.waiting {
		st.queue(step)
	}
	st.answers.waiting = nil
}
