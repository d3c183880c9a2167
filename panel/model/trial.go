package model

import (
	"strings"

	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// TrialText says what a tried rule would do, in words: "2,400 records match, 12 would change".
func TrialText(r *act.TriedRule) string {
	if r.Matched == 0 {
		if r.Note != "" {
			return r.Note
		}
		return "matches no record"
	}
	verb := " match"
	if r.Matched == 1 {
		verb += "es"
	}
	parts := []string{format.Plural(uint64(r.Matched), "record") + verb}
	for _, p := range []struct {
		n    int
		what string
	}{{r.Changed, " would change"}, {r.Removed, " would be removed"}, {r.Exempt, " exempt"}} {
		if p.n > 0 {
			parts = append(parts, format.Count(uint64(p.n))+p.what)
		}
	}
	if r.Note != "" {
		parts = append(parts, r.Note)
	}
	return strings.Join(parts, ", ")
}
