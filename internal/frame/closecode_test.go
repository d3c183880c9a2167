package frame

import (
	"strings"
	"testing"
)

// These tests prove that every close code has a name and a sentence.

func TestEveryCloseCodeHasAText(t *testing.T) {
	for code := range 1 << 16 {
		name, explanation := CloseCodeText(uint16(code))
		if name == "" || !strings.HasSuffix(explanation, ".") {
			t.Fatalf("%d: %q %q", code, name, explanation)
		}
	}
}

func TestCloseCodeNames(t *testing.T) {
	for code, want := range map[uint16]string{
		999: "Unused", 1000: "Normal Closure", 1001: "Going Away", 1006: "Abnormal Closure", 1011: "Internal Error",
		1015: "TLS Handshake", 1016: "Unassigned", 2999: "Unassigned", 3000: "Unauthorized", 3001: "Registered Range",
		3008: "Timeout", 4000: "Private Use", 4999: "Private Use", 5000: "Out of Range",
	} {
		if got, _ := CloseCodeText(code); got != want {
			t.Errorf("%d: got %q, want %q", code, got, want)
		}
	}
}
