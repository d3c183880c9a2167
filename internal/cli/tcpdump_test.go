package cli_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// tcpdump captures a TCP port of the loopback interface as docs/cli.md says, into a pipe, and returns when it does. It skips the test where there
// is none or it may not.
func tcpdump(t *testing.T, port string) (out *os.File) {
	t.Helper()
	path, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip(err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	cmd := exec.Command(path, "-i", "lo", "-U", "-w", "-", "tcp port "+port) //nolint:noctx // killed below
	cmd.Stdout = in
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = in.Close() // tcpdump has it
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		await.Return(t, "the killed tcpdump", func() { _ = cmd.Wait() })
	})
	b := bufio.NewReader(said)
	for {
		line, err := b.ReadString('\n')
		if strings.Contains(line, "listening on") {
			return out
		}
		if err != nil {
			t.Skipf("tcpdump may not capture here: %s", line)
		}
	}
}

// TestShowBehindTcpdump: `tcpdump -i lo -U -w - | tetherscope show -` prints what a program on this machine says while its connection is open.
func TestShowBehindTcpdump(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		for err == nil {
			_, _, err = c.Read(r.Context())
		}
	}))
	defer s.Close()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	printed, stop := lines(t, t.TempDir(), tcpdump(t, port), "show", "-")
	c, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http")+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	if err := c.Write(t.Context(), websocket.MessageText, []byte("seen at once")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"request /live", "101", `"seen at once"`} {
		if line := await.Receive(t, printed); !strings.Contains(line, want) {
			t.Errorf("%q, want %q in it", line, want)
		}
	}
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
