package model

import (
	"testing"

	"github.com/tetherscope/tetherscope/scope/act"
)

// TestTrialText proves the words for counts, and that a rule that was not tried says so.
func TestTrialText(t *testing.T) {
	for _, c := range []struct {
		rule act.TriedRule
		want string
	}{
		{act.TriedRule{}, "matches no record"},
		{act.TriedRule{Note: "not tried: it depends on time"}, "not tried: it depends on time"},
		{act.TriedRule{Matched: 1, Changed: 1}, "1 record matches, 1 would change"},
		{act.TriedRule{Matched: 2400, Removed: 1200, Exempt: 3, Note: "n"}, "2,400 records match, 1,200 would be removed, 3 exempt, n"},
	} {
		if got := TrialText(&c.rule); got != c.want {
			t.Errorf("%+v: %q, want %q", c.rule, got, c.want)
		}
	}
}
