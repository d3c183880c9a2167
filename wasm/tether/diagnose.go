package tether

import (
	"strconv"
	"time"
)

// Verdict is why attempts fail, as far as it can be found out.
type Verdict uint8

// The verdicts, with what follows from them by [DefaultDecide].
const (
	VerdictUnknown     Verdict = iota // the server answers ordinary requests, or nothing could be found out: try again
	VerdictOffline                    // the device has no network: try again
	VerdictUnreachable                // no server answers, or, in a browser, its certificate is not trusted: try again
	VerdictUntrusted                  // its certificate is not trusted: try again rarely. Natively only
	VerdictDenied                     // HTTP 401, 403, 407: stop if that answered the handshake, else try again
	VerdictNotFound                   // HTTP 404, 410: stop if that answered the handshake, else try again
	VerdictBusy                       // HTTP 408, 425, 429: try again when it says
	VerdictFailing                    // HTTP 5xx: try again when it says
	VerdictRedirected                 // to another place, such as a login or a hotel's network: try again
)

var verdictNames = [...]string{
	"Unknown", "Offline", "Unreachable", "Untrusted", "Denied", "NotFound", "Busy", "Failing", "Redirected",
}

// String returns the name of the constant.
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return "Verdict(" + strconv.Itoa(int(v)) + ")"
}

// Diagnosis is what [WithDiagnosis] found out. As an error it is the Err of the [CloseInfo] that the policy is asked
// about, and so below a [StopError].
type Diagnosis struct {
	Verdict    Verdict
	Status     int           // of HTTP; 0: none was seen
	Handshake  bool          // Status answered a handshake. If not, it answered an ordinary request: many servers refuse those and take WebSockets
	RetryAfter time.Duration // what the server asked for; 0: nothing
}

// Error returns for example "diagnosis: Denied (HTTP 403)".
func (d *Diagnosis) Error() string {
	s := "diagnosis: " + d.Verdict.String()
	if d.Status != 0 {
		s += " (HTTP " + strconv.Itoa(d.Status) + ")"
	}
	return s
}

// Diagnosed comes when it was found out why attempts fail.
type Diagnosed struct{ Diagnosis }

func (Diagnosed) event() {}
func (Diagnosed) item()  {}

// symptoms is what a request, or a failed attempt, shows.
type symptoms struct {
	offline    bool // the platform says so
	handshake  bool // status answered the handshake itself
	reached    bool // something answered
	redirected bool
	untrusted  bool
	status     int // 0: not seen
	retryAfter time.Duration
}

// verdict reads symptoms. What speaks for the server goes first: a device that says it is offline may be wrong.
func (s symptoms) verdict() *Diagnosis {
	d := &Diagnosis{Status: s.status, Handshake: s.handshake, RetryAfter: min(s.retryAfter, longestRetryHint)}
	switch {
	case s.status != 0:
		d.Verdict = verdictOf(s.status)
	case s.redirected:
		d.Verdict = VerdictRedirected
	case s.reached:
		d.Verdict = VerdictUnknown
	case s.untrusted:
		d.Verdict = VerdictUntrusted
	case s.offline:
		d.Verdict = VerdictOffline
	default:
		d.Verdict = VerdictUnreachable
	}
	return d
}

// verdictOf reads the status of an ordinary request to an endpoint for WebSockets, where 400, 405 and 426 are what a
// healthy one answers.
func verdictOf(status int) Verdict {
	switch {
	case status == 401 || status == 403 || status == 407:
		return VerdictDenied
	case status == 404 || status == 410:
		return VerdictNotFound
	case status == 408 || status == 425 || status == 429:
		return VerdictBusy
	case status >= 500:
		return VerdictFailing
	case status >= 300 && status < 400:
		return VerdictRedirected
	}
	return VerdictUnknown
}

// decision is what follows from d.
func (d *Diagnosis) decision() Decision {
	rule := Decision{Rule: d.Error(), After: d.RetryAfter}
	switch d.Verdict {
	case VerdictDenied, VerdictNotFound:
		return Decision{Stop: d.Handshake, Rule: d.Error()}
	case VerdictBusy:
		rule.After, rule.Spread = max(rule.After, 10*time.Second), 20*time.Second
	case VerdictUntrusted: // a certificate is renewed some day, and many wait for it
		rule.After, rule.Spread = 30*time.Second, time.Minute
	case VerdictUnknown, VerdictOffline, VerdictUnreachable, VerdictFailing, VerdictRedirected:
	}
	return rule
}

// examiner finds out why attempts fail; the machine decides when. Only [WithDiagnosis] fills it, so that the linker leaves
// the diagnosis out of a program without one.
type examiner interface {
	examine(url string, info CloseInfo, found func(*Diagnosis)) (stop func())
}

// platformExaminer asks the platform: see diagnose_native.go and diagnose_js.go.
type platformExaminer struct{}
