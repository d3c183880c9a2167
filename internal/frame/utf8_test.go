package frame

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// These tests prove that validating text piece by piece agrees with validating it whole, and that wrong text is noticed
// at its first wrong byte.

// nearText draws bytes that are mostly UTF-8, with the hard cases near at hand.
var nearText = rapid.Custom(func(t *rapid.T) []byte {
	parts := rapid.SliceOfN(rapid.SampledFrom([]string{
		"a", "plain text of some length", "é", "€", "🙂", "\x80", "\xc0\x80", "\xe2\x82", "\xed\xa0\x80", "\xf0\x9f\x99", "\xf4\x90", "\xff", "\x00",
	}), 0, 8).Draw(t, "parts")
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
})

func TestTextInPiecesIsCheckedAsAWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := nearText.Draw(t, "text")
		var c utf8Check
		for rest := text; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			c.write(rest[:n])
			rest = rest[n:]
		}
		if c.ok() != utf8.Valid(text) {
			t.Fatalf("%q: %t in pieces, %t whole", text, c.ok(), utf8.Valid(text))
		}
	})
}

func TestTextIsWrongAtItsFirstWrongByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := nearText.Draw(t, "text")
		var c utf8Check
		for i := range text {
			c.write(text[i : i+1])
			if want := !canBecomeText(text[:i+1]); c.bad != want {
				t.Fatalf("%q after byte %d: bad is %t", text, i, c.bad)
			}
		}
	})
}

// canBecomeText is the slow twin: some bytes put behind p make it valid.
func canBecomeText(p []byte) bool {
	for _, tail := range []string{"", "\x80", "\x80\x80", "\x80\x80\x80", "\xa0\x80", "\x90\x80\x80", "\xbf", "\xbf\xbf"} {
		if utf8.Valid(append(append([]byte{}, p...), tail...)) {
			return true
		}
	}
	return false
}
