package tether

import (
	"strconv"
	"time"
)

// Verdict is why attempts fail, as far as it can be found out.
type Verdict uint8

// The verdicts, with what follows from them by [DefaultDecide].
const (
	Unknown     Verdict = iota // the server answers ordinary requests: try again
	Offline                    // the device has no network: try again
	Unreachable                // no server answers, or, in a browser, its certificate is not trusted: try again
	Untrusted                  // its certificate is not trusted: try again rarely. Natively only
	Denied                     // HTTP 401, 403, 407: stop
	NotFound                   // HTTP 404, 410: stop
	Busy                       // HTTP 408, 425, 429: try again when it says
	Failing                    // HTTP 5xx: try again when it says
	Redirected                 // to another place, such as a login or a hotel's network: try again
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

// WithDiagnosis finds out why attempts fail, after each number of failures in a row, where the platform did not tell. A
// browser tells nothing: a refused login, a missing page and an unplugged cable are all 1006. So an ordinary request is
// made to the same URL, which browsers do tell about: to the page's own origin always, to others as far as CORS lets
// them. [Diagnosed] tells what came of it, and the policy decides anew with the [Diagnosis] as [CloseInfo].Err.
//
// The request goes on beside the attempts and delays none. Its answer counts until the next connection opens. Natively
// the HTTP status is known without it, and no request is made: the error of the attempt is read.
func WithDiagnosis(failures int) Option {
	return func(o *options) error {
		if failures < 1 {
			return &OptionError{"WithDiagnosis", "must be at least 1, got " + strconv.Itoa(failures)}
		}
		o.doctor = &diagnosis{every: failures}
		return nil
	}
}

// symptoms is what a request, or a failed attempt, shows.
type symptoms struct {
	offline    bool // the platform says so
	reached    bool // something answered
	redirected bool
	untrusted  bool
	status     int // 0: not seen
	retryAfter time.Duration
}

// verdict reads symptoms. What speaks for the server goes first: a device that says it is offline may be wrong.
func (s symptoms) verdict() *Diagnosis {
	d := &Diagnosis{Status: s.status, RetryAfter: min(s.retryAfter, longestAdvice)}
	switch {
	case s.status != 0:
		d.Verdict = verdictOf(s.status)
	case s.redirected:
		d.Verdict = Redirected
	case s.reached:
		d.Verdict = Unknown
	case s.untrusted:
		d.Verdict = Untrusted
	case s.offline:
		d.Verdict = Offline
	default:
		d.Verdict = Unreachable
	}
	return d
}

// verdictOf reads the status of an ordinary request to an endpoint for WebSockets, where 400, 405 and 426 are what a
// healthy one answers.
func verdictOf(status int) Verdict {
	switch {
	case status == 401 || status == 403 || status == 407:
		return Denied
	case status == 404 || status == 410:
		return NotFound
	case status == 408 || status == 425 || status == 429:
		return Busy
	case status >= 500:
		return Failing
	case status >= 300 && status < 400:
		return Redirected
	}
	return Unknown
}

// decision is what follows from d.
func (d *Diagnosis) decision() Decision {
	rule := Decision{Rule: d.Error(), After: d.RetryAfter}
	switch d.Verdict {
	case Denied, NotFound:
		return Decision{Stop: true, Rule: d.Error()}
	case Busy:
		rule.After, rule.Spread = max(rule.After, 10*time.Second), 20*time.Second
	case Untrusted: // a certificate is renewed some day, and many wait for it
		rule.After, rule.Spread = 30*time.Second, time.Minute
	case Unknown, Offline, Unreachable, Failing, Redirected:
	}
	return rule
}

// diagnosis is the doctor: part of the machine, but for examine.
type diagnosis struct {
	every int
	asked bool // an answer is awaited, and counts
}

func (x *diagnosis) moved() { x.asked = false }

// failed asks for an examination after every so many failures of which nothing is known.
func (x *diagnosis) failed(m *machine, info CloseInfo, out []command) []command {
	if info.Opened || m.target == nil || m.failures%x.every != 0 || x.asked {
		return out
	}
	x.asked = true
	return append(out, command{kind: cmdExamine, target: m.target, err: m.cause})
}

// diagnosed lets the policy decide anew, knowing more.
func (x *diagnosis) diagnosed(m *machine, ev *event, out []command) []command {
	if !x.asked {
		return out
	}
	x.asked = false
	out = tell(out, Diagnosed{*ev.finding})
	info := CloseInfo{Code: AbnormalClosure, Err: ev.finding}
	d := m.plan.decide(info)
	if d.Stop {
		out = m.release(out)
		m.cause = &CloseError{info}
		return m.end(&StopError{d.Rule, m.cause}, out)
	}
	if m.state == Waiting && ev.now+d.After > m.retryAt {
		m.cause = &CloseError{info}
		return m.wait(ev, d.After, m.plan.backoff.delay(m.failures, d, ev.random), d.Rule, out)
	}
	return out
}
