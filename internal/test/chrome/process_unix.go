//go:build unix

package chrome

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the process the leader of a new process group, which its children join.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// killGroup kills the process and every child it started.
func killGroup(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // ESRCH: all are gone already
}
