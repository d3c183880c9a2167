package requests

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// parsed reads a text that has no error.
func parsed(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("a.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const request = "[[request]]\nname = \"a\"\nurl = \"ws://h\"\n"

// step is a file with one request of one step.
func step(lines string) string { return request + "[[request.step]]\n" + lines }

// TestErrorsHaveAPlace proves that whatever is wrong in a file is said with its line and column.
func TestErrorsHaveAPlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                                           "1:1: there are 0 requests",
		"x = 1":                                      "1:1: there is no key x here",
		"[[request]\n":                               "1:",
		"[[request]]\nurl = \"ws://h\"":              "1:3: a request has a name",
		"[[request]]\nname = \"a\"":                  "1:3: a request has a URL",
		request + request:                            "5:1: another request has this name",
		request + "within = \"soon\"":                "4:1: want a time of at most 10m",
		request + "header = [\"x\"]":                 "4:1: entry 1 is no header field",
		request + "insecure = true\nca = \"x\"":      "1:3: insecure, ca and ca-file exclude each other",
		step("") + "\n":                              "4:3: a step is one of send",
		step("send = \"a\"\nwait = \"b\""):           "4:3: a step is one of send",
		step("send = 1"):                             "5:8:",
		step("json = '{'"):                           "5:1: this is no JSON",
		step("binary = '0'"):                         "5:1: want hexadecimal digits",
		step("\n# a comment\nwait = 'dir:up'"):       "7:1: the filter cannot be read: column 5",
		step("close = 99"):                           "5:1: want a close code from 1000 to 4999",
		step("send = 'x'\nreason = 'y'"):             "6:1: a reason of at most 123 bytes belongs to close",
		step("send = 'x'\nsave = {a='$.b'}"):         "6:1: wait and expect find a message",
		step("wait = 'x'\nsave = {a='b'}"):           "6:1: the path \"b\"",
		step("wait = 'x'\nsave = {\"env.a\"='$.b'}"): "6:1: \"env.a\" is no name",
		"[vars]\n\"a b\" = \"x\"\n" + request:        "2:1: a variable is called by",
		strings.Repeat("#", MaxFile+1):               "1:1: the file has more than 1 MiB",
	} {
		_, err := Parse("a.toml", []byte(text))
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "a.toml:"+want) {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
	}
}

