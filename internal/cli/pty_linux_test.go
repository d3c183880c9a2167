package cli_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// screen is the program at a pseudo-terminal.
type screen struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd
	done   chan struct{} // the program's side of the terminal was closed

	mu   sync.Mutex
	text strings.Builder // all that was printed
}

// atTerminal runs the program at a pseudo-terminal of 100 columns.
func atTerminal(t *testing.T, env []string, args ...string) *screen {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this machine has no pseudo-terminals: %v", err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	err = errors.Join(err, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0),
		unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 100}))
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	s := &screen{t: t, master: master, cmd: exec.CommandContext(ctx, program, args...), done: make(chan struct{})}
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = slave, slave, slave
	s.cmd.Env = append(append(os.Environ(), "TERM=xterm", "NO_COLOR=", "XDG_STATE_HOME="+t.TempDir()), env...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	go s.read()
	t.Cleanup(func() { master.Close() })
	return s
}

// read collects what is printed; the end of the program ends it.
func (s *screen) read() {
	defer close(s.done)
	buf := make([]byte, 4096)
	for {
		n, err := s.master.Read(buf)
		s.mu.Lock()
		s.text.Write(buf[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *screen) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// types presses keys.
func (s *screen) types(keys string) {
	s.t.Helper()
	if _, err := s.master.WriteString(keys); err != nil {
		s.t.Error(err)
	}
}

// shows waits until a text was printed.
func (s *screen) shows(want string) {
	s.t.Helper()
	await.Until(s.t, fmt.Sprintf("%q on the terminal", want), func() bool { return strings.Contains(s.all(), want) })
}

// ends waits for the end of the program and returns its exit code.
func (s *screen) ends() int {
	s.t.Helper()
	await.Return(s.t, "the program ends", func() { _ = s.cmd.Wait() }) // the exit code says how
	await.Closed(s.t, s.done)
	return s.cmd.ProcessState.ExitCode()
}

// TestConnectOnATerminal proves editing, commands, JSON in color, history and the exit code, as a person sees them.
func TestConnectOnATerminal(t *testing.T) {
	url := library(t, echo)
	home := "XDG_STATE_HOME=" + t.TempDir()
	s := atTerminal(t, []string{home}, "connect", url)
	s.shows("/help lists the commands")
	s.types(`{"a":1}` + "\x7f,\"b\":\"x\"}\r") // DEL takes the bracket away
	s.shows("\x1b[36m\"b\"\x1b[0m: \x1b[32m\"x\"\x1b[0m")
	s.types("/bi\t00 ff\r")
	s.shows("binary, 2 bytes: 00ff")
	s.types("/ping again\r")
	s.shows(`↓ pong "again"`)
	s.types("/fragment 3 abcdef\r")
	s.shows("↓ \x1b[0mabcdef\r\n")
	s.types("/close 1005\r")
	s.shows("the message breaks the protocol")
	s.types("/hlep\r")
	s.shows("did you mean /help")
	s.types("/close 4000 bye\r")
	if code := s.ends(); code != 0 {
		t.Errorf("exit code %d\n%s", code, s.all())
	}
	s = atTerminal(t, []string{home, "NO_COLOR=1"}, "connect", url)
	s.shows("/help lists the commands")
	s.types("\x1b[A\x1b[A\x1b[A\r") // the third line from the end: /close 1005, /hlep, /close 4000 stand behind it
	s.shows("the message breaks the protocol")
	s.types("\x04")
	if code := s.ends(); code != 0 || regexp.MustCompile(`\x1b\[[0-9]+m`).MatchString(s.all()) {
		t.Errorf("exit code %d, or colors in spite of NO_COLOR\n%q", code, s.all())
	}
}

// TestShowIsColoredOnATerminal: each line by what it is, what was said as it is but for escapes, and nothing where colors are turned off.
func TestShowIsColoredOnATerminal(t *testing.T) {
	dir := t.TempDir()
	said := record.Record{Kind: record.KindFrame, Conn: 1, Dir: record.In, Header: frame.Header{Fin: true, Opcode: frame.Text, Length: 8}, Payload: []byte("a\x1b[2J\u202eb"), Final: true, Frames: 1}
	write(t, dir, "a.tscap", append(conversation(true), said))
	shown := atTerminal(t, nil, "show", filepath.Join(dir, "a.tscap"))
	shown.ends()
	text := shown.all()
	for _, want := range []string{"\x1b[36m", "\x1b[32m", "\x1b[2m", "\x1b[31m", `\x1b[2J`} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in %q", want, text)
		}
	}
	if strings.Contains(text, "\x1b[2J") || strings.Contains(text, "\u202e") {
		t.Errorf("what a peer said reached the terminal: %q", text)
	}
	plain := atTerminal(t, []string{"NO_COLOR=1"}, "show", filepath.Join(dir, "a.tscap"))
	plain.ends()
	if text := plain.all(); strings.Contains(text, "\x1b") || !strings.Contains(text, "#1") {
		t.Errorf("with NO_COLOR: %q", text)
	}
}

// TestHostileWordsOnATerminal proves that a peer cannot color, move the cursor or forge a line while lines are edited.
func TestHostileWordsOnATerminal(t *testing.T) {
	s := atTerminal(t, nil, "connect", "ws://"+wireServer(t, speaks))
	s.ends()
	text := s.all()
	for _, bad := range []string{"\x1b[2J", "\x1b]0;", "\u009b", "\u202e", "\nFORGED", "\a", "\b"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q reached the terminal: %q", bad, text)
		}
	}
	if !strings.Contains(text, `\u001b[2J`) {
		t.Errorf("nothing was shown: %q", text)
	}
}
