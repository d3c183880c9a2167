package docs_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// patience is how long a command may take on a busy machine.
const patience = time.Minute

// elsewhere are commands that this test does not run, each with the reason.
var elsewhere = []struct{ begins, why string }{
	{"tetherscope run -- node ", "it needs a client.js; internal/test/e2e runs one"},
	{"tetherscope browse ", "it starts a browser, which internal/test/e2e does with one without a window"},
	{"tetherscope attach", "it needs a browser, to which internal/test/e2e attaches"},
	{"chromium ", "it is the browser of tetherscope attach"},
	{"make ", "the targets are looked up in the Makefile; .ci/run runs make test, whose tests run what serve and cluster start"},
}

// endless are commands that run until they are interrupted: the file that shows that one has begun, "" for anything that it
// prints, and its exit code.
var endless = []struct {
	pattern *regexp.Regexp
	file    string
	code    int
}{
	{regexp.MustCompile(`^bin/tetherscope( -|$)`), "", 0},
	{regexp.MustCompile(`^tetherscope record\b`), "today.tscap", 0},
	{regexp.MustCompile(`^tetherscope show$`), "", 0},
	{regexp.MustCompile(`^tetherscope mock\b`), "", 0},
	{regexp.MustCompile(`^tetherscope replay\b.* -server\b`), "", 4},
}

// TestCommandsRun: each line of each block of shell commands does what it should: it ends with exit code 0, or starts, says so
// and ends when it is interrupted. They run one after another beside one server, which has a client's connection open.
func TestCommandsRun(t *testing.T) {
	p := newPlace(t)
	for _, b := range blocksOf(t, "sh") {
		dir := t.TempDir()
		if err := os.Symlink(p.bin, filepath.Join(dir, "bin")); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.text) {
			command := strings.TrimSpace(regexp.MustCompile(`\s+# .*`).ReplaceAllString(line, ""))
			if command == "" || slices.ContainsFunc(elsewhere, func(e struct{ begins, why string }) bool { return strings.HasPrefix(command, e.begins) }) {
				continue
			}
			p.fixture(t, dir, command)
			p.check(t, b.at, dir, command)
		}
	}
	p.flagsExist(t)
}

// flagsExist: each flag that the prose names is in the help of the server or of a command.
func (p *place) flagsExist(t *testing.T) {
	t.Helper()
	help := ""
	for _, command := range []string{"", "record ", "show ", "find ", "compare ", "rules ", "lint ", "convert ", "replay ", "mock ", "send ", "connect ", "requests ", "config ", "man ", "help ", "browse ", "attach ", "mcp "} {
		text, _ := p.run(t, t.TempDir(), "tetherscope "+command+"-help")
		help += text
	}
	for _, d := range documents(t) {
		if d.name == "docs/filter.md" { // where - means not
			continue
		}
		for _, m := range code.FindAllStringSubmatch(d.prose(), -1) {
			if !strings.HasPrefix(m[1], "-") && !strings.Contains(m[1], "tetherscope ") {
				continue
			}
			for _, flag := range regexp.MustCompile(`(?:^| )-([a-z][a-z-]+)`).FindAllStringSubmatch(m[1], -1) {
				if flag[1] != "help" && !strings.Contains(help, "\n  -"+flag[1]) {
					t.Errorf("%s names the flag -%s, which no command has", d.name, flag[1])
				}
			}
		}
	}
}

