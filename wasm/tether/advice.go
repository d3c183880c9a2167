package tether

import (
	"strings"
	"time"
)

// longestAdvice bounds what a server can make a client wait.
const longestAdvice = 24 * time.Hour

// advice is what a server put into the reason of its close frame for its clients to obey.
type advice struct {
	retry     time.Duration // wait at least this long; negative: not said
	reconnect string        // "true", "false" or "" for not said
}

// apply changes the decision of the table as the server wishes.
func (a advice) apply(d Decision) Decision {
	if a.reconnect == "false" {
		return Decision{Stop: true, Rule: "server advice: do not reconnect"}
	}
	if a.retry >= 0 {
		return Decision{After: a.retry, Rule: "server advice: retry later"}
	}
	if a.reconnect == "true" && d.Stop {
		return Decision{Rule: "server advice: reconnect"}
	}
	return d
}

// parseAdvice reads a flat JSON object. Members it does not know are skipped; whatever is not such an object, or gives a
// known member a value of the wrong type, is no advice. It is written out because encoding/json is too large for js.
func parseAdvice(reason string) (advice, bool) {
	a := advice{retry: -1}
	s := strings.TrimSpace(reason)
	if len(s) < 2 || s[0] != '{' || s[len(s)-1] != '}' {
		return a, false
	}
	known := false
	for s = strings.TrimSpace(s[1 : len(s)-1]); s != ""; {
		name, value, rest, ok := member(s)
		if !ok {
			return a, false
		}
		switch name {
		case "retry":
			d, ok := milliseconds(value)
			if !ok {
				return a, false
			}
			a.retry, known = d, true
		case "reconnect":
			if value != "true" && value != "false" {
				return a, false
			}
			a.reconnect, known = value, true
		}
		s = rest
	}
	return a, known
}

// milliseconds reads digits, up to longestAdvice.
func milliseconds(s string) (d time.Duration, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		d = min(d*10+time.Duration(s[i]-'0')*time.Millisecond, longestAdvice)
	}
	return d, s != ""
}

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
