package frame

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// These tests prove that close payloads are read and written as RFC 6455 §5.5.1 and §7.4 say.

func TestClosePayloads(t *testing.T) {
	for _, c := range []struct {
		payload string
		code    uint16
		reason  string
		want    Violations
	}{
		{"", 1005, "", 0},
		{"\x03", 1005, "", CloseBodyOneByte},
		{"\x03\xe8", 1000, "", 0},
		{"\x0f\xa1grüß dich", 4001, "grüß dich", 0},
		{"\x03\xe8a\xffb\xe2\x82", 1000, "a\uFFFDb\uFFFD", ReasonNotUTF8},
		{"\x03\xee\xff", 1006, "\uFFFD", CloseCodeForbidden | ReasonNotUTF8},
	} {
		code, reason, v := ParseClose([]byte(c.payload))
		if code != c.code || reason != c.reason || v != c.want {
			t.Errorf("%x: got %d %q %v", c.payload, code, reason, v)
		}
	}
}

func TestCloseCodesOnTheWire(t *testing.T) {
	for code := range 1 << 16 {
		want := CloseCodeUnassigned
		switch {
		case code == 1004, code == 1005, code == 1006, code == 1015:
			want = CloseCodeForbidden
		case code >= 1000 && code <= 1014, code >= 3000 && code <= 4999:
			want = 0
		}
		if got := checkCloseCode(uint16(code)); got != want {
			t.Fatalf("%d: got %v, want %v", code, got, want)
		}
	}
}

func TestACutCloseReasonIsNoViolation(t *testing.T) {
	payload := append([]byte{3, 0xe8}, strings.Repeat("€", 200)...)
	wire := AppendFrame(nil, Header{Fin: true, Opcode: Close}, payload)
	frames, _ := collectAnyhow(t, Config{Snap: -1}, wire)
	if len(frames[0].Payload) != maxControl || frames[0].Violations != LongControl {
		t.Errorf("%d bytes kept, %v", len(frames[0].Payload), frames[0].Violations)
	}
}

func TestCloseReasonIsCutBetweenCharacters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.Uint16().Filter(func(c uint16) bool { return c != CodeNoStatus }).Draw(t, "code")
		reason := strings.Repeat(rapid.StringN(0, 10, 40).Draw(t, "reason"), rapid.IntRange(0, 12).Draw(t, "times"))
		payload := AppendClose(nil, code, reason)
		gotCode, got, v := ParseClose(payload)
		switch {
		case len(payload) > maxControl, gotCode != code, v&ReasonNotUTF8 != 0, !strings.HasPrefix(reason, got):
			t.Fatalf("%x: %d %q %v", payload, gotCode, got, v)
		case len(reason) <= MaxReason && got != reason:
			t.Fatalf("%d bytes fit, and were cut to %d", len(reason), len(got))
		case got != reason && len(got)+utf8.UTFMax <= MaxReason:
			t.Fatalf("cut at %d bytes, earlier than needed", len(got))
		}
	})
	if got := AppendClose([]byte("x"), CodeNoStatus, "ignored"); !bytes.Equal(got, []byte("x")) {
		t.Errorf("no status: %x", got)
	}
}
