// These tests prove what a change means, that a running program hears of it, and that a build that fails changes nothing.
package rebuild

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/goleak"

	"github.com/tetherscope/tetherscope/internal/test/await"
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

// shell writes a little repository whose program prints what it reads from its standard input.
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
	await.Until(t, strconv.Quote(words)+" is logged", func() bool { return strings.Contains(l.String(), words) })
}

// TestWhatIsBuiltFirstReloadsNoPage: only a file that a page may have loaded is a reason to reload it.
func TestWhatIsBuiltFirstReloadsNoPage(t *testing.T) {
	b := builder{t.TempDir(), t.TempDir()}
	dist := filepath.Join(b.root, "static", "dist", "tether.wasm")
	write(t, filepath.Join(filepath.Dir(dist), "other"), "")
	for i, step := range []struct {
		built    string
		replaced bool
	}{{"one", false}, {"one", false}, {"two", true}, {"two", false}} {
		write(t, filepath.Join(b.dir, "tether.wasm"), step.built)
		replaced, err := b.install()
		if got, _ := os.ReadFile(dist); err != nil || replaced != step.replaced || string(got) != step.built {
			t.Errorf("step %d: %v, %v; %q", i, replaced, err, got)
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
	var edited time.Time
	await.Until(t, "the page reloads", func() bool {
		if time.Since(edited) > 2*quiet { // again and again: the watch may begin a little later
			write(t, filepath.Join(root, "static", "page.html"), "edited")
			edited = time.Now()
		}
		return strings.Contains(out.String(), "one hears {\"event\":\"reload\"}")
	})
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
	if err := await.Receive(t, done); err != nil {
		t.Error(err)
	}
	out.wait(t, "two ends\n")
}

// TestAServerThatIsReadyServesAtOnce: it runs before anything is built, and is replaced by what the sources make.
func TestAServerThatIsReadyServesAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	root, ready := shell(t), filepath.Join(t.TempDir(), "ready")
	write(t, filepath.Join(root, "main.go"), program("zero"))
	compile := exec.CommandContext(t.Context(), "go", "build", "-o", ready, ".")
	compile.Dir = root
	if said, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	write(t, filepath.Join(root, "main.go"), program("one"))
	var out log
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- (&Supervisor{Root: root, Ready: ready, Out: &out, ErrOut: &out}).Run(ctx) }()
	out.wait(t, "one runs again\n")
	cancel()
	if err := await.Receive(t, done); err != nil {
		t.Error(err)
	}
	if said := out.String(); !strings.HasPrefix(said, "zero runs first\n") || !strings.Contains(said, "zero ends\n") {
		t.Errorf("%s", said)
	}
	if _, err := os.Stat(filepath.Join(root, "static", "dist", "wasm_exec.js")); err != nil {
		t.Error(err)
	}
}

// TestABuildEndsWithItsServer: a server that ends by itself, such as one whose port is taken, ends the supervisor during the first build.
func TestABuildEndsWithItsServer(t *testing.T) {
	root, ready := t.TempDir(), filepath.Join(t.TempDir(), "ready")
	write(t, filepath.Join(root, "go.mod"), "module example.test/dev\n\ngo 1.24\n")
	write(t, filepath.Join(root, "ci", "bundle.sh"), "exec sleep 1000\n") // stands for a build that is long
	write(t, ready, "#!/bin/sh\necho the port is taken\nexit 1\n")
	if err := (&Supervisor{Root: root, Ready: ready, Out: io.Discard, ErrOut: io.Discard}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "the server ended") {
		t.Errorf("%v", err)
	}
}

// TestMakeServeBuildsOnce: what ci/serve.sh builds before the server runs is what the server would build, with the same flags: otherwise
// every package is compiled twice.
func TestMakeServeBuildsOnce(t *testing.T) {
	script, err := os.ReadFile("../../../ci/serve.sh")
	if err != nil {
		t.Fatal(err)
	}
	if want := "build=(env GOGC=400 go build " + shellWords(flags) + ")\n"; !strings.Contains(string(script), want) {
		t.Errorf("ci/serve.sh has no line %q", want)
	}
}

// shellWords joins words for a shell; those with a blank are quoted.
func shellWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if quoted[i] = w; strings.Contains(w, " ") {
			quoted[i] = "'" + w + "'"
		}
	}
	return strings.Join(quoted, " ")
}

func TestReady(t *testing.T) {
	for tags, want := range map[string]bool{"": false, Tag: true, "other," + Tag: true, Tag + "2": false} {
		info := &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "-tags", Value: tags}}}
		if got := tagged(info); got != want {
			t.Errorf("%q: %v", tags, got)
		}
	}
	if got := Ready(t.TempDir()); got != "" {
		t.Errorf("a test is no server: %q", got)
	}
}

func TestSupervisorNeedsTheSources(t *testing.T) {
	err := (&Supervisor{Root: t.TempDir()}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "start it in the repository") {
		t.Errorf("%v", err)
	}
}
