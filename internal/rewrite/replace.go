package rewrite

import (
	"bytes"
	"regexp"
	"strings"
)

// replace replaces what a regular expression matches.
type replace struct {
	pattern  *regexp.Regexp
	template []byte
	refs     int // references in the template
}

// ParseReplace reads the text behind "replace": a pattern and a replacement between three equal signs, "/a/b/", and returns how many bytes
// of text that takes. The sign is any of ASCII that is no letter, digit, space or backslash; behind a backslash it stands for itself. In the
// replacement, $1 and ${name} are what groups match and $$ is a dollar sign. The error is a [*PlaceError].
func ParseReplace(text string) (e Edit, n int, err error) {
	const hint = "replace /old/new/"
	start := len(text) - len(strings.TrimLeft(text, " \t"))
	if start == len(text) {
		return nil, 0, &PlaceError{start, "a pattern is missing", hint}
	}
	sign := text[start]
	if sign <= ' ' || sign >= 0x7F || sign == '\\' || isWord(sign) {
		return nil, 0, &PlaceError{start, "the pattern stands between signs such as /", hint}
	}
	source, at, ok := cut(text, start+1, sign)
	if !ok {
		return nil, 0, &PlaceError{start, "the sign behind the pattern is missing", hint}
	}
	template, end, ok := cut(text, at, sign)
	if !ok {
		return nil, 0, &PlaceError{at, "the sign behind the replacement is missing", hint}
	}
	pattern, bad := regexp.Compile(source)
	if bad != nil {
		return nil, 0, &PlaceError{start + 1, strings.TrimPrefix(bad.Error(), "error parsing regexp: "), "a regular expression of RE2"}
	}
	return &replace{pattern, []byte(template), strings.Count(template, "$")}, end, nil
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// cut returns what stands from i up to the sign, without the backslashes before signs, and the position behind the sign.
func cut(text string, i int, sign byte) (part string, end int, ok bool) {
	var b strings.Builder
	for ; i < len(text); i++ {
		switch {
		case text[i] == sign:
			return b.String(), i + 1, true
		case text[i] == '\\' && i+1 < len(text):
			i++
			if text[i] != sign {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(text[i])
	}
	return "", 0, false
}

// Apply implements [Edit].
func (e *replace) Apply(m Message) (Result, error) {
	places := e.pattern.FindAllSubmatchIndex(m.Payload, MaxPlaces+1)
	if len(places) > MaxPlaces {
		return Result{}, ErrPlaces
	}
	if len(places) == 0 {
		return Result{Payload: m.Payload}, nil
	}
	out, at := make([]byte, 0, len(m.Payload)), 0
	for _, p := range places {
		out = append(out, m.Payload[at:p[0]]...)
		if len(out)+len(e.template)+e.refs*(p[1]-p[0]) > MaxResult { // what Expand adds at most
			return Result{}, ErrTooLong
		}
		out = e.pattern.Expand(out, e.template, m.Payload, p)
		at = p[1]
	}
	out = append(out, m.Payload[at:]...)
	return Result{Payload: out, Changed: !bytes.Equal(out, m.Payload)}, nil
}
