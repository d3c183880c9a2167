package tether

import (
	"errors"
	"time"
)

// Decision is what follows the end of a connection or attempt. The zero value: try again after the ordinary [Backoff].
type Decision struct {
	Stop   bool          // give up for good; Run returns a [StopError]
	After  time.Duration // wait at least this long
	Spread time.Duration // draw the jitter from a window at least this wide, on top of After
	Rule   string        // in a few words, for [StopError] and [Retrying]
}

// Decide chooses what follows the end of a connection or attempt. It runs on the client's goroutine: it must return at
// once and must not call the client. Fall back on [DefaultDecide] for what it does not know.
type Decide func(CloseInfo) Decision

// closeRules says what follows which close code: the first rule that holds the code wins.
var closeRules = []struct {
	from, to Code
	Decision
}{
	{CodeNormalClosure, CodeNormalClosure, Decision{Stop: true, Rule: "1000: the server is done"}},
	{CodeProtocolError, CodeUnsupportedData, Decision{Stop: true, Rule: "1002–1003: the server cannot understand this client"}},
	{CodeInvalidPayload, CodeMissingExtent, Decision{Stop: true, Rule: "1007–1010: a message was refused"}},
	// The registry asks for "a randomized delay of 5–30 s" after 1012.
	{CodeServiceRestart, CodeServiceRestart, Decision{After: 5 * time.Second, Spread: 25 * time.Second, Rule: "1012: service restart"}},
	{CodeTryAgainLater, CodeTryAgainLater, Decision{After: 10 * time.Second, Spread: 50 * time.Second, Rule: "1013: try again later"}},
	{CodeUnauthorized, CodeUnauthorized, Decision{Stop: true, Rule: "3000: unauthorized"}},
	{CodeForbidden, CodeForbidden, Decision{Stop: true, Rule: "3003: forbidden"}},
	{4000, 4099, Decision{Stop: true, Rule: "4000–4099: refused by the application"}},
	{4408, 4408, Decision{Rule: "4408: timeout"}},
	{4425, 4425, Decision{After: time.Second, Spread: 9 * time.Second, Rule: "4425: too early"}},
	{4429, 4429, Decision{After: 10 * time.Second, Spread: 20 * time.Second, Rule: "4429: too many requests"}},
	{4400, 4499, Decision{Stop: true, Rule: "4400–4499: refused, like HTTP 400–499"}},
	{4500, 4999, Decision{Stop: true, Rule: "4500–4999: ended for good by the application"}},
}

// statusRules says what follows which HTTP status of a refused handshake.
var statusRules = []struct {
	from, to int
	Decision
}{
	{408, 408, Decision{Rule: "HTTP 408: timeout"}},
	{425, 425, Decision{After: time.Second, Rule: "HTTP 425: too early"}},
	{429, 429, Decision{After: 10 * time.Second, Spread: 20 * time.Second, Rule: "HTTP 429: too many requests"}},
	{200, 299, Decision{Stop: true, Rule: "HTTP 2xx: not a WebSocket endpoint"}},
	{400, 499, Decision{Stop: true, Rule: "HTTP 4xx: the handshake was refused"}},
	{501, 501, Decision{Stop: true, Rule: "HTTP 501: not implemented"}},
	{505, 505, Decision{Stop: true, Rule: "HTTP 505: version not supported"}},
}

// DefaultDecide is the policy of a client without [WithDecide]:
//
//   - A retry hint of the server in the reason of its close frame goes first (package retryhint): a JSON object such as {"retry":5000} (wait
//     that many milliseconds, at most a day), {"reconnect":false} (stop) or {"reconnect":true} (do not stop).
//   - 1000, 1002, 1003, 1007–1010, 3000 and 3003 stop. 1012 waits 5–30 s and 1013 10–60 s.
//   - Of the private codes 4000–4099 stop, 4400–4499 are read like HTTP 400–499 (4408, 4425 and 4429 try again), and
//     4500–4999 stop.
//   - A handshake refused with an HTTP status (known natively only) stops for 2xx, 4xx but 408, 425 and 429, 501 and
//     505. Retry-After is honoured.
//   - What the server asks for, in a hint or by Retry-After, is spread over a quarter of that time on top.
//   - An [Endpoint] error stops if it is [Permanent], waits if it is [RetryAfter], and is tried again if it is another.
//   - What [WithDiagnosis] found out decides as [Verdict] says.
//   - Everything else tries again: 1001, 1005, 1006, 1011, 1014, other 3000–3999, 4100–4399.
func DefaultDecide(c CloseInfo) Decision {
	d := decideByTable(c)
	hint, ok := parseRetryHint(c.Reason)
	if !ok {
		return d
	}
	return hint.apply(d)
}

func decideByTable(c CloseInfo) Decision {
	if e, ok := errors.AsType[*endpointError](c.Err); ok {
		return Decision{Stop: e.stop, After: e.after, Rule: "endpoint"}
	}
	if d, ok := errors.AsType[*Diagnosis](c.Err); ok {
		return d.decision()
	}
	if e, ok := errors.AsType[*HandshakeError](c.Err); ok {
		return decideByStatus(e)
	}
	for _, r := range closeRules {
		if c.Code >= r.from && c.Code <= r.to {
			return r.Decision
		}
	}
	return Decision{Rule: "try again"}
}

// spreadAfter waits at least d, and draws the delay from a window a quarter as wide on top: what a server asks of all its
// clients at once must not bring them all back at once.
func (d Decision) spreadAfter(after time.Duration) Decision {
	d.After = max(d.After, after)
	d.Spread = max(d.Spread, after/4)
	return d
}

func decideByStatus(e *HandshakeError) Decision {
	d := Decision{Rule: "try again"}
	for _, r := range statusRules {
		if e.Status >= r.from && e.Status <= r.to {
			d = r.Decision
			break
		}
	}
	return d.spreadAfter(min(e.RetryAfter, longestRetryHint))
}
