package fault

import (
	"fmt"
	"strings"
)

// List are rules that are given one by one. It implements [flag.Value], for a flag that may be repeated.
type List []string

// String returns the rules as lines.
func (l *List) String() string { return strings.Join(*l, "\n") }

// Set adds a rule. Its text is parsed by [ParseWith].
func (l *List) Set(rule string) error {
	*l = append(*l, rule)
	return nil
}

// ParseWith parses the text of a file, and single rules behind it. Its errors are *Error, wrapped with the flag and the name of the file, or
// the rule, in which the place is.
func ParseWith(text, name string, rules List) (*Ruleset, error) {
	if _, err := Parse(text); err != nil {
		return nil, fmt.Errorf("-faults %s: %w", name, err)
	}
	for _, rule := range rules {
		if _, err := Parse(rule); err != nil {
			return nil, fmt.Errorf("-rule %q: %w", rule, err)
		}
	}
	return Parse(strings.TrimRight(text, "\r\n") + "\n" + rules.String())
}
