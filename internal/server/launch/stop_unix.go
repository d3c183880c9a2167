//go:build unix

package launch

import (
	"errors"
	"os/exec"
	"syscall"
)

// stopGently lets the end of the command's context ask it to end, and kill it when it does not.
func stopGently(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = lastWords
}

// alive reports whether a process runs, of whatever user.
func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
