//go:build !unix

package chrome

import "os/exec"

func ownGroup(*exec.Cmd) {}

// killGroup kills the process. Its children end when its pipes close.
func killGroup(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // it may be gone already
}
