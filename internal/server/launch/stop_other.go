//go:build !unix

package launch

import (
	"os"
	"os/exec"
)

// stopGently lets the end of the command's context kill it: there are no signals here.
func stopGently(cmd *exec.Cmd) { cmd.WaitDelay = lastWords }

// alive reports whether a process runs.
func alive(pid int) bool {
	p, err := os.FindProcess(pid) // it opens the process
	if err == nil {
		_ = p.Release()
	}
	return err == nil
}
