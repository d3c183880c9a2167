package cli_test

import (
	"encoding/pem"
	"encoding/xml"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// requestsServer greets, echoes with the field X-Key and the subprotocol before, and closes with 4001 when it receives "bye".
func requestsServer(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"v2"}})
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	if c.Write(r.Context(), websocket.MessageText, []byte(`{"type":"welcome","session":{"id":"s-1"}}`)) != nil {
		return
	}
	for {
		kind, p, err := c.Read(r.Context())
		if err != nil {
			return
		}
		if string(p) == "bye" {
			_ = c.Close(4001, "as asked")
			return
		}
		if c.Write(r.Context(), kind, append([]byte(r.Header.Get("X-Key")+c.Subprotocol()+" "), p...)) != nil {
			return
		}
	}
}

const passing = `
[vars]
user = "ann"

[[request]]
name = "session"
url = "{{url}}"
header = ["X-Key: {{env.REQUESTS_KEY}}"]
subprotocols = ["v1", "v2"]
CA

[[request.step]]
expect = '$.type=welcome'
save = { session = "$.session.id" }

[[request.step]]
json = '{"user":"{{user}}","session":"{{session}}"}'

[[request.step]]
wait = '"s-1" "ann" v2'
within = "30s"

[[request.step]]
send = "bye"

[[request.step]]
closed = 4001
`

const failing = `
[[request]]
name = "fails"
url = "{{url}}"
insecure = true

[[request.step]]
wait = '$.type=other'
within = "100ms"

[[request.step]]
send = "never"
`

// TestRequestsAreRun proves with the built program, against a server with a certificate of its own, that requests pass and fail as they should: exit codes,
// lines, JSON, JUnit, and no value of the environment in any of them.
func TestRequestsAreRun(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(requestsServer))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // a certificate is refused on purpose
	s.StartTLS()
	t.Cleanup(s.Close)
	url := "url=wss" + strings.TrimPrefix(s.URL, "https")
	t.Setenv("REQUESTS_KEY", "k3y-of-the-environment")
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ca.pem":         string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})),
		"pass.toml":      strings.Replace(passing, "CA", `ca-file = "ca.pem"`, 1),
		"both.toml":      strings.Replace(passing, "CA", "insecure = true", 1) + failing,
		"untrusted.toml": strings.Replace(passing, "CA", "", 1),
		"wrong.toml":     strings.Replace(passing, "CA", "", 1) + "[[request.step]]\nwait = 'dir:up'\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := run(t, dir, "", "requests", "run", "-var", url, "pass.toml")
	if want := regexp.MustCompile(`(?s)^passed session:5 open \{\{url\}\} .*passed session:27 closed 4001 .*\n1 request passed, 0 failed `); got.code != 0 || !want.MatchString(got.out) || got.err != "" {
		t.Errorf("%+v", got)
	}
	got = run(t, dir, "", "requests", "run", "-json", "-junit", "report.xml", "-var", url, "both.toml")
	if got.code != 1 || strings.Count(got.out, `"outcome":"passed"`) != 7 || strings.Count(got.out, `"outcome":"skipped"`) != 1 || !strings.Contains(got.out, `{"end":{"passed":1,"failed":1,`) ||
		!strings.Contains(got.out, `"problem":"no message matched within 100ms; 1 message came: {\"type\":\"welcome\"`) {
		t.Errorf("%+v", got)
	}
	report, err := os.ReadFile(filepath.Join(dir, "report.xml"))
	var suites struct {
		Suites []struct {
			Name                     string `xml:"name,attr"`
			Tests, Failures, Skipped int
		} `xml:"testsuite"`
	}
	if err != nil || xml.Unmarshal(report, &suites) != nil || len(suites.Suites) != 2 || !strings.Contains(string(report), `<testsuite name="fails" tests="3" failures="1" skipped="1"`) {
		t.Errorf("%s, %v", report, err)
	}
	for _, text := range []string{got.out, string(report)} {
		if strings.Contains(text, "k3y-of-the-environment") {
			t.Errorf("a value of the environment: %s", text)
		}
	}
	if got = run(t, dir, "", "requests", "run", "-var", url, "-only", "fails", "both.toml"); got.code != 1 || strings.Contains(got.out, "session:") ||
		!strings.Contains(got.out, "both.toml:35:1: no message matched within 100ms") {
		t.Errorf("%+v", got)
	}
	if got = run(t, dir, "", "requests", "run", "-var", url, "untrusted.toml"); got.code != 1 || !strings.Contains(got.out, "certificate") {
		t.Errorf("%+v", got)
	}
	if got = run(t, dir, "", "requests", "check", "-var", url, "wrong.toml"); got.code != 2 || !strings.HasPrefix(got.err, "tetherscope requests: wrong.toml:29:1: the filter cannot be read: ") {
		t.Errorf("%+v", got)
	}
	if got = run(t, dir, passing, "requests", "check", "-"); got.code != 2 || !strings.Contains(got.err, "standard input:10:3:") {
		t.Errorf("%+v", got)
	}
	for _, args := range [][]string{{"requests"}, {"requests", "run"}, {"requests", "walk", "pass.toml"}, {"requests", "run", "-var", "x", "pass.toml"}, {"requests", "run", "none.toml"}} {
		if got := run(t, dir, "", args...); got.code != 2 {
			t.Errorf("%q: %+v", args, got)
		}
	}
	if got := run(t, dir, "", "requests", "check", "-var", url, "pass.toml"); got.code != 0 || got.out != "" || got.err != "" {
		t.Errorf("%+v", got)
	}
}
