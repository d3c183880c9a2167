package engine

import (
	"errors"
	"strconv"
	"time"
)

// The tests have a policy and errors of their own, with the words of package tether's, which imports this package.

// finding is what an examination found.
type finding struct {
	text string
	Decision
}

func (f *finding) Error() string { return "diagnosis: " + f.text }

var (
	denied  = &finding{"Denied (HTTP 403)", Decision{Stop: true}}
	failing = &finding{"Failing (HTTP 503)", Decision{After: time.Minute}}
)

func decideForTest(c CloseInfo) Decision {
	if f, ok := errors.AsType[*finding](c.Err); ok {
		d := f.Decision
		d.Rule = f.Error()
		return d
	}
	switch {
	case c.Code == NormalClosure:
		return Decision{Stop: true, Rule: "1000: the server is done"}
	case c.Code == MessageTooBig:
		return Decision{Stop: true, Rule: "1007–1010: a message was refused"}
	case c.Code == serviceRestart:
		return Decision{After: 5 * time.Second, Spread: 25 * time.Second, Rule: "1012: service restart"}
	case c.Code == tryAgainLater:
		return Decision{After: 10 * time.Second, Spread: 50 * time.Second, Rule: "1013: try again later"}
	case c.Code >= 4000 && c.Code <= 4099:
		return Decision{Stop: true, Rule: "4000–4099: refused by the application"}
	}
	return Decision{Rule: "try again"}
}

const (
	serviceRestart Code = 1012
	tryAgainLater  Code = 1013
)

func closeErrorForTest(c CloseInfo) error {
	text := "connection closed: " + strconv.Itoa(int(c.Code))
	if !c.Opened {
		text = "cannot connect"
	}
	if c.Err != nil {
		text += ": " + c.Err.Error()
	}
	return errors.New(text)
}

func stopErrorForTest(rule string, cause error) error {
	return errors.New("tether: stopped (" + rule + "): " + cause.Error())
}
