package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// These tests prove what record and show do with a running server, and that a recording survives whatever ends it.

var (
	printedURL = regexp.MustCompile(`https?://127\.0\.0\.1:\d+`)
	tokenOf    = regexp.MustCompile(`tetherscope-token" content="([^"]*)"`)
)

// serve starts the program as a server and returns its URL.
func serve(t *testing.T, args ...string) string {
	t.Helper()
	url, _ := serving(t, args...)
	return url
}

// serving starts the program as a server and returns its URL and its process.
func serving(t *testing.T, args ...string) (string, *os.Process) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url := printedURL.FindString(lines.Text()); url != "" {
			go func() {
				for lines.Scan() { // keep the pipe empty
				}
			}()
			return url, cmd.Process
		}
	}
	t.Fatal("the server printed no URL")
	return "", nil
}

// demo has the server talk to itself: every kind of frame and of ending.
func demo(t *testing.T, url string) {
	t.Helper()
	resp, err := http.Get(url + "/panel/")
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	_, _ = page.ReadFrom(resp.Body)
	resp.Body.Close()
	token := tokenOf.FindSubmatch(page.Bytes())
	if token == nil {
		t.Fatal("no token")
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/demo", nil)
	req.Header.Set("X-Tetherscope-Token", string(token[1]))
	resp, err = http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusAccepted {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
}

// background starts the program and returns how to stop it; stop returns its exit code and what it said.
func background(t *testing.T, dir string, args ...string) (stop func(os.Signal) (int, string, string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	cmd := exec.CommandContext(ctx, program, args...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cancel)
	return func(s os.Signal) (int, string, string) {
		_ = cmd.Process.Signal(s)
		_ = cmd.Wait()
		return cmd.ProcessState.ExitCode(), out.String(), errs.String()
	}
}

// until waits for what another process does.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited two minutes: " + what)
		}
	}
}

// grows waits until a file has stopped growing past some bytes, and returns its size.
func grows(t *testing.T, file string) (size int64) {
	t.Helper()
	var since time.Time
	until(t, file+" is written", func() bool {
		info, err := os.Stat(file)
		if err != nil || info.Size() < 4000 {
			return false
		}
		if info.Size() != size {
			size, since = info.Size(), time.Now()
		}
		return time.Since(since) > 2*time.Second // batches come within milliseconds while the demo talks
	})
	return size
}

func TestRecordUntilInterruptedAndUntilKilled(t *testing.T) {
	url, dir := serve(t), t.TempDir()
	polite := background(t, dir, "record", "-o", "polite.tscap", url)
	killed := background(t, dir, "record", "-o", "killed.tscap", url)
	demo(t, url)
	grows(t, filepath.Join(dir, "polite.tscap"))
	grows(t, filepath.Join(dir, "killed.tscap"))
	if code, _, said := polite(os.Interrupt); code != 0 || !strings.Contains(said, "records in polite.tscap") {
		t.Errorf("exit code %d: %s", code, said)
	}
	killed(syscall.SIGKILL)
	first, second := run(t, dir, "", "show", "polite.tscap"), run(t, dir, "", "show", "killed.tscap")
	if first.code != 0 || strings.Count(first.out, "\n") < 20 || second != first {
		t.Errorf("%d and %d lines:\n%s\n%s", strings.Count(first.out, "\n"), strings.Count(second.out, "\n"), first.err, second.err)
	}
	if again := run(t, dir, "", "record", "-o", "polite.tscap", "-for", "2s", url); again.code != 2 || !strings.Contains(again.err, "is there already") {
		t.Errorf("%+v", again)
	}
}

// TestAServerRecordsUntilItIsKilled: with -record it needs no second program, and what it wrote is what record wrote.
func TestAServerRecordsUntilItIsKilled(t *testing.T) {
	dir := t.TempDir()
	own, other := filepath.Join(dir, "own.tscap"), filepath.Join(dir, "other.tscap")
	url, server := serving(t, "-record", own)
	rec := background(t, dir, "record", "-o", other, url)
	demo(t, url)
	grows(t, other)
	grows(t, own)
	if code, _, said := rec(os.Interrupt); code != 0 {
		t.Errorf("exit code %d: %s", code, said)
	}
	_ = server.Kill()
	first, second := run(t, dir, "", "show", "-json", own), run(t, dir, "", "show", "-json", other)
	if first.code != 0 || strings.Count(first.out, "\n") < 20 || first.out != second.out {
		t.Errorf("exit code %d, %d and %d lines: %s", first.code, strings.Count(first.out, "\n"), strings.Count(second.out, "\n"), first.err)
	}
	for _, wrong := range []struct {
		args, says string
		code       int
	}{
		{"-record " + own, "is there already: name another file", 1},
		{"-record a.har", "only a .tscap file", 2},
		{"-record a.tscap -dev", "not for -dev", 2},
		{"-rotate 1MiB", "-record", 2},
		{"-record no/such/folder.tscap", "no such file or directory", 1},
	} {
		got := run(t, dir, "", append([]string{"-addr", "127.0.0.1:0"}, strings.Fields(wrong.args)...)...)
		if got.code != wrong.code || !strings.Contains(got.err, wrong.says) {
			t.Errorf("%s: %+v", wrong.args, got)
		}
	}
}

func TestRecordRotates(t *testing.T) {
	url, dir := serve(t), t.TempDir()
	rec := background(t, dir, "record", "-o", "r.tscap", "-rotate", "3KiB", url)
	demo(t, url)
	until(t, "three files", func() bool {
		names, _ := filepath.Glob(filepath.Join(dir, "r*.tscap"))
		return len(names) >= 3
	})
	code, _, said := rec(os.Interrupt)
	if code != 0 || !strings.Contains(said, " in r.tscap, r-2.tscap, r-3.tscap") {
		t.Fatalf("exit code %d: %s", code, said)
	}
	lines := 0
	names, _ := filepath.Glob(filepath.Join(dir, "r*.tscap"))
	for _, name := range names {
		shown := run(t, dir, "", "show", "-json", name)
		if shown.code != 0 {
			t.Errorf("%s: %+v", name, shown)
		}
		lines += strings.Count(shown.out, "\n")
	}
	if want := regexp.MustCompile(`(?m)^(\d+) records`).FindStringSubmatch(said); want == nil || want[1] != strconv.Itoa(lines) {
		t.Errorf("%d lines: %s", lines, said)
	}
}

func TestShowFollowsServersAndFiles(t *testing.T) {
	url, dir := serve(t), t.TempDir()
	server := background(t, dir, "show", "-query", "kind:request", url)
	rec := background(t, dir, "record", "-o", "live.tscap", url)
	demo(t, url)
	grows(t, filepath.Join(dir, "live.tscap"))
	file := background(t, dir, "show", "-follow", "-query", "kind:request", "live.tscap")
	time.Sleep(500 * time.Millisecond) // a follower ends only when it is told to
	code1, out1, err1 := file(os.Interrupt)
	code2, out2, err2 := server(os.Interrupt)
	rec(os.Interrupt)
	if code1 != 0 || code2 != 0 || out1 == "" || out1 != out2 {
		t.Errorf("file: %d %s %s\nserver: %d %s %s", code1, out1, err1, code2, out2, err2)
	}
}
