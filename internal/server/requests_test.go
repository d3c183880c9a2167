package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/scope/act"
)

// runs runs a text of requests and returns its lines.
func (s *running) runs(t *testing.T, in act.Requests) (status int, steps []act.StepResult, end *act.RequestsEnd, text string) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	res, text := s.post(t, "/api/requests/run", string(body), "Content-Type: application/json", feed.TokenHeader+": "+s.Token())
	for line := range strings.Lines(text) {
		var one act.RequestsLine
		if json.Unmarshal([]byte(line), &one) == nil && one.Step != nil {
			steps = append(steps, *one.Step)
		}
		if one.End != nil {
			end = one.End
		}
	}
	return res.StatusCode, steps, end, text
}

// TestRequestsAreRunAndCaptured proves that requests run against a server with a certificate and fields of their own and against this server, that each step names the
// frames that it made, as the capture has them, and that what is asked for in the header is in no record.
func TestRequestsAreRunAndCaptured(t *testing.T) {
	there, ca, heads := elsewhere(t)
	s := start(t, nil)
	status, steps, end, text := s.runs(t, act.Requests{Vars: map[string]string{"ca": ca, "there": there, "here": "ws://" + s.addr + "/ws/echo"}, Text: `
[[request]]
name = "there"
url = "{{there}}"
ca = "{{ca}}"
header = ["X-Key: s3cret-field"]
[[request.step]]
send = "over there"
[[request.step]]
expect = '"over there"'
[[request]]
name = "here"
url = "{{here}}"
[[request.step]]
json = '{"n":1}'
[[request.step]]
wait = '$.n=1'
save = { n = "$.n" }
[[request.step]]
wait = "never {{n}}"
within = "50ms"
[[request]]
name = "untrusted"
url = "{{there}}"
`})
	if status != http.StatusOK || len(steps) != 8 || end == nil || end.Passed != 1 || end.Failed != 2 {
		t.Fatalf("%d %+v %s", status, end, text)
	}
	if got := await.Receive(t, heads).Header.Get("X-Key"); got != "s3cret-field" {
		t.Errorf("the server got %q", got)
	}
	if problem := steps[7].Problem; !strings.Contains(problem, "certificate") {
		t.Error(problem)
	}
	for _, step := range steps[:6] {
		if step.Outcome == act.StepPassed && step.Conn == 0 {
			t.Errorf("it names no connection: %+v", step)
		}
	}
	found := map[string]bool{}
	for _, r := range s.records(t, func(r *record.Record) bool { return r.Kind == record.KindEnd && r.Conn == steps[3].Conn }) {
		for _, step := range steps {
			if r.Kind == record.KindFrame && r.Conn == step.Conn && r.Dir.String() == step.Dir && r.Message == step.Message && step.Message > 0 {
				found[step.Request+" "+step.Dir+" "+string(r.Bytes())] = true
			}
		}
		if strings.Contains(string(r.Head), "s3cret-field") {
			t.Errorf("a record has the field: %s", r.Head)
		}
	}
	for _, want := range []string{"there out over there", "there in over there", `here out {"n":1}`, `here in {"n":1}`} {
		if !found[want] {
			t.Errorf("no step leads to %q, but to %v", want, found)
		}
	}
}

// TestRequestsThatCannotBeRun proves that errors are said with their place, that files and the environment are the terminal's, and that the token is
// needed; a variable without a value is named.
func TestRequestsThatCannotBeRun(t *testing.T) {
	s := start(t, nil)
	const head = "[[request]]\nname = 'a'\nurl = 'ws://127.0.0.1:1'\n"
	for text, want := range map[string]string{
		"":                                    "requests:1:1: there are 0 requests",
		head + "ca-file = '/etc/passwd'":      "requests:1:3: ca-file is for the terminal",
		head + "header = ['X: {{env.HOME}}']": "requests:1:3: {{env.HOME}} is for the terminal",
		head + "[[request.step]]\nwait = 'dir:up'": "requests:5:1: the filter cannot be read",
	} {
		status, _, _, answer := s.runs(t, act.Requests{Text: text})
		var f act.Failure
		if err := json.Unmarshal([]byte(answer), &f); err != nil || status != http.StatusBadRequest || f.Field != "text" || !strings.HasPrefix(f.Text, want) {
			t.Errorf("%q: %d %s", text, status, answer)
		}
	}
	if status, _, _, answer := s.runs(t, act.Requests{Text: head + "header = ['X: {{user}}']"}); status != http.StatusBadRequest || !strings.Contains(answer, `"field":"vars.user"`) {
		t.Errorf("a variable without a value: %d %s", status, answer)
	}
	var checked act.RequestsChecked
	if status := s.call(t, "POST", "/api/requests/check", act.Requests{Text: head}, &checked); status != http.StatusOK || len(checked.Requests) != 1 || checked.Requests[0].Name != "a" {
		t.Errorf("%d %+v", status, checked)
	}
	for _, path := range []string{"/api/requests/check", "/api/requests/run"} {
		if res, _ := s.get(t, "POST", path, "Content-Length: 0"); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s without the token: %d", path, res.StatusCode)
		}
		if res, _ := s.get(t, "POST", path, "Content-Length: 0", feed.TokenHeader+": "+s.Token()); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s without a body: %d", path, res.StatusCode)
		}
	}
}