// TestVariablesHaveASource proves that a variable without one is found before anything is sent, with its place, and that values of the environment are
// refused where there is none to be asked.
func TestVariablesHaveASource(t *testing.T) {
	env := func(name string) (string, bool) { return "secret value", name == "KEY" }
	for text, want := range map[string]string{
		step("send = '{{x}}'"):                 "a.toml:5:1: no variable is called x",
		step("send = '{{env.NONE}}'"):          "a.toml:5:1: the environment has no NONE",
		step("send = '{{env.KEY}}'"):           "",
		step("send = '{{given}} {{ given }}'"): "",
		step("wait = 'a'\nsave = {x='$.x'}\n") + "[[request.step]]\nsend = '{{x}}'": "",
		"[vars]\na = '{{b}}'\nb = '{{a}}'\n" + step("send = '{{a}}'"):               "a.toml:",
		"[vars]\na = '{{none}}'\n" + step("send = '{{a}}'"):                         "a.toml:2:1: no variable is called none",
	} {
		_, err := NewRun(parsed(t, text), Options{Env: env, Vars: map[string]string{"given": "1"}})
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := NewRun(parsed(t, step("send = '{{env.KEY}}'")), Options{}); err == nil || !strings.Contains(err.Error(), "a.toml:5:1: {{env.KEY}} is for the terminal") {
		t.Error(err)
	}
	wide := "[vars]\na = '" + strings.Repeat("{{b}}", 100) + "'\nb = '" + strings.Repeat("{{c}}", 100) + "'\nc = '" + strings.Repeat("{{d}}", 100) + "'\nd = ''\n"
	r, err := NewRun(parsed(t, wide+step("send = '{{a}}'")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(played(t, r, func(*Run, string) {}), " "); !strings.Contains(all, "more than 1000 variables") {
		t.Error(all)
	}
	long := "[vars]\na = '" + strings.Repeat("x", 900<<10) + "'\n"
	if r, err = NewRun(parsed(t, long+step("send = '"+strings.Repeat("{{a}}", 20)+"'")), Options{}); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(played(t, r, func(*Run, string) {}), " "); !strings.Contains(all, "more than 8 MiB") {
		t.Error(all[:200])
	}
	if _, err := NewRun(parsed(t, request), Options{Only: "b"}); err == nil || err.Error() != `a.toml:1:1: no request is called "b"` {
		t.Error(err)
	}
}

// TestValuesCannotLeaveTheirPlace proves how values are written: escaped inside of strings of JSON and of filters, in quotes where a filter would read
// more than a word.
func TestValuesCannotLeaveTheirPlace(t *testing.T) {
	value := func(string) (string, error) { return `a "b" \ c`, nil }
	for _, one := range []struct {
		Step
		want string
	}{
		{Step{Kind: Send, Text: "<{{v}}>"}, `<a "b" \ c>`},
		{Step{Kind: JSON, Text: `{"x":"{{v}}!"}`}, `{"x":"a \"b\" \\ c!"}`},
		{Step{Kind: JSON, Text: `{"\"{{v}}":1}`}, `{"\"a \"b\" \\ c":1}`},
		{Step{Kind: Wait, Text: `$.x="{{v}}"`}, `$.x="a \"b\" \\ c"`},
		{Step{Kind: Wait, Text: `$.x={{v}}`}, `$.x="a \"b\" \\ c"`},
		{Step{Kind: Wait, Text: `{{v`}, `{{v`},
	} {
		if got, err := one.filled(value); err != nil || got != one.want {
			t.Errorf("%s: %s, %v; want %s", one.Text, got, err, one.want)
		}
	}
}

// came returns a received message.
func came(number uint64, text string) *record.Record {
	return &record.Record{
		Kind: record.KindFrame, Dir: record.In, Conn: 1, Final: true, Message: number, Frames: 1, Payload: []byte(text),
		Header: frame.Header{Fin: true, Opcode: frame.Text, Length: uint64(len(text))},
	}
}

// played plays a run against a peer that has an answer for each message, and returns what was done and what became of the steps.
func played(t *testing.T, r *Run, answer func(r *Run, sent string)) (all []string) {
	t.Helper()
	now := time.Unix(0, 0)
	for range 1000 {
		a := r.Next(now)
		for _, s := range r.Results() {
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", s.Outcome, s.Kind, s.Text, s.Problem)))
		}
		switch a.Do {
		case Dial:
			all = append(all, "dial "+a.Dial.URL+" "+strings.Join(a.Dial.Header, ","))
			r.Opened(now, 7)
		case Write:
			all = append(all, "write "+string(a.Payload))
			r.Sent(now, nil)
			answer(r, string(a.Payload))
		case Finish:
			all = append(all, fmt.Sprintf("close %d %s", a.Code, a.Reason))
		case Await:
			now = a.Until
		case Leave:
		case Stop:
			return all
		}
	}
	t.Fatal("the run does not end")
	return nil
}

// TestARun proves what every kind of step does, that a saved value is used but never looked into for variables, that the steps behind a failed one are skipped and
// the next request is run all the same, and that no value of the environment is in a result.
func TestARun(t *testing.T) {
	f := parsed(t, `
[vars]
host = "h:{{port}}"
[[request]]
name = "one"
url = "ws://{{host}}/x"
header = ["X-Key: {{env.KEY}}"]
[[request.step]]
json = '{"login":"{{user}}"}'
[[request.step]]
wait = '$.type=welcome'
save = { token = "$.token", n = "$.n" }
[[request.step]]
send = "{{token}} {{n}}"
[[request.step]]
expect = "never"
[[request.step]]
send = "skipped"
[[request]]
name = "two"
url = "ws://h"
[[request.step]]
binary = "61 62"
[[request.step]]
wait = "x"
within = "1s"
[[request]]
name = "three"
url = "ws://h"
[[request.step]]
send = "bye"
[[request.step]]
closed = 4001
[[request]]
name = "four"
url = "ws://h"
[[request.step]]
close = 4002
reason = "done"
`)
	env := func(name string) (string, bool) { return "s3cret", name == "KEY" }
	r, err := NewRun(f, Options{Vars: map[string]string{"port": "1", "user": `a"b`}, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	answer := func(r *Run, sent string) {
		switch sent {
		case `{"login":"a\"b"}`:
			r.Message(came(1, "noise"))
			r.Message(came(2, `{"type":"welcome","token":"{{env.KEY}}","n":5}`))
			r.Message(came(3, "it has s3cret"))
		case "bye":
			r.CloseFrame(4001, "why")
		}
	}
	got := strings.Join(played(t, r, answer), "\n")
	want := strings.TrimSpace(`
dial ws://h:1/x X-Key: s3cret
passed open ws://{{host}}/x
write {"login":"a\"b"}
passed json {"login":"{{user}}"}
passed wait $.type=welcome
write {{env.KEY}} 5
passed send {{token}} {{n}}
failed expect never the message does not match: it has {{env.KEY}}
skipped send skipped
close 1000 
dial ws://h 
passed open ws://h
write ab
passed binary 61 62
failed wait x no message matched within 1s; no message came
close 1000 
dial ws://h 
passed open ws://h
write bye
passed send bye
passed closed 4001
close 4001 
dial ws://h 
passed open ws://h
passed close 4002
close 4002 done`)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if end := r.End(); end.Passed != 2 || end.Failed != 2 {
		t.Errorf("%+v", end)
	}
}

// TestEndsAreSaid proves what is said when a connection cannot be opened, ends early, is closed with another code or not at all, or a value is missing.
func TestEndsAreSaid(t *testing.T) {
	file := step("send = 'x'\n") + "[[request.step]]\n"
	for text, test := range map[string]struct {
		answer func(*Run)
		want   string
	}{
		"wait = 'a'":                       {func(r *Run) { r.Ended("the connection ended") }, "the connection ended; no message came"},
		"wait = 'b'":                       {func(r *Run) { r.CloseFrame(1011, "oops") }, `the server closed the connection with code 1011 "oops"; no message came`},
		"closed = 1000":                    {func(r *Run) { r.CloseFrame(1011, "oops") }, `the server closed the connection with code 1011 "oops"`},
		"closed = 1001":                    {func(*Run) {}, "no close frame came within 5s"},
		"send = 'y'":                       {func(r *Run) { r.Ended("the connection ended") }, "not sent: the connection ended"},
		"wait = 'c'\nsave = {a = '$.b.c'}": {func(r *Run) { r.Message(came(1, `{"c":1}`)) }, `the message has nothing at $.b.c to save as a: {"c":1}`},
	} {
		r, err := NewRun(parsed(t, file+text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		all := played(t, r, func(r *Run, _ string) { test.answer(r) })
		if got := strings.Join(all, "\n"); !strings.Contains(got, test.want) || r.End().Failed != 1 {
			t.Errorf("%s: %s", text, got)
		}
	}
	r, err := NewRun(parsed(t, request+"[[request.step]]\nsend = 'x'"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.Next(time.Unix(0, 0))
	r.NotOpened(time.Unix(1, 0), errors.New("refused"))
	if r.Next(time.Unix(1, 0)).Do != Stop {
		t.Error("there is more to do")
	}
	if list := r.Results(); len(list) != 2 || list[0].Problem != "refused" || list[1].Outcome != "skipped" {
		t.Errorf("%+v", list)
	}
}

// FuzzParse proves that no text makes reading or preparing panic, and that every error has its type.
func FuzzParse(f *testing.F) {
	f.Add([]byte(step("wait = '{{x}}'\nsave = {a='$.b'}")))
	f.Add([]byte("[vars]\na = '{{b}}'\n[[request]]\nname='x'\nurl='{{a}}'\nstep=[{send='x'},{close=4000}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Parse("f", text)
		if err == nil {
			_, err = NewRun(file, Options{})
		}
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%T %v", err, err)
		}
	})
}
