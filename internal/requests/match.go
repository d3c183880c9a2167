package requests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/scope/act"
)

// maxPreview is how many bytes of a message an error shows.
const maxPreview = 200

// await looks at the messages that came, and waits for more.
func (r *Run) await(s Step, filter string, now time.Time) (Action, bool) {
	q, err := query.Parse(filter)
	if err != nil { // it was checked
		r.done(s, now, act.StepResult{}, err)
		return Action{}, false
	}
	for len(r.inbox) > 0 {
		m := r.inbox[0]
		r.inbox = r.inbox[1:]
		r.last = m
		r.passed++
		r.row.Set(m)
		if q.Empty() || q.Match(r.row) {
			r.done(s, now, act.StepResult{Dir: record.In.String(), Message: m.Message}, r.save(s.Save, m))
			return Action{}, false
		}
		if s.Kind == Expect {
			r.done(s, now, act.StepResult{Dir: record.In.String(), Message: m.Message}, fmt.Errorf("the message does not match: %s", preview(m)))
			return Action{}, false
		}
	}
	end := r.began.Add(s.Within)
	if !r.closed && r.ended == "" && now.Before(end) {
		return Action{Do: Await, Until: end}, true
	}
	why := fmt.Sprintf("no message matched within %v", s.Within)
	if r.closed || r.ended != "" {
		why = r.over()
	}
	r.done(s, now, act.StepResult{}, fmt.Errorf("%s; %s", why, r.lookedAt()))
	return Action{}, false
}

// lookedAt says which messages a step has looked at.
func (r *Run) lookedAt() string {
	switch r.passed {
	case 0:
		return "no message came"
	case 1:
		return "1 message came: " + preview(r.last)
	}
	return fmt.Sprintf("%d messages came, the last one: %s", r.passed, preview(r.last))
}

// preview shows the beginning of a message.
func preview(m *record.Record) string {
	body := m.Bytes()
	cut := ""
	if len(body) > maxPreview {
		body, cut = body[:maxPreview], "…"
	}
	if utf8.Valid(bytes.TrimRight(body, "\x80\xbf")) {
		return strings.ToValidUTF8(string(body), "") + cut
	}
	return fmt.Sprintf("% x%s", body, cut)
}

// save takes values from a message.
func (r *Run) save(list []Save, m *record.Record) error {
	for _, s := range list {
		p, err := query.ParsePath(s.Path)
		if err != nil { // it was checked
			return err
		}
		body := m.Bytes()
		at, _ := p.Places(body, 1)
		if len(at) == 0 {
			return fmt.Errorf("the message has nothing at %s to save as %s: %s", s.Path, s.Name, preview(m))
		}
		raw := body[at[0][0]:at[0][1]]
		if len(raw) > maxValue {
			return fmt.Errorf("the value at %s has more than 64 KiB", s.Path)
		}
		text := string(raw)
		if raw[0] == '"' && json.Unmarshal(raw, &text) != nil {
			return fmt.Errorf("the value at %s is no string of JSON", s.Path)
		}
		r.vars.literal[s.Name] = text
	}
	return nil
}
