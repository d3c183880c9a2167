package forward

import (
	"fmt"
	"strings"
)

// Patterns are host names; one that begins with "*." stands for all names below it.
type Patterns []string

// ParsePatterns reads names between commas.
func ParsePatterns(text string) (list Patterns, err error) {
	for one := range strings.SplitSeq(text, ",") {
		one = strings.ToLower(strings.Trim(strings.TrimSpace(one), "[]"))
		if one == "" {
			continue
		}
		if strings.Contains(strings.TrimPrefix(one, "*."), "*") || strings.ContainsAny(one, "/ ") {
			return nil, fmt.Errorf("%q is no host name: want names such as example.com or *.example.com, between commas", one)
		}
		list = append(list, one)
	}
	return list, nil
}

// Match reports whether a host, in lower case, is one of them.
func (p Patterns) Match(host string) bool {
	for _, one := range p {
		below, wild := strings.CutPrefix(one, "*")
		if one == host || wild && strings.HasSuffix(host, below) {
			return true
		}
	}
	return false
}
