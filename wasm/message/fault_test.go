// This test proves what the text of a fault is, whatever the program gave.
package message

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestFaultsAreUTF8 proves that the text of a fault arrives as text, however long it is and whatever bytes it has.
func TestFaultsAreUTF8(t *testing.T) {
	for _, text := range []string{strings.Repeat("ž", 200), "a\xFFb", "x" + strings.Repeat("馬", 100), strings.Repeat("x", 255)} {
		for _, e := range []Envelope{Framed(), JSON()} {
			b, kind, err := fault(nil, e, Head{Type: "t", Reply: "1"}, text, nil)
			if err != nil {
				t.Fatal(err)
			}
			m, err := e.Open(b, kind)
			if err != nil || !utf8.ValidString(m.Fault) || len(m.Fault) < 4 {
				t.Errorf("%.10q: %q, %v", text, m.Fault, err)
			}
		}
	}
}
