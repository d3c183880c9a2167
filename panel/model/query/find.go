package query

import (
	"bytes"
	"strings"
)

// finder looks for a text. One without capital letters is found in any case; only letters of ASCII have a case here.
type finder struct {
	text         []byte
	fold         bool
	lower, upper byte // the rarest byte of a folded text
	at           int  // where it stands
}

func newFinder(s string) finder {
	f := finder{text: []byte(s), fold: s == asciiLower(s) && strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz")}
	if !f.fold {
		return f
	}
	for i, c := range f.text {
		if rarity(c) > rarity(f.text[f.at]) {
			f.at = i
		}
	}
	f.lower, f.upper = f.text[f.at], asciiUpper(f.text[f.at])
	return f
}

// rarity ranks bytes by how seldom they stand in JSON and English: the search stops at each of them, so the fewer the
// quicker.
func rarity(c byte) int {
	switch {
	case c == ' ' || c == '"' || c == ',' || c == ':':
		return 0
	case c >= '0' && c <= '9':
		return 2
	}
	if k := strings.IndexByte("etaoinsrhldcumfpgwybvkxjqz", c); k >= 0 {
		return 1 + k
	}
	return 20
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func asciiUpper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

func (f *finder) inWords(s string) bool { return s != "" && f.in([]byte(s)) }

// in reports whether the text stands in b.
func (f *finder) in(b []byte) bool {
	if !f.fold {
		return bytes.Contains(b, f.text)
	}
	return f.scan(b, f.lower) || f.upper != f.lower && f.scan(b, f.upper)
}

// scan lets bytes.IndexByte, which is fast, find the places where the rarest byte stands.
func (f *finder) scan(b []byte, c byte) bool {
	n := len(f.text)
	for from := f.at; from+n-f.at <= len(b); {
		k := bytes.IndexByte(b[from:len(b)-n+f.at+1], c)
		if k < 0 {
			return false
		}
		from += k
		if equalFold(b[from-f.at:from-f.at+n], f.text) {
			return true
		}
		from++
	}
	return false
}

// equalFold compares with a text that is lower case; both have the same length.
func equalFold(b, lower []byte) bool {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
