package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
)

// This test runs, in a real browser, the tests of the packages that are compiled to WebAssembly: the client over both of
// its browser transports against the same conformance tests as natively, and the sockets below it.
func TestPackagesInChromium(t *testing.T) {
	needBrowser(t)
	for _, tc := range []struct {
		name, flag, pkg string
		least           int // tests that must have passed: a run of none proves nothing
	}{
		{"client through the bridge", "-bridge", "./wasm/tether/", 25},
		{"client over plain syscall/js", "-bridge=false", "./wasm/tether/", 25},
		{"sockets", "-bridge", "./wasm/internal/jsbridge/", 10},
		{"coder/websocket, to see it fail", "-bridge=false", "./internal/test/browsertest/coder/", 6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := inBrowser(t, tc.flag, tc.pkg, "-test.timeout=15m", "-test.skip="+leakTests)
			if passed := len(passLine.FindAllString(out, -1)); passed < tc.least {
				t.Errorf("%d tests passed, want at least %d:\n%s", passed, tc.least, out)
			}
		})
	}
}

// leakTests prove that clients and sockets which have come and gone leave nothing.
const leakTests = "^(TestThousandsOfClientsLeaveNothing|TestNothingRemainsOfThousandsOfSockets)$"

// TestLeaksInChromium runs them alone, over both transports, and prints their accounts. TETHERSCOPE_CYCLES says how many
// come and go; make faults asks for 10,000.
func TestLeaksInChromium(t *testing.T) {
	needBrowser(t)
	for _, tc := range []struct{ name, flag, pkg string }{
		{"clients through the bridge", "-bridge", "./wasm/tether/"},
		{"clients over plain syscall/js", "-bridge=false", "./wasm/tether/"},
		{"sockets of both kinds", "-bridge", "./wasm/internal/jsbridge/"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := inBrowser(t, tc.flag, tc.pkg, "-test.timeout=60m", "-test.run="+leakTests)
			accounts := accountLine.FindAllString(out, -1)
			if len(accounts) == 0 {
				t.Errorf("nothing was counted:\n%s", out)
			}
			t.Log(strings.Join(accounts, "\n"))
		})
	}
}

// inBrowser runs a package's tests as go test -exec would, and returns what they printed.
func inBrowser(t *testing.T, flag, pkg string, args ...string) string {
	t.Helper()
	args = append([]string{flag, testsOf(t, pkg), "-test.v", "-test.short=" + strconv.FormatBool(testing.Short())}, args...)
	out, err := exec.CommandContext(t.Context(), runner(t), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", pkg, err, out)
	}
	return string(out)
}

var accountLine = regexp.MustCompile(`(?m)account: .*`)

// With coder/websocket a server that answers a close frame with garbage ends the whole program: the last reason for a
// transport of our own, whose conformance test of the same is TestAnInvalidFrameDuringCloseHarmsNothing.
func TestCodersProgramDiesOfAnInvalidFrame(t *testing.T) {
	needBrowser(t)
	wasm := testsOf(t, "./internal/test/browsertest/coder/")
	server := wstest.Start()
	defer server.Close()
	var out strings.Builder
	code, err := run(t.Context(), program{
		path: wasm,
		args: []string{"-test.run=TestTheServerKillsTheProgram", "-test.timeout=0"},
		env:  map[string]string{"TETHERSCOPE_KILL": "1", "WS_TEST_URL": server.URL},
	}, &out)
	if err != nil || code != 2 || !strings.Contains(out.String(), "all goroutines are asleep - deadlock!") {
		t.Errorf("status %d, error %v, output %q: the fault is gone", code, err, out.String())
	}
}

var passLine = regexp.MustCompile(`(?m)^--- PASS: `)

// needBrowser skips the test, or fails it when tools are required, if there is no Chromium.
func needBrowser(t *testing.T) {
	t.Helper()
	if _, err := chrome.Find(); err != nil {
		if os.Getenv(chrome.RequireTools) != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// goTool runs the go command in the module's root, or, to build ".", in this directory.
func goTool(t *testing.T, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	if args[0] != "build" {
		cmd.Dir = filepath.Join("..", "..", "..")
	}
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// The runner itself: a failing program is a failure, with its output and status.
func TestRunnerReportsTheTruth(t *testing.T) {
	needBrowser(t)
	dir := t.TempDir()
	source := `package main

import ("fmt"; "os")

func main() {
	fmt.Println(os.Args[1:], os.Getenv("TETHERSCOPE_X"))
	switch os.Args[1] {
	case "panic":
		panic("boom")
	case "seven":
		os.Exit(7)
	}
}
`
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	wasm := filepath.Join(dir, "p.wasm")
	goTool(t, []string{"GOOS=js", "GOARCH=wasm"}, "build", "-o", wasm, filepath.Join(dir, "main.go"))
	for _, tc := range []struct {
		arg    string
		code   int
		output string
	}{{"fine", 0, "[fine </script>] y\n"}, {"seven", 7, "[seven </script>] y\n"}, {"panic", 2, "panic: boom"}} {
		var out strings.Builder
		p := program{path: wasm, args: []string{tc.arg, "</script>"}, env: map[string]string{"TETHERSCOPE_X": "y"}}
		code, err := run(t.Context(), p, &out)
		if err != nil || code != tc.code || !strings.Contains(out.String(), tc.output) {
			t.Errorf("%s: status %d, error %v, output %q; want status %d and %q", tc.arg, code, err, out.String(), tc.code, tc.output)
		}
	}
}

func TestFlagsThatNameFilesAreNotPassed(t *testing.T) {
	got := withoutFiles([]string{"-test.v=true", "-test.testlogfile=/x", "-test.gocoverdir=/y", "-test.timeout=90s"})
	if want := "-test.v=true -test.timeout=90s"; strings.Join(got, " ") != want {
		t.Errorf("%q, want %q", got, want)
	}
	if d := testTimeout(got); d.Seconds() != 90 {
		t.Errorf("timeout %v, want 90s", d)
	}
}
