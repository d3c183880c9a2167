package runners

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rawws"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/internal/test/npm"
)

// page subscribes to a price and shows it as its title.
const page = `<!doctype html><title>waiting</title><script>
  const ws = new WebSocket(location.origin.replace('http', 'ws') + '/ws' + location.search);
  ws.onopen = () => ws.send('{"type":"subscribe"}');
  ws.onmessage = ({ data }) => { document.title = JSON.parse(data).price; };
</script>`

// prices answers a subscription with a price. With ?masked it sends a masked frame, which a server must not (RFC 6455 §5.1).
func prices(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(page))
	})
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "masked" {
			masked(w, r)
			return
		}
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			if _, _, err := c.Read(r.Context()); err != nil {
				return
			}
			if err := c.Write(r.Context(), websocket.MessageText, []byte(`{"type":"price","price":3}`)); err != nil {
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL
}

// masked sends one masked frame and waits for what the browser does about it.
func masked(w http.ResponseWriter, r *http.Request) {
	p, err := rawws.Accept(w, r, rawws.Choice{})
	if err != nil {
		return
	}
	defer func() { _ = p.Close() }() // the browser has failed the connection
	_, _ = p.Write(frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Key: [4]byte{1, 2, 3, 4}}, []byte(`{"price":3}`)))
	_ = p.ReadFrames(frame.NewDecoder(frame.Config{FromClient: true}), func(*frame.Frame) error { return nil })
}

// outcome is what a runner reports of a test.
type outcome struct {
	passed      bool
	message     string
	attachments []string // names or paths of its files
}

// setUp builds the program, makes the package and installs it beside the runners.
func setUp(t *testing.T) (dir string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "tetherscope")
	npm.Run(t, "../../..", "go", "build", "-o", bin, ".")
	t.Setenv("TETHERSCOPE_BIN", bin)
	t.Setenv("APP", prices(t))
	tarball := npm.Run(t, "../../..", "node", "ci/npm-test.mjs", t.TempDir())
	dir = npm.Install(t, "testdata", tarball)
	npm.Run(t, dir, "node_modules/.bin/publint", "run", tarball, "--strict")
	npm.Run(t, dir, "node_modules/.bin/attw", tarball, "--profile", "esm-only", "--no-definitely-typed", "--format", "ascii")
	npm.Run(t, dir, "node_modules/.bin/tsc", "-p", ".")
	return dir
}

// TestRunners: what the README promises holds in Playwright with Chromium and in Vitest; a failed test says what was sent, what a
// message or a query is wrong about, and leaves its capture, which the program opens; and package and types are clean.
func TestRunners(t *testing.T) {
	browser, err := chrome.Find()
	if err != nil {
		if os.Getenv(chrome.RequireTools) != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := setUp(t)
	t.Setenv("CHROMIUM", browser)
	t.Run("Playwright", func(t *testing.T) {
		found := playwright(t, dir)
		check(t, dir, found, map[string]string{
			"sent and received": "", "faults": "", "each test has a tap of its own": "",
			"fails: never sent": `text "{\"type\":\"subscribe\"}"`, "fails: violation": "RFC 6455 §5.1", "fails: query": "op:(",
		})
		for _, title := range []string{"fails: never sent", "fails: violation"} {
			if got := strings.Join(found[title].attachments, " "); !strings.Contains(got, "websockets.tscap") || !strings.Contains(got, "websockets.html") {
				t.Errorf("%q has the attachments %s", title, got)
			}
		}
	})
	t.Run("Vitest", func(t *testing.T) {
		check(t, dir, vitest(t, dir), map[string]string{
			"sent and received": "", "fails: never sent": `text "{\"type\":\"subscribe\"}"`,
			"fails: nothing captured": "nothing was checked", "fails: no such target": `there is no target "orders"`,
		})
	})
}

// check compares what a runner reports with the tests that fail, each with a part of its message, and opens the captures.
func check(t *testing.T, dir string, found map[string]outcome, want map[string]string) {
	t.Helper()
	if len(found) != len(want) {
		t.Errorf("%d tests have run, want %d: %v", len(found), len(want), found)
	}
	for title, message := range want {
		got := found[title]
		if got.passed != (message == "") || !strings.Contains(got.message, message) {
			t.Errorf("%q: passed %v with %q, want %q", title, got.passed, got.message, message)
		}
		for _, file := range got.attachments {
			if filepath.Ext(file) == ".tscap" && strings.Contains(file, "/") && title == "fails: never sent" {
				if shown := npm.Run(t, dir, os.Getenv("TETHERSCOPE_BIN"), "show", file); !strings.Contains(shown, "subscribe") {
					t.Errorf("%s holds\n%s", file, shown)
				}
			}
		}
	}
}

// report runs a runner, whose tests partly fail, and reads its JSON from a file.
func report(t *testing.T, dir, file string, into any, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PLAYWRIGHT_JSON_OUTPUT_NAME="+file, "NO_COLOR=1", "FORCE_COLOR=0", "CI=1")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("%v: %v, want exit code 1\n%s", args, err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func playwright(t *testing.T, dir string) map[string]outcome {
	t.Helper()
	type suite struct {
		Specs []struct {
			Title string
			Tests []struct {
				Results []struct {
					Status      string
					Errors      []struct{ Message string }
					Attachments []struct{ Name, Path string }
				}
			}
		}
		Suites []json.RawMessage
	}
	var all struct{ Suites []json.RawMessage }
	report(t, dir, "playwright.json", &all, "node_modules/@playwright/test/cli.js", "test", "--reporter=json")
	found := map[string]outcome{}
	for len(all.Suites) > 0 {
		var s suite
		if err := json.Unmarshal(all.Suites[0], &s); err != nil {
			t.Fatal(err)
		}
		all.Suites = append(all.Suites[1:], s.Suites...)
		for _, spec := range s.Specs {
			r := spec.Tests[0].Results[0]
			o := outcome{passed: r.Status == "passed"}
			for _, e := range r.Errors {
				o.message += e.Message + "\n"
			}
			for _, a := range r.Attachments {
				o.attachments = append(o.attachments, a.Name)
				if a.Path != "" {
					o.attachments = append(o.attachments, a.Path)
				}
			}
			found[spec.Title] = o
		}
	}
	return found
}

func vitest(t *testing.T, dir string) map[string]outcome {
	t.Helper()
	var all struct {
		TestResults []struct {
			AssertionResults []struct {
				Title           string
				Status          string
				FailureMessages []string
				Meta            struct {
					Tetherscope struct{ Capture, Page string }
				}
			}
		}
	}
	report(t, dir, "vitest.json", &all, "node_modules/vitest/vitest.mjs", "run", "--dir", "vitest", "--reporter=json", "--outputFile=vitest.json", "--testTimeout=180000")
	found := map[string]outcome{}
	for _, file := range all.TestResults {
		for _, a := range file.AssertionResults {
			o := outcome{passed: a.Status == "passed", message: strings.Join(a.FailureMessages, "\n")}
			if kept := a.Meta.Tetherscope; kept.Capture != "" {
				o.attachments = []string{kept.Capture}
				if html, err := os.ReadFile(filepath.Join(dir, kept.Page)); err != nil || !strings.Contains(string(html), "default-src 'none'") {
					t.Errorf("%s: %v", kept.Page, err)
				}
			}
			found[a.Title] = o
		}
	}
	return found
}
