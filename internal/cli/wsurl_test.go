package cli

import "testing"

// TestParseWS: a URL is made into what can be sent, and what can already is left alone.
func TestParseWS(t *testing.T) {
	for text, want := range map[string]string{
		"ws://bücher.example:80/ä":      "ws://xn--bcher-kva.example:80/%C3%A4",
		"WSS://Example.TEST":            "wss://Example.TEST",
		"ws://under_score.test:/":       "ws://under_score.test/",
		"ws://[fe80::1%25eth0]:80/":     "ws://[fe80::1%25eth0]:80/",
		"ws://[fe80::1%eth0]:80/?q=100": "ws://[fe80::1%25eth0]:80/?q=100",
		"ws://[::1]/?a=1&b=c%20d":       "ws://[::1]/?a=1&b=c%20d",
		"ws://h/?a b#":                  "",
	} {
		u, err := parseWS("-url", text)
		if want == "" {
			if err == nil {
				t.Errorf("%s: %s", text, u)
			}
			continue
		}
		if err != nil || u.String() != want {
			t.Errorf("%s: %v, %v; want %s", text, u, err, want)
		}
	}
}
