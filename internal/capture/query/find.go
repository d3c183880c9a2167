package query

import (
	"bytes"
	"runtime"
	"strings"
)

// finder looks for a text. One without capital letters is found in any case; only letters of ASCII have a case here.
//
// It is Horspool's search: the byte that stands under the end of the text says how far the text can be moved on, so most
// bytes are never looked at. Where the standard library's search has vector instructions, an exact text is left to it; in
// WebAssembly it has none, and this is a few times quicker.
type finder struct {
	text  []byte
	fold  bool
	step  [256]uint8 // how far the text moves on when a byte stands under its end; 0 for the byte that ends it
	again int        // how far it moves when that byte does, and the others do not
}

// vectors says that the standard library's search has vector instructions.
const vectors = runtime.GOARCH != "wasm"

func newFinder(s string) finder {
	f := exactFinder(s)
	if s != asciiLower(s) || !strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz") {
		return f
	}
	f.fold = true
	for c := byte('a'); c <= 'z'; c++ {
		f.step[asciiUpper(c)] = f.step[c]
	}
	return f
}

func exactFinder(s string) finder {
	f := finder{text: []byte(s)}
	last := len(s) - 1
	for c := range f.step {
		f.step[c] = uint8(min(len(s), 255))
	}
	for i := range max(last, 0) {
		f.step[s[i]] = uint8(min(last-i, 255))
	}
	if last >= 0 {
		f.again = max(1, int(f.step[s[last]]))
		f.step[s[last]] = 0
	}
	return f
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
func (f *finder) in(b []byte) bool { return f.index(b) >= 0 }

// index returns where the text first stands in b, -1 when it does not.
func (f *finder) index(b []byte) int {
	last := len(f.text) - 1
	if last < 0 {
		return 0
	}
	if vectors && !f.fold {
		return bytes.Index(b, f.text)
	}
	spent := 0
	for at := last; at < len(b); {
		if step := int(f.step[b[at]]); step > 0 {
			at += step
			for at+255 < len(b) { // two at once while they cannot lead past the end: jumps cost more than they do
				one := int(f.step[b[at]])
				two := int(f.step[b[at+one]])
				if at += one + two; two == 0 {
					break
				}
			}
			continue
		}
		k := f.agrees(b[at-last : at+1])
		if k > last {
			return at - last
		}
		if spent += k; spent > 1024+4*at {
			return f.plod(b, at-last+1)
		}
		at += f.again
	}
	return -1
}

// agrees returns how many bytes of b, which is as long as the text, agree with it.
func (f *finder) agrees(b []byte) int {
	if f.fold {
		return agreesFold(b, f.text)
	}
	for i, c := range b {
		if c != f.text[i] {
			return i
		}
	}
	return len(b)
}

// plod is for texts and payloads that nearly agree in many places, such as aaab and aaaa: it takes time that grows with
// the length of b alone.
func (f *finder) plod(b []byte, from int) int {
	rest := b[from:]
	if f.fold {
		rest = bytes.Clone(rest)
		for i, c := range rest {
			if 'A' <= c && c <= 'Z' {
				rest[i] = c + 'a' - 'A'
			}
		}
	}
	if k := bytes.Index(rest, f.text); k >= 0 {
		return from + k
	}
	return -1
}

// agreesFold compares with a text that is lower case.
func agreesFold(b, lower []byte) int {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return i
		}
	}
	return len(b)
}
