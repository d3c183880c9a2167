package tether

import (
	"strings"
	"time"
)

// longestRetryHint bounds how long a server can make a client wait.
const longestRetryHint = 24 * time.Hour

// retryHint is what a server asks of its clients in the reason of its close frame: see package retryhint.
type retryHint struct {
	retry     time.Duration // wait at least this long; negative: not said
	reconnect string        // "true", "false" or "" for not said
}

// apply changes the decision of the table as the server asks.
func (h retryHint) apply(d Decision) Decision {
	if h.reconnect == "false" {
		return Decision{Stop: true, Rule: "retry hint: do not reconnect"}
	}
	if h.retry >= 0 {
		return Decision{Rule: "retry hint: retry later"}.spreadAfter(h.retry)
	}
	if h.reconnect == "true" && d.Stop {
		return Decision{Rule: "retry hint: reconnect"}
	}
	return d
}

// parseRetryHint reads a flat JSON object. Members it does not know are skipped; whatever is not such an object, or gives a
// known member a value of the wrong type, is no retry hint.
func parseRetryHint(reason string) (retryHint, bool) {
	h := retryHint{retry: -1}
	s := strings.TrimSpace(reason)
	if len(s) < 2 || s[0] != '{' || s[len(s)-1] != '}' {
		return h, false
	}
	known := false
	for s = strings.TrimSpace(s[1 : len(s)-1]); s != ""; {
		name, value, rest, ok := member(s)
		if !ok {
			return h, false
		}
		switch name {
		case "retry":
			d, ok := milliseconds(value)
			if !ok {
				return h, false
			}
			h.retry, known = d, true
		case "reconnect":
			if value != "true" && value != "false" {
				return h, false
			}
			h.reconnect, known = value, true
		}
		s = rest
	}
	return h, known
}

// milliseconds reads digits, up to longestRetryHint.
func milliseconds(s string) (d time.Duration, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		d = min(d*10+time.Duration(s[i]-'0')*time.Millisecond, longestRetryHint)
	}
	return d, s != ""
}
