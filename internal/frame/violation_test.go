package frame

import (
	"strings"
	"testing"
)

// These tests prove that every violation has a name, a section and a sentence, and that sets of them read well.

func TestEveryViolationIsExplained(t *testing.T) {
	n := 0
	for r := range Violations(1<<len(rules) - 1).All() {
		if r.Bit != 1<<n || r.Name == "" || !strings.HasPrefix(r.Section, "RFC ") || !strings.HasSuffix(r.Explanation, ".") {
			t.Errorf("bit %d: %+v", n, r)
		}
		n++
	}
	if n != len(rules) || InflateBudget != 1<<(n-1) {
		t.Errorf("%d rules are explained, the last one is %b", n, InflateBudget)
	}
}

func TestViolationsInWords(t *testing.T) {
	v := MaskedServer | FragmentedControl
	if got, want := v.String(), "masked server frame (RFC 6455 §5.1); fragmented control frame (RFC 6455 §5.5)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if v.Count() != 2 || Violations(0).String() != "" {
		t.Errorf("count %d, none %q", v.Count(), Violations(0))
	}
	if unknown := Violations(1 << 63); unknown.String() != "" {
		t.Errorf("a bit that this version does not know: %q", unknown)
	}
	for range (v | ReservedOpcode).All() {
		break // stopping early is allowed
	}
}
