package recordtest

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

// TestLeakFindsEveryEncoding proves that a credential is found as it is, in base64 of both alphabets at each position, and in hexadecimal digits, and
// that nothing is found where there is none.
func TestLeakFindsEveryEncoding(t *testing.T) {
	const secret = "~?~?s3cr3t>>>passphrase"
	for before := range 7 {
		for after := range 4 {
			text := []byte(strings.Repeat("x", before) + secret + strings.Repeat("y", after))
			for _, form := range []string{string(text), base64.StdEncoding.EncodeToString(text), base64.RawURLEncoding.EncodeToString(text), strings.ToUpper(hex.EncodeToString(text))} {
				if Leak("before "+form+" after", secret) == "" {
					t.Errorf("nothing is found in %q", form)
				}
			}
		}
	}
	if got := Leak(`{"token":"[hidden]"}`); got != "" {
		t.Error(got)
	}
}
