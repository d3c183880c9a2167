package fault

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/rewrite"
)

// name keeps what the connection of a request is called, for the script.
func (t *Trial) name(r *record.Record) {
	switch {
	case t.rules.Script == nil:
	case r.Kind == record.KindRequest:
		t.called[r.Conn] = record.WordsOf(r)
	case r.Kind == record.KindEnd:
		delete(t.called, r.Conn)
	}
}

// script tries the script on a message: it counts as the last rule, and comes before all. What it makes of the message is what the rules are
// tried on, of several messages the last; gone says that there is none.
func (t *Trial) script(r *record.Record, m *rewrite.Message) (tried Tried, gone bool) {
	tried = Tried{Rule: len(t.rules.Rules), Outcome: Keeps}
	err := exemption(Rewrite, r)
	if err == nil && r.IsCut() {
		err = ErrNotKept
	}
	var result ScriptResult
	if err == nil {
		result, err = t.rules.Script.Message(&ScriptMessage{*m, r.Conn, r.Dir, r.Message, t.called[r.Conn]})
	}
	switch {
	case err != nil:
		tried.Outcome, tried.Err = Exempted, err
		return tried, false
	case !result.Changed:
		return tried, false
	}
	tried.Before = m.Payload
	switch {
	case result.Close != nil:
		tried.Outcome, tried.Err = Removes, fmt.Errorf("closed with code %d", result.Close.Code)
	case len(result.Messages) == 0 && len(result.Answers) > 0:
		tried.Outcome, tried.After = Answers, []byte(result.Answers[0])
	case len(result.Messages) == 0:
		tried.Outcome = Removes
	default:
		tried.Outcome, tried.After = Changes, together(result.Messages)
		*m = result.Messages[len(result.Messages)-1]
		if len(result.Answers) > 0 {
			tried.Err = errors.New("and answered")
		}
		return tried, false
	}
	return tried, true
}

// together returns messages as one text, in lines.
func together(list []rewrite.Message) []byte {
	parts := make([][]byte, len(list))
	for i, m := range list {
		parts[i] = m.Payload
	}
	return bytes.Join(parts, []byte("\n"))
}
