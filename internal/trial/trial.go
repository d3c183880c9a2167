package trial

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Trial tries a ruleset on records and reports about it. Make one with [New]. It is not safe for use by several goroutines at once.
type Trial struct {
	trial  *fault.Trial
	report act.Trial
}

// New returns a trial of a ruleset.
func New(rules *fault.Ruleset) *Trial {
	t := &Trial{trial: fault.NewTrial(rules), report: act.Trial{Rules: make([]act.TriedRule, len(rules.Rules))}}
	for i := range rules.Rules {
		t.report.Rules[i] = act.TriedRule{Text: rules.Rules[i].String(), Note: note(&rules.Rules[i]), Examples: []act.TriedRecord{}}
	}
	if rules.Script != nil {
		t.report.Rules = append(t.report.Rules, act.TriedRule{Text: "script", Examples: []act.TriedRecord{}})
	}
	return t
}

// note returns what the numbers of a rule do not say.
func note(r *fault.Rule) string {
	switch {
	case r.When.Trigger == fault.Every, r.When.Trigger == fault.After, r.Action.Kind == fault.Flap:
		return "not tried: it depends on time"
	case r.Chance < 1:
		return "counted as if its chance were 100%"
	case r.Action.Kind == fault.Blackhole && r.When.Trigger == fault.EachFrame:
		return "everything after the first one would not be passed on"
	}
	return ""
}

// Push tries the rules on the next record of the capture, and returns what they would do to it, in their order.
func (t *Trial) Push(r *record.Record) (all []act.TriedRecord) {
	t.report.Records++
	for _, tried := range t.trial.Push(r) {
		one := described(r, &tried)
		t.count(&t.report.Rules[tried.Rule], tried.Outcome, one)
		all = append(all, one)
	}
	return all
}

func (t *Trial) count(rule *act.TriedRule, outcome fault.Outcome, one act.TriedRecord) {
	rule.Matched++
	switch outcome { //nolint:exhaustive // the others only match
	case fault.Changes:
		rule.Changed++
	case fault.Answers:
		rule.Changed++
		rule.Removed++
	case fault.Removes:
		rule.Removed++
	case fault.Exempted:
		rule.Exempt++
	}
	if len(rule.Examples) < act.MaxExamples {
		rule.Examples = append(rule.Examples, one)
	}
}

// Report returns what was found until now.
func (t *Trial) Report() act.Trial { return t.report }

// described returns what a rule would do to a record, for people.
func described(r *record.Record, tried *fault.Tried) act.TriedRecord {
	one := act.TriedRecord{Rule: tried.Rule + 1, Seq: r.Seq, Conn: r.Conn, Outcome: tried.Outcome.String()}
	if r.Kind == record.KindFrame {
		one.Dir = r.Dir.String()
	}
	if tried.Err != nil {
		one.Why = tried.Err.Error()
	}
	switch tried.Outcome { //nolint:exhaustive // the others change nothing
	case fault.Changes:
		one.Before, one.After = excerpts(tried.Before, tried.After)
	case fault.Answers:
		one.Before, one.After = excerpt(tried.Before, 0), excerpt(tried.After, 0)
	}
	return one
}