// place is where commands run: a built program, a server, and a capture of one connection.
type place struct {
	bin, addr string
	capture   []byte
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{bin: t.TempDir()}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(p.bin, "tetherscope"), ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	dir := t.TempDir()
	if err := os.Symlink(p.bin, filepath.Join(dir, "bin")); err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/`)
	p.addr = address.FindStringSubmatch(p.start(t, dir, "bin/tetherscope -addr 127.0.0.1:0", address))[1]
	p.mustRun(t, dir, "tetherscope send -url ws://127.0.0.1:7316/ws/echo -count 1 hello")
	p.mustRun(t, dir, "tetherscope record -o today.tscap -now")
	var err error
	if p.capture, err = os.ReadFile(filepath.Join(dir, "today.tscap")); err != nil {
		t.Fatal(err)
	}
	p.start(t, dir, "tetherscope send -url ws://127.0.0.1:7316/ws/echo -wait 1h open", regexp.MustCompile(`open`))
	return p
}

// fixture puts the capture where a command may read it, unless the command makes it.
func (p *place) fixture(t *testing.T, dir, command string) {
	t.Helper()
	path := filepath.Join(dir, "today.tscap")
	if regexp.MustCompile(`(-o|-record) today\.tscap`).MatchString(command) {
		_ = os.Remove(path) // it may not be there
		return
	}
	if err := os.WriteFile(path, p.capture, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (p *place) check(t *testing.T, at, dir, command string) {
	t.Helper()
	for _, e := range endless {
		if e.pattern.MatchString(command) {
			out, code := p.interrupt(t, dir, command, e.file)
			if code != e.code {
				t.Errorf("%s: %s: exit code %d after an interrupt, want %d\n%s", at, command, code, e.code, out)
			}
			return
		}
	}
	if out, code := p.run(t, dir, command); code != 0 {
		t.Errorf("%s: %s: exit code %d\n%s", at, command, code, out)
	}
}

// command makes a process of a line of shell, with this server's address in place of the usual one. One that would itself
// serve at the usual address takes any free port.
func (p *place) command(ctx context.Context, dir, line string, out *output) *exec.Cmd {
	line = strings.ReplaceAll(line, "ws://localhost:8080/ws", "ws://127.0.0.1:7316/ws/echo")
	addr := p.addr
	if strings.HasPrefix(line, "bin/tetherscope") {
		addr = "127.0.0.1:0"
	}
	cmd := exec.CommandContext(ctx, "bash", "-c", "exec "+strings.ReplaceAll(line, "127.0.0.1:7316", p.addr))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TETHERSCOPE_ADDR="+addr, "PATH="+p.bin+":"+os.Getenv("PATH"), "XDG_RUNTIME_DIR="+filepath.Join(p.bin, "run"))
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = patience
	return cmd
}

func (p *place) mustRun(t *testing.T, dir, line string) {
	t.Helper()
	if out, code := p.run(t, dir, line); code != 0 {
		t.Fatalf("%s: exit code %d\n%s", line, code, out)
	}
}

func (p *place) run(t *testing.T, dir, line string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out := newOutput(nil)
	code := exitCode(t, line, p.command(ctx, dir, line, out).Run())
	return out.String(), code
}

// interrupt runs a line until it has made the file, or without one printed something, and ends it as Ctrl-C does.
func (p *place) interrupt(t *testing.T, dir, line, file string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := newOutput(regexp.MustCompile(`.`))
	cmd := p.command(ctx, dir, line, out)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Run() }()
	if file == "" {
		out.await(t, line)
	} else {
		awaitFile(t, line, filepath.Join(dir, file))
	}
	cancel()
	return out.String(), exitCode(t, line, await.Receive(t, ended))
}

// start runs a line for as long as the test lasts, and returns what it has printed when that holds a match.
func (p *place) start(t *testing.T, dir, line string, match *regexp.Regexp) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out := newOutput(match)
	cmd := p.command(ctx, dir, line, out)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Run() // it is interrupted
	}()
	t.Cleanup(func() { cancel(); await.Closed(t, ended) })
	out.await(t, line)
	return out.String()
}

// exitCode returns how a command ended. An interrupt that came by the context is not an error.
func exitCode(t *testing.T, line string, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil || errors.Is(err, context.Canceled):
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	t.Fatalf("%s: %v", line, err)
	return -1
}

// output keeps what a process prints, and says when that matches.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	match   *regexp.Regexp
	matched chan struct{}
}

func newOutput(match *regexp.Regexp) *output {
	return &output{match: match, matched: make(chan struct{})}
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(b)
	if o.match != nil && o.match.Match(o.text.Bytes()) {
		o.match = nil
		close(o.matched)
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until what was printed matches.
func (o *output) await(t *testing.T, line string) {
	t.Helper()
	select {
	case <-o.matched:
	case <-time.After(patience):
		t.Fatalf("%s: it has not said that it runs within %v:\n%s", line, patience, o)
	}
}

func awaitFile(t *testing.T, line, path string) {
	t.Helper()
	for end := time.After(patience); ; {
		if _, err := os.Stat(path); err == nil {
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-end:
			t.Fatalf("%s: it has not made %s within %v", line, path, patience)
		}
	}
}

// TestCommandsInProseExist: a make target that a document names is in the Makefile, and a go command names packages, and with -run
// or -bench tests or benchmarks, that are there: CI runs those.
func TestCommandsInProseExist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range documents(t) {
		for _, m := range regexp.MustCompile("(?m)(?:`|^)make ([a-z]+)").FindAllStringSubmatch(d.text, -1) {
			if !bytes.Contains(makefile, []byte("\n"+m[1]+":")) {
				t.Errorf("%s: make %s: there is no such target", d.name, m[1])
			}
		}
		for _, m := range regexp.MustCompile("`go (?:test|run)([^`]*)`").FindAllStringSubmatch(d.text, -1) {
			goCommand(t, d.name, strings.Fields(m[1]))
		}
	}
}

func goCommand(t *testing.T, document string, words []string) {
	t.Helper()
	kind, pattern := "Test", after(words, "-run")
	if pattern == "^$" {
		kind, pattern = "Benchmark", after(words, "-bench")
	}
	for _, word := range words {
		if !strings.HasPrefix(word, "./") {
			continue
		}
		tests, err := filepath.Glob(filepath.Join(root, strings.TrimSuffix(word, "/..."), "*.go"))
		if err != nil || len(tests) == 0 && !strings.HasSuffix(word, "...") {
			t.Errorf("%s: %s: no Go files", document, word)
		}
		if pattern != "" && !hasTest(t, tests, kind, pattern) {
			t.Errorf("%s: %s has no %s that matches %s", document, word, kind, pattern)
		}
	}
}

// after returns the word behind a flag, without quotes, or "".
func after(words []string, flag string) string {
	if i := slices.Index(words, flag); i >= 0 && i+1 < len(words) {
		return strings.Trim(words[i+1], "'")
	}
	return ""
}

func hasTest(t *testing.T, files []string, kind, pattern string) bool {
	t.Helper()
	for _, path := range files {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (`+kind+`\w+)`).FindAllSubmatch(source, -1) {
			if regexp.MustCompile(pattern).Match(m[1]) {
				return true
			}
		}
	}
	return false
}
