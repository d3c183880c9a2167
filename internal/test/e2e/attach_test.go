package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// TestAttachShowsEverySocketOfARunningBrowser: the WebSockets of a page, a frame and three kinds of worker are recorded with each of their messages, marked as
// a page's knowledge. The program ends with the browser, with a line that says so.
func TestAttachShowsEverySocketOfARunningBrowser(t *testing.T) {
	dir := t.TempDir()
	b := chrome.Own(t, "--remote-debugging-port=0", "--user-data-dir="+filepath.Join(dir, "profile"), "--ignore-certificate-errors")
	program, s := buildProgram(t), newSite(t)
	port := debuggingPort(t, filepath.Join(dir, "profile"))
	cmd := exec.CommandContext(t.Context(), program, "attach", "-log-frames", "-record", "seen.tscap", "127.0.0.1:"+port)
	cmd.Dir = dir
	var said frameLog
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGKILL) })
	await.Until(t, "the browser is attached to", func() bool { return strings.Contains(said.String(), "Attached to ") })
	chrome.Open(t, b, s.URL+"/")
	const messages = 15 // each of five sends one, gets it back, and says so
	await.Until(t, "every message is recorded", func() bool { return strings.Count(said.String(), "as the page saw it") >= messages })
	b.Close()
	if err := await.Receive(t, ended); err != nil || !strings.Contains(said.String(), "the browser went away") {
		t.Errorf("the program ends with %v\n%s", err, said.String())
	}
	records := show(t, program, filepath.Join(dir, "seen.tscap"))
	for _, from := range []string{"page", "frame", "worker", "shared worker", "service worker"} {
		if n, answers := strings.Count(records, `"from the `+from+`"`), strings.Count(records, `"echoed to the `+from+`"`); n != 2 || answers != 1 {
			t.Errorf("the messages of the %s are recorded %d and %d times, want 2 and 1", from, n, answers)
		}
	}
	// On a machine so slow that a handshake takes a second, a note is in place of the response.
	opened, ends := strings.Count(records, `"kind":"response"`)+strings.Count(records, `"name":"open"`), strings.Count(records, `"kind":"end"`)
	if opened != 5 || ends != 5 {
		t.Errorf("%d WebSockets open and %d end, want 5 of both:\n%s", opened, ends, records)
	}
	for line := range strings.Lines(records) {
		if strings.Contains(line, `"conn"`) && !strings.Contains(line, `"source":"page"`) {
			t.Errorf("a record is not marked as a page's knowledge: %s", line)
		}
	}
}

// debuggingPort returns the port on which a browser with this profile can be attached to.
func debuggingPort(t *testing.T, profile string) (port string) {
	t.Helper()
	await.Until(t, "the browser says on which port it can be attached to", func() bool {
		text, err := os.ReadFile(filepath.Join(profile, "DevToolsActivePort"))
		var whole bool
		port, _, whole = strings.Cut(string(text), "\n")
		return err == nil && whole && port != ""
	})
	return port
}
