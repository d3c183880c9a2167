package fault

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rewrite"
)

// ask gives the script a message, once.
func (e *evaluation) ask(m rewrite.Message) *scripted {
	if !e.scripted.done {
		e.scripted.done = true
		e.scripted.result, e.scripted.err = e.rules.Script.Message(&ScriptMessage{m, e.conn, e.dir, e.ofMessage, e.called})
	}
	return &e.scripted
}

// scriptTouches reports whether the script changes what a compressed message says, or may do so of one whose frames did not all come.
func (e *evaluation) scriptTouches(r *record.Record) bool {
	if e.rules.Script == nil {
		return false
	}
	return !r.Header.Fin || e.ask(rewrite.Message{Text: r.Header.Opcode == frame.Text, Payload: r.Body}).result.Changed
}

// script does to the message what the script says.
func (e *evaluation) script() {
	if e.rules.Script == nil {
		return
	}
	h, _ := frame.ParseHeader(e.raw)
	if e.long != nil || e.asSent && !e.scripted.done {
		e.exempt(h)
		return
	}
	if !e.scripted.done {
		m, _, ok := e.message()
		if !ok {
			e.exempt(h)
			return
		}
		e.ask(m)
	}
	if e.scripted.err != nil {
		e.marks |= record.Exempt
	}
	if e.scripted.result.Changed {
		e.obey(h, &e.scripted.result)
	}
}

// obey puts what the script returned in the place of the message. All but the last message go through the rules here.
func (e *evaluation) obey(h frame.Header, r *ScriptResult) {
	for _, text := range r.Answers {
		e.queue(Step{Effect: SendBack, Text: text, due: e.due})
	}
	c := draw(e.rules.Seed, e.number, uint64(e.dir), e.frames, ^uint64(0))
	if r.Close != nil {
		e.perform(&Action{Kind: Close, N: int(r.Close.Code), Text: r.Close.Reason}, &c, e.due)
	}
	if r.Close != nil || len(r.Messages) == 0 {
		e.remove(record.Dropped | record.Rewritten)
		return
	}
	e.marks |= record.Rewritten
	for i, m := range r.Messages {
		e.raw, e.altered = messageFrame(h, m), true
		if i == len(r.Messages)-1 {
			return
		}
		one := *e
		one.from, one.to = 0, 0
		one.evaluate()
		one.emit()
		e.marks |= one.marks
		if h.Masked {
			h.Key = c.key()
		}
	}
}

// messageFrame returns a message as one frame with the mask of another one.
func messageFrame(like frame.Header, m rewrite.Message) []byte {
	h := resized(like)
	h.Fin, h.Rsv, h.Opcode = true, 0, frame.Binary
	if m.Text {
		h.Opcode = frame.Text
	}
	return frame.AppendFrame(nil, h, m.Payload)
}
