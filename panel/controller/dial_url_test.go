package controller

import (
	"strings"
	"testing"
)

// TestDialURL: what is no URL of a WebSocket is refused with what to write.
func TestDialURL(t *testing.T) {
	for text, want := range map[string]string{
		" /ws/echo?a=1 ":   "/ws/echo?a=1",
		"":                 "/ws/echo",
		"wss://h:1/x":      "wss://h:1/x",
		"localhost:8080/x": `"localhost:8080/x" is no URL: write ws://`,
		"example.test/x":   "write ws://example.test/x",
		"//example.test/x": "write ws://example.test/x",
		"https://h/x?y=1":  "write wss://h/x?y=1",
		"http://h":         "write ws://h/",
		"ftp://h/":         "unknown scheme ftp",
		"ws://h/x#y":       "no fragment",
		"ws://[::1":        "is no URL",
		"ws:///x":          "is no URL",
	} {
		got, err := dialURL(text)
		if err != nil {
			got = err.Error()
		}
		if got != want && (err == nil || !strings.Contains(got, want)) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
