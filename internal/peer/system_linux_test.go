package peer

import (
	"bufio"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

const dialling = "PEER_TEST_DIAL"

// TestMain is also the client of [TestAProgramIsFound].
func TestMain(m *testing.M) {
	if address := os.Getenv(dialling); address != "" {
		c, err := net.Dial("tcp", address)
		if err != nil {
			os.Exit(1)
		}
		_, _ = bufio.NewReader(c).ReadByte() // the end of the test
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestAProgramIsFound: of a connection from this process and of one from another, over IPv4, IPv6 and a socket of both.
func TestAProgramIsFound(t *testing.T) {
	name := filepath.Base(os.Args[0])
	f := New()
	for _, at := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Logf("%s is not tested: %v", at, err)
			continue
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		other := exec.Command(os.Args[0])
		other.Env = append(os.Environ(), dialling+"="+strings.Replace(at, ":0", ":"+port, 1))
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := f.Program(ends(c)), (record.Program{PID: uint32(other.Process.Pid), Name: name}); got != want {
			t.Errorf("%s: another process: %v, want %v", at, got, want)
		}
		ended := make(chan error, 1)
		go func() { ended <- other.Wait() }()
		_ = c.Close()
		_ = await.Receive(t, ended)
		_ = l.Close()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	ours, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ours.Close() }()
	server := netip.MustParseAddrPort(ours.RemoteAddr().String())
	client := netip.MustParseAddrPort(ours.LocalAddr().String())
	if got, want := f.Program(client, server), (record.Program{PID: uint32(os.Getpid()), Name: name}); got != want {
		t.Errorf("this process: %v, want %v", got, want)
	}
}

func ends(c net.Conn) (client, server netip.AddrPort) {
	return netip.MustParseAddrPort(c.RemoteAddr().String()), netip.MustParseAddrPort(c.LocalAddr().String())
}

// TestAHelperCountsAsItsBrowser: by the argument that Chromium and Firefox give their helpers, and never beyond the same executable.
func TestAHelperCountsAsItsBrowser(t *testing.T) {
	root := t.TempDir()
	add := func(pid, parent, exe, words string) {
		dir := filepath.Join(root, pid)
		if err := os.MkdirAll(filepath.Join(dir, "fd"), 0o700); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"stat": pid + " (odd) name) S " + parent + " 1 1", "cmdline": words, "comm": exe} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink("/opt/"+exe, filepath.Join(dir, "exe")); err != nil {
			t.Fatal(err)
		}
	}
	add("10", "1", "bash", "bash")
	add("20", "10", "chromium", "/opt/chromium --user-data-dir=/x")
	add("21", "20", "chromium", "/opt/chromium --type=zygote")
	add("22", "21", "chromium", "/opt/chromium\x00--type=utility\x00")
	add("30", "10", "firefox (deleted)", "firefox")
	add("31", "30", "firefox", "firefox -contentproc -x")
	add("40", "20", "node", "node --type=x")
	p := &proc{root: root}
	for pid, want := range map[string]string{"22": "20", "20": "20", "31": "30", "40": "40", "99": "99"} {
		if got := p.browser(pid); got != want {
			t.Errorf("%s: %s, want %s", pid, got, want)
		}
	}
	if got := p.name("30"); got != "firefox" {
		t.Errorf("the name is %q", got)
	}
}

// TestOtherUsersAndStrangeTablesAreUnknown: nothing is found, and nothing fails.
func TestOtherUsersAndStrangeTablesAreUnknown(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "net"), 0o700); err != nil {
		t.Fatal(err)
	}
	line := "   0: 0100007F:C350 0100007F:22B8 01 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0 20 4 30 10 -1\n"
	for name, text := range map[string]string{"another user's": line, "short": line[:40], "without an inode": strings.Replace(line, "12345", "0", 1), "empty": ""} {
		if err := os.WriteFile(filepath.Join(root, "net", "tcp"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p := &proc{root: root, uid: "1001"}
		if got := p.program(client, server); got != (record.Program{}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
