// These tests prove what a change means, that a running program hears of it, and that a build that fails changes nothing.
package rebuild

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWhatAChangeMeans(t *testing.T) {
	root := filepath.FromSlash("/r")
	for name, want := range map[string]change{
		"a.go":                {code: true},
		"internal/x/y.go":     {code: true},
		"go.mod":              {code: true},
		"internal/x_test.go":  {},
		"static/panel.css":    {assets: true},
		"static/a/b.mjs":      {assets: true},
		"static/tether/b.mjs": {code: true},
		"static/static.go":    {code: true},
		"static/.panel.swp":   {},
		"static/panel.css~":   {},
		"static/4913":         {},
		"README.md":           {},
		".#a.go":              {},
	} {
		e := fsnotify.Event{Name: filepath.Join(root, filepath.FromSlash(name)), Op: fsnotify.Write}
		if got := classify(root, e); got != want {
			t.Errorf("%s: %+v", name, got)
		}
		if e.Op = fsnotify.Chmod; classify(root, e) != (change{}) {
			t.Errorf("%s: a change of mode is no change", name)
		}
	}
}

func TestNoticesTravel(t *testing.T) {
	var wire bytes.Buffer
	sent := []Notice{{"reload", ""}, {"build-error", "a.go:1:\n\"quoted\" <b>"}}
	for _, n := range sent {
		if err := n.write(&wire); err != nil {
			t.Fatal(err)
		}
		wire.WriteString("noise\n{}\n")
	}
	var got []Notice
	ReadNotices(&wire, func(n Notice) { got = append(got, n) })
	if len(got) != 2 || got[0] != sent[0] || got[1] != sent[1] {
		t.Errorf("%q", got)
	}
}

// shell writes a little repository whose program tells what it hears on its standard input.
func shell(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":           "module example.test/dev\n\ngo 1.24\n",
		"main.go":          program("one"),
		"static/page.html": "page",
		"static/dist/x":    "",
	} {
		write(t, filepath.Join(root, name), text)
	}
	return root
}

func program(name string) string {
	return `package main

import ("bufio"; "fmt"; "os")

func main() {
	fmt.Println("` + name + ` runs", os.Getenv("TETHERSCOPE_DEV_CHILD"))
	for s := bufio.NewScanner(os.Stdin); s.Scan(); {
		fmt.Println("` + name + ` hears", s.Text())
	}
	fmt.Println("` + name + ` ends")
}
`
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// log is what the supervisor and its children print.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait waits until the log holds words.
func (l *log) wait(t *testing.T, words string) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !strings.Contains(l.String(), words); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %q in\n%s", words, l)
		}
	}
}

// TestSupervisor follows one afternoon of edits: a page, a mistake, its correction, another program.
func TestSupervisor(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	root := shell(t)
	var out log
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- (&Supervisor{Root: root, Out: &out, ErrOut: &out}).Run(ctx) }()
	out.wait(t, "one runs first\n")
	for !strings.Contains(out.String(), "one hears {\"event\":\"reload\"}") { // the watch may begin a little later
		write(t, filepath.Join(root, "static", "page.html"), "edited")
		time.Sleep(2 * quiet)
	}
	write(t, filepath.Join(root, "main.go"), "package main\n\nfunc main() { undefined() }\n")
	out.wait(t, `one hears {"event":"build-error","text":"# example.test/dev\n./main.go:3:15: undefined: undefined"}`)
	write(t, filepath.Join(root, "main.go"), program("one"))
	out.wait(t, `one hears {"event":"build-ok"}`)
	if strings.Contains(out.String(), "one ends") {
		t.Error("a build that failed ended the program")
	}
	write(t, filepath.Join(root, "main.go"), program("two"))
	out.wait(t, "one ends\n")
	out.wait(t, "two runs again\n")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	out.wait(t, "two ends\n")
}

func TestSupervisorNeedsTheSources(t *testing.T) {
	err := (&Supervisor{Root: t.TempDir()}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "start it in the repository") {
		t.Errorf("%v", err)
	}
}
