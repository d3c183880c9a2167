// Command browsertest runs a Go test binary built for js/wasm in a real headless Chromium. It is what go test starts in
// place of the binary:
//
//	go build -o /tmp/browsertest ./internal/test/browsertest
//	GOOS=js GOARCH=wasm go test -exec '/tmp/browsertest -bridge' ./wasm/tether/
//
// What the tests print is streamed, and the exit status is theirs. Flags and the environment variables named below reach
// them. A test server (internal/test/wstest) runs beside them; WS_TEST_URL is its address.
//
// Why not one of the existing runners: this one controls whether the page has loaded static/bridge.js, answers writes
// asynchronously as Node does (so that a testing/synctest bubble may print), and leaves no browser behind.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/wstest"
)

// passed are the environment variables that tests in the browser get: those with one of these prefixes. All of them
// together with the flags must fit into 8 KiB, which is why not every variable is passed.
var passed = []string{"TETHERSCOPE_", "WS_", "GODEBUG=", "GOGC="}

// grace is how much longer than the tests' own timeout the runner waits, so that they can report the timeout themselves.
const grace = 20 * time.Second

func main() {
	bridge := flag.Bool("bridge", false, "load static/bridge.js into the page, before wasm_exec.js")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: browsertest [-bridge] program.wasm [arguments]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	code, err := start(ctx, program{path: flag.Arg(0), args: flag.Args()[1:], bridge: *bridge})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "browsertest:", err)
		code = 1
	}
	os.Exit(code)
}

// start runs the program beside a test server.
func start(ctx context.Context, p program) (code int, err error) {
	p.args = withoutFiles(p.args)
	p.env = environment()
	if os.Getenv("WS_TEST_URL") == "" {
		server := wstest.Start()
		defer server.Close()
		p.env["WS_TEST_URL"] = server.URL
	}
	if limit := testTimeout(p.args); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit+grace, errors.New("the tests neither ended nor timed out"))
		defer cancel()
	}
	return run(ctx, p, os.Stdout)
}

// withoutFiles removes the test flags that name files to write: there is no file system in a browser.
func withoutFiles(args []string) []string {
	var out []string
	for _, a := range args {
		if name, _, _ := strings.Cut(a, "="); name != "-test.testlogfile" && name != "-test.gocoverdir" {
			out = append(out, a)
		}
	}
	return out
}

func environment() map[string]string {
	env := map[string]string{}
	for _, v := range os.Environ() {
		for _, prefix := range passed {
			if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(v, prefix) {
				env[name] = value
			}
		}
	}
	return env
}

// testTimeout is what -test.timeout says; 0 when it is not there.
func testTimeout(args []string) time.Duration {
	for _, a := range args {
		if value, found := strings.CutPrefix(a, "-test.timeout="); found {
			d, _ := time.ParseDuration(value) // go test wrote it; the tests themselves will complain otherwise
			return d
		}
	}
	return 0
}
