// These tests prove that no close can fail for what was asked (P11).
package engine

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEveryCodeBecomesLegal(t *testing.T) {
	for c := range 1 << 16 {
		native, inBrowser := LegalCode(Code(c), false), LegalCode(Code(c), true)
		if legal := native >= 1000 && native <= 1014 && native != 1004 && native != 1006 || native >= 3000 && native <= 4999; !legal {
			t.Fatalf("%d becomes %d natively", c, native)
		}
		if legal := inBrowser == 1000 || inBrowser == NoStatus || inBrowser >= 3000 && inBrowser <= 4999; !legal {
			t.Fatalf("%d becomes %d in a browser, whose close would throw", c, inBrowser)
		}
		if c >= 3000 && c <= 4999 && (int(native) != c || int(inBrowser) != c) {
			t.Fatalf("%d is legal everywhere and becomes %d and %d", c, native, inBrowser)
		}
	}
}

func TestAReasonIsCutBetweenRunes(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "bye": "bye",
		strings.Repeat("a", 123):      strings.Repeat("a", 123),
		strings.Repeat("a", 124):      strings.Repeat("a", 123),
		strings.Repeat("é", 62):       strings.Repeat("é", 61),
		strings.Repeat("🐎", 31):       strings.Repeat("🐎", 30),
		"a" + strings.Repeat("🐎", 31): "a" + strings.Repeat("🐎", 30),
		"broken \xff":                 "broken \ufffd",
		strings.Repeat("\xff", 200):   strings.Repeat("\ufffd", 41),
	} {
		got := LegalReason(in)
		if got != want || len(got) > MaxReason || !utf8.ValidString(got) {
			t.Errorf("%d bytes became %d: %q", len(in), len(got), got)
		}
	}
}
