// These tests prove that the table says what was measured, and that the messages have the sizes that the issue asks for.
package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/bench/codecs/message"
)

func TestReport(t *testing.T) {
	var b strings.Builder
	report(&b, []variant{
		{"json", "decode", "small", 182, []float64{9, 8, 10}},
		{"JSON.parse", "decode", "small", 182, []float64{1, 2, 3}},
		{"JSON.parse again", "decode", "small", 182, []float64{3, 4, 5}},
		{"json", "encode", "small", 182, []float64{1}},
		{"json", "decode", "large", 10_000, []float64{1}},
	}, 3)
	got, _, _ := strings.Cut(b.String(), "\ndecode, large")
	if want := `
decode, small message, median of 3
                               bytes   µs/message    to JSON.parse
JSON.parse                       182         2.00             0.67
JSON.parse again                 182         4.00             1.33
json                             182         9.00             3.00
`; got != want {
		t.Errorf("%s\nwant%s", got, want)
	}
}

func TestMessagesHaveTheirSizes(t *testing.T) {
	for name, test := range map[string]struct {
		v         any
		low, high int
	}{"small": {message.Small(), 182, 182}, "large": {message.Large(), 10_000, 10_800}} {
		b, err := json.Marshal(test.v)
		if err != nil || len(b) < test.low || len(b) > test.high {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
}
