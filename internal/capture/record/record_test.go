package record

import (
	"testing"
)

// These tests prove that kinds, directions and sides have the names that people and files see.

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		KindRequest.String(): "request", KindResponse.String(): "response", KindFrame.String(): "frame",
		KindClose.String(): "close", KindEnd.String(): "end", KindBroken.String(): "broken", Kind(99).String(): "unknown",
		Out.String(): "out", In.String(): "in",
		Injected.String(): "injected", (Injected | Reordered).String(): "injected reordered", Marks(0).String(): "",
		SideNone.String(): "none", SideClient.String(): "client", SideServer.String(): "server",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMarksAreFoundByName(t *testing.T) {
	for i := range 8 {
		if one := Marks(1) << i; MarkNamed(one.String()) != one {
			t.Errorf("%s is found as %s", one, MarkNamed(one.String()))
		}
	}
	if MarkNamed("") != 0 || MarkNamed("loud") != 0 || MarkNamed("injected reordered") != 0 {
		t.Error("no mark has such a name")
	}
	r := Record{Kind: KindEnd, Reason: "over", Marks: Injected}
	if got := r.Describe(); got != "end: over [injected]" {
		t.Error(got)
	}
}

func TestBytesAreWhatTheApplicationGot(t *testing.T) {
	plain := Record{Payload: []byte("as it came")}
	inflated := Record{Payload: []byte("zip"), Body: []byte("inflated")}
	empty := Record{Payload: []byte{0}, Body: []byte{}}
	for want, r := range map[string]Record{"as it came": plain, "inflated": inflated, "": empty} {
		if got := string(r.Bytes()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestDescribeLetsNoControlCharacterThrough: whatever a peer or an imported file says stays on its line.
func TestDescribeLetsNoControlCharacterThrough(t *testing.T) {
	const evil = "x\x1b[2J\r\n\u202e\x80"
	for kind, want := range map[Kind]string{
		KindRequest:  `request "x\x1b[2J\r\n\u202e\x80" from "x\x1b[2J\r\n\u202e\x80"`,
		KindResponse: `response "x\x1b[2J"`,
		KindClose:    `close 0 (Unused) by none, clean false, reason "x\x1b[2J\r\n\u202e\x80"`,
		KindEnd:      `end: "x\x1b[2J\r\n\u202e\x80"`,
		KindBroken:   `broken at byte 0 of out: "x\x1b[2J\r\n\u202e\x80"`,
		Kind(77):     "77",
	} {
		r := Record{Kind: kind, Name: evil, Remote: evil, Head: []byte(evil), Reason: evil}
		if got := r.Describe(); got != want {
			t.Errorf("%s: got %s, want %s", kind, got, want)
		}
	}
}
