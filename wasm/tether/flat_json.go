package tether

import "strings"

// The reader of flat JSON objects: retry hints and pongs. encoding/json is too large for js.

// member cuts the first `"name":value` off s. A string value keeps its quotes.
func member(s string) (name, value, rest string, ok bool) {
	name, s, ok = quoted(s)
	if !ok {
		return "", "", "", false
	}
	s, ok = strings.CutPrefix(strings.TrimSpace(s), ":")
	if !ok {
		return "", "", "", false
	}
	s = strings.TrimSpace(s)
	if text, after, isString := quoted(s); isString {
		value, s = `"`+text+`"`, strings.TrimSpace(after)
	} else if strings.HasPrefix(s, `"`) {
		return "", "", "", false
	} else {
		end := strings.IndexByte(s+",", ',')
		value, s = strings.TrimSpace(s[:end]), s[end:]
	}
	if s == "" {
		return name, value, "", value != ""
	}
	rest, ok = strings.CutPrefix(s, ",")
	rest = strings.TrimSpace(rest)
	return name, value, rest, ok && value != "" && rest != ""
}

// quoted cuts a string off the start of s. One with an escape is refused: no member that we know needs one.
func quoted(s string) (text, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", s, false
	}
	end := strings.IndexByte(s[1:], '"')
	if end < 0 || strings.IndexByte(s[1:1+end], '\\') >= 0 {
		return "", s, false
	}
	return s[1 : 1+end], s[end+2:], true
}
