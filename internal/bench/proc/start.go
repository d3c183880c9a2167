package proc

import (
	"io"
	"os"
	"os/exec"
)

// Start starts a program with pipes to its standard input and from its standard output; its errors go where ours go. The caller waits for it.
func Start(cmd *exec.Cmd) (in io.WriteCloser, out io.ReadCloser, err error) {
	cmd.Stderr = os.Stderr
	if in, err = cmd.StdinPipe(); err != nil {
		return nil, nil, err
	}
	if out, err = cmd.StdoutPipe(); err != nil {
		return nil, nil, err
	}
	return in, out, cmd.Start()
}
