package cli

import (
	"encoding/xml"
	"fmt"
	"os"
	"strings"

	"github.com/tetherscope/tetherscope/scope/act"
)

// The form of JUnit: a suite for each request, a case for each step.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"` // seconds
		Cases    []junitCase `xml:"testcase"`

		millis float64
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitFailure `xml:"failure"`
		Skipped *struct{}     `xml:"skipped"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes the results of a file of requests.
func writeJUnit(name, file string, results []act.StepResult) error {
	var all junitSuites
	for i := range results {
		s := &results[i]
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != s.Request {
			all.Suites = append(all.Suites, junitSuite{Name: s.Request})
		}
		suite := &all.Suites[len(all.Suites)-1]
		one := junitCase{Class: s.Request, Name: fmt.Sprintf("%d %s %s", s.Step, s.Kind, s.Text), Time: seconds(s.Millis)}
		switch s.Outcome {
		case act.StepFailed:
			suite.Failures++
			one.Failure = &junitFailure{s.Problem, fmt.Sprintf("%s:%d:%d: %s", file, s.Line, s.Column, s.Problem)}
		case act.StepSkipped:
			suite.Skipped++
			one.Skipped = &struct{}{}
		}
		suite.Tests++
		suite.millis += s.Millis
		suite.Time = seconds(suite.millis)
		suite.Cases = append(suite.Cases, one)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(strings.TrimSuffix(xml.Header, "\n")+"\n"+string(text)+"\n"), 0o600)
}

func seconds(millis float64) string { return fmt.Sprintf("%.6f", millis/1000) }
