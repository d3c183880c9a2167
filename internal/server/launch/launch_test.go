package launch

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var ours = Proxy{Addr: "127.0.0.1:8888", SPKI: "c3BraQ==", CA: []byte("-----OUR CA-----\n")}

// TestEnvironment: the variables point to the proxy and to files that hold the authority's certificate; what the user had set in the
// same places is kept where it can be, and no_proxy never lets anything past.
func TestEnvironment(t *testing.T) {
	dir := t.TempDir()
	env, err := environment(dir, ours, []string{"PATH=/bin", "NODE_OPTIONS=--trace-warnings", "BUN_OPTIONS=--smol", "no_proxy=localhost", "HTTPS_PROXY=http://other:1"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		if _, twice := got[name]; twice {
			t.Errorf("%s is set twice", name)
		}
		got[name] = value
	}
	for name, want := range map[string]string{
		"PATH": "/bin", "HTTPS_PROXY": "http://127.0.0.1:8888", "https_proxy": "http://127.0.0.1:8888", "no_proxy": "none.invalid", "NO_PROXY": "none.invalid", "NODE_USE_ENV_PROXY": "1",
	} {
		if value, set := got[name]; !set || value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
	if o := got["NODE_OPTIONS"]; !strings.HasPrefix(o, "--trace-warnings --require ") {
		t.Errorf("NODE_OPTIONS is %q", o)
	}
	script := filepath.Join(dir, "preload.cjs")
	if o := got["BUN_OPTIONS"]; o != `--smol "--preload=`+script+`"` {
		t.Errorf("BUN_OPTIONS is %q", o)
	}
	if text, err := os.ReadFile(script); err != nil || !strings.Contains(string(text), "new URL('http://127.0.0.1:8888')") {
		t.Errorf("the preload does not name the proxy: %v\n%s", err, text)
	}
	for _, name := range []string{"SSL_CERT_FILE", "WEBSOCKET_CLIENT_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE"} {
		text, err := os.ReadFile(got[name])
		if err != nil || !strings.HasSuffix(string(text), string(ours.CA)) {
			t.Errorf("%s: %v, the file does not end with the authority's certificate", name, err)
		}
	}
}

// TestCommand: the exit code is the command's, and its folder is removed. A command that is not there is an error.
func TestCommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no sh")
	}
	t.Setenv("TMPDIR", t.TempDir())
	if code, err := Command(t.Context(), ours, []string{"sh", "-c", `test -r "$NODE_EXTRA_CA_CERTS" && exit 9`}); code != 9 || err != nil {
		t.Errorf("exit code %d, %v", code, err)
	}
	if _, err := Command(t.Context(), ours, []string{"/no/such/command"}); err == nil {
		t.Error("a command that is not there is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Command(ctx, ours, []string{"sleep", "1000"}); err == nil {
		t.Error("a cancelled command is started")
	}
	if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*")); len(left) > 0 {
		t.Errorf("files are left: %q", left)
	}
}

// TestBrowserArguments: loopback goes through the proxy but for the panel, and only our own key is trusted.
func TestBrowserArguments(t *testing.T) {
	b := Browser{Args: []string{"--lang=de"}, URLs: []string{"https://example.com/", "panel"}, Direct: "127.0.0.1:7316"}
	args := b.arguments("/profile", ours)
	for _, want := range []string{"--user-data-dir=/profile", "--proxy-server=http://127.0.0.1:8888", "--proxy-bypass-list=<-loopback>;127.0.0.1:7316", "--ignore-certificate-errors-spki-list=c3BraQ==", "--lang=de", "panel"} {
		if !slices.Contains(args, want) {
			t.Errorf("%s is missing in %q", want, args)
		}
	}
	b.Args = []string{"--headless=new"}
	if args := b.arguments("/profile", ours); slices.Contains(args, "panel") || !slices.Contains(args, "https://example.com/") {
		t.Errorf("a browser without a window gets %q", args)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Find(); runtime.GOOS == "linux" && !errors.Is(err, ErrNoBrowser) {
		t.Errorf("without a browser: %v", err)
	}
}

// TestABrowserThatCannotStart: its last words are in the error, and its profile is removed.
func TestABrowserThatCannotStart(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the browser is a shell script")
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	path := filepath.Join(t.TempDir(), "browser")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho first >&2\necho no platform >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	err := Browser{Path: path}.Run(t.Context(), Proxy{}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "exit status 1: no platform") {
		t.Errorf("%v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	if !closed(nil, 0) {
		t.Error("a browser that ends with 0 was closed")
	}
}

// TestAdvice: one sentence names every argument that this run needs and does not have.
func TestAdvice(t *testing.T) {
	for _, c := range []struct {
		args            []string
		noDisplay, root bool
		want            string
	}{
		{nil, false, false, ""},
		{nil, true, true, `: add -browser-args="--headless=new --no-sandbox"`},
		{nil, true, false, `: add -browser-args="--headless=new"`},
		{[]string{"--headless=new"}, true, true, `: add -browser-args="--no-sandbox"`},
		{[]string{"--headless=new", "--no-sandbox"}, true, true, ""},
	} {
		if got := (Browser{Args: c.args}).adviceFor(c.noDisplay, c.root); !strings.HasSuffix(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%v: %q, want %q", c, got, c.want)
		}
	}
}
