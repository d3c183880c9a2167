package frame

import (
	"slices"
	"strings"
	"testing"
)

// These tests prove that a head is read leniently, line by line, and that hostile ones cost little.

func TestHeadProblems(t *testing.T) {
	checkChanges(t, []change{
		{"\r\nOrigin", "\r\n folded\r\nOrigin", []string{`line 6 of the head is folded (RFC 9112 §5.2): " folded"`}},
		{"\r\nOrigin", "\r\nno colon\r\nOrigin", []string{"line 6 of the head has no colon"}},
		{"\r\nOrigin", "\r\nbad name: x\r\nOrigin", []string{"a name that is not a token"}},
		{"\r\nOrigin", "\r\nx: a\x00b\r\nOrigin", []string{`has a control character (RFC 9110 §5.5): "x: a\x00b"`}},
		{"Extensions: permessage-deflate; client_max_window_bits\r\n\r\n", "Extensions: permessage-deflate; client_max_window_bits\r\n", []string{"the head ends at line"}},
		{"HTTP/1.1\r\nHost", "HTTP/one\r\nHost", []string{`HTTP/1.1 or later, not "HTTP/one"`}},
		{"HTTP/1.1 101", "HTTP/1.1 +99", []string{"a status line"}},
	})
}

func TestHostileHeadsAreBounded(t *testing.T) {
	for name, head := range map[string]string{
		"2,000 fields":          "GET / HTTP/1.1\r\n" + strings.Repeat("a: b\r\n", 2000) + "\r\n",
		"2,000 broken fields":   "GET / HTTP/1.1\r\n" + strings.Repeat("ab\r\n", 2000) + "\r\n",
		"one field of 2 MB":     "GET / HTTP/1.1\r\na: " + strings.Repeat("b", 2<<20) + "\r\n\r\n",
		"30,000 subprotocols":   "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: " + strings.Repeat("a,", 30_000) + "\r\n\r\n",
		"30,000 extensions":     "GET / HTTP/1.1\r\nSec-WebSocket-Extensions: " + strings.Repeat("a,", 30_000) + "\r\n\r\n",
		"30,000 parameters":     "GET / HTTP/1.1\r\nSec-WebSocket-Extensions: a" + strings.Repeat(";b", 30_000) + "\r\n\r\n",
		"quotes without an end": "GET / HTTP/1.1\r\nSec-WebSocket-Extensions: a; b=\"" + strings.Repeat("\\", 9_999) + "\r\n\r\n",
		"a frame, not a head":   "\x81\x05Hello",
		"a very long line":      strings.Repeat("x", 60_000),
	} {
		h := ParseHandshake([]byte(head), []byte(head))
		long := slices.ContainsFunc(h.Problems, func(p string) bool { return len(p) > 600 })
		if len(h.Problems) == 0 || len(h.Problems) > maxProblems || long || len(h.Request) > maxFields {
			t.Errorf("%s: %d problems (over-long: %t), %d fields", name, len(h.Problems), long, len(h.Request))
		}
		if len(h.SubprotocolsOffered) > maxSubprotocols || len(h.ExtensionsOffered) > maxExtensions {
			t.Errorf("%s: %d subprotocols, %d extensions", name, len(h.SubprotocolsOffered), len(h.ExtensionsOffered))
		}
	}
}
