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

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/server/demo"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/userkey"
)

// These tests prove what record and show do with a running server, and that a recording survives whatever ends it.

var printedURL = regexp.MustCompile(`https?://127\.0\.0\.1:\d+`)

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
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		await.Return(t, "the killed server to end", func() { _ = cmd.Wait() })
	})
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

// playDemo has the server talk to itself: every kind of frame and of ending.
func playDemo(t *testing.T, url string) {
	t.Helper()
	_, key, err := userkey.Lookup(url)
	if err != nil || key == "" {
		t.Fatal(key, err)
	}
	session, err := (&feed.Client{URL: url, HTTP: http.DefaultClient, Key: key}).Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/demo", nil)
	req.Header.Set(feed.TokenHeader, session.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusAccepted {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
}

// background starts the program and returns how to stop it; stop returns its exit code and what it said.
func background(t *testing.T, dir string, args ...string) (stop func(os.Signal) (int, string, string)) {
	t.Helper()
	_, stop = follow(t, dir, args...)
	return stop
}

// follow is background whose output can be read while the program runs: it stands in a file.
func follow(t *testing.T, dir string, args ...string) (said func() string, stop func(os.Signal) (int, string, string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	cmd := exec.CommandContext(ctx, program, args...)
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		out.Close()
	})
	said = func() string {
		b, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return said, func(s os.Signal) (int, string, string) {
		_ = cmd.Process.Signal(s)
		await.Return(t, "the signalled program to end", func() { _ = cmd.Wait() })
		return cmd.ProcessState.ExitCode(), said(), errs.String()
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

// demoEnds waits until a recording has the end of every connection of the demo: nothing comes after the last of them.
func demoEnds(t *testing.T, name string) {
	t.Helper()
	until(t, name+" has the ends of the demo", func() bool {
		f, err := os.Open(name)
		if err != nil {
			return false
		}
		defer f.Close()
		ends := 0
		_ = file.Read(f, record.Visitor{Record: func(r *record.Record) error { // it may end within a block that is being written
			if r.Kind == record.KindEnd {
				ends++
			}
			return nil
		}})
		return ends == len(demo.Scenarios)
	})
}

func TestRecordUntilInterruptedAndUntilKilled(t *testing.T) {
	url, dir := serve(t), t.TempDir()
	polite := background(t, dir, "record", "-o", "polite.tscap", url)
	killed := background(t, dir, "record", "-o", "killed.tscap", url)
	playDemo(t, url)
	demoEnds(t, filepath.Join(dir, "polite.tscap"))
	demoEnds(t, filepath.Join(dir, "killed.tscap"))
	if code, _, said := polite(os.Interrupt); code != 0 || !strings.Contains(said, "records in polite.tscap") {
		t.Errorf("exit code %d: %s", code, said)
	}
	killed(syscall.SIGKILL)
	first, second := run(t, dir, "", "show", "polite.tscap"), run(t, dir, "", "show", "killed.tscap")
	if first.code != 0 || strings.Count(first.out, "\n") < 20 || second != first {
		t.Errorf("%d and %d lines:\n%s\n%s", strings.Count(first.out, "\n"), strings.Count(second.out, "\n"), first.err, second.err)
	}
	if again := run(t, dir, "", "record", "-o", "polite.tscap", "-for", "2s", url); again.code != 2 || !strings.Contains(again.err, "exists already") {
		t.Errorf("%+v", again)
	}
}

// TestAServerRecordsUntilItIsKilled: with -record it needs no second program, and what it wrote is what record wrote.
func TestAServerRecordsUntilItIsKilled(t *testing.T) {
	dir := t.TempDir()
	own, other := filepath.Join(dir, "own.tscap"), filepath.Join(dir, "other.tscap")
	url, server := serving(t, "-record", own)
	rec := background(t, dir, "record", "-o", other, url)
	playDemo(t, url)
	demoEnds(t, other)
	demoEnds(t, own)
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
		{"-record " + own, "exists already: choose another name", 1},
		{"-record a.har", "only a .tscap file", 2},
		{"-record a.tscap -dev", "cannot be used with -dev", 2},
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
	playDemo(t, url)
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
	ofServer, server := follow(t, dir, "show", "-query", "kind:request", url)
	rec := background(t, dir, "record", "-o", "live.tscap", url)
	playDemo(t, url)
	demoEnds(t, filepath.Join(dir, "live.tscap"))
	ofFile, follower := follow(t, dir, "show", "-follow", "-query", "kind:request", "live.tscap")
	for _, said := range []func() string{ofServer, ofFile} { // a follower ends only when it is stopped
		until(t, "a line for each connection", func() bool { return strings.Count(said(), "\n") >= len(demo.Scenarios) })
	}
	code1, out1, err1 := follower(os.Interrupt)
	code2, out2, err2 := server(os.Interrupt)
	rec(os.Interrupt)
	if code1 != 0 || code2 != 0 || out1 == "" || out1 != out2 {
		t.Errorf("file: %d %s %s\nserver: %d %s %s", code1, out1, err1, code2, out2, err2)
	}
}

// TestNowEnds: with -now, show, lint and record end by themselves behind what a server has captured; a file refuses it.
func TestNowEnds(t *testing.T) {
	url, dir := serve(t), t.TempDir()
	if got := run(t, dir, "", "show", "-now", url); got.code != 0 || got.out != "" {
		t.Errorf("nothing was captured yet: exit code %d\n%s%s", got.code, got.out, got.err)
	}
	ws := "ws" + strings.TrimPrefix(url, "http") + "/ws/echo"
	if got := run(t, dir, "", "send", "-url", ws, "-count", "1", "hello"); got.code != 0 {
		t.Fatal(got.err)
	}
	for command, want := range map[string]string{"show -now -query op:text": "hello", "lint -now": "", "record -now -o now.tscap": ""} {
		if got := run(t, dir, "", append(strings.Fields(command), url)...); got.code != 0 || !strings.Contains(got.out, want) {
			t.Errorf("%s: exit code %d, want 0 with %q\n%s%s", command, got.code, want, got.out, got.err)
		}
	}
	if got := run(t, dir, "", "show", "-query", "op:text", "now.tscap"); strings.Count(got.out, "hello") != 2 {
		t.Errorf("the recording has\n%s", got.out)
	}
	if got := run(t, dir, "", "show", "-now", "now.tscap"); got.code != 2 || !strings.Contains(got.err, "-now is for the URL of a server") {
		t.Errorf("a file: exit code %d, %s", got.code, got.err)
	}
}
