package rebuild

import (
	"context"
	"io"
	"os"
	"os/exec"
	"time"
)

// ChildEnv is set in the environment of the server that a supervisor runs: to First, and to Again when it replaces one.
const (
	ChildEnv = "TETHERSCOPE_DEV_CHILD"
	First    = "first"
	Again    = "again"
)

// SecretEnv is set in the environment of the servers that a supervisor runs, one after the other: the secret from which they derive
// the keys of browsers and programs.
const SecretEnv = "TETHERSCOPE_DEV_SECRET"

// stopPatience is how long a child may take to close its sockets.
const stopPatience = 6 * time.Second

// child is a running server.
type child struct {
	cmd     *exec.Cmd
	notices io.WriteCloser
	done    chan struct{}
	err     error // why it ended; read it after done
}

// startChild runs program with args and hands it notices over its standard input.
func startChild(program, which, secret string, args []string, out, errOut io.Writer) (*child, error) {
	cmd := exec.Command(program, args...) //nolint:gosec // we have just built it
	cmd.Env = append(os.Environ(), ChildEnv+"="+which, SecretEnv+"="+secret)
	cmd.Stdout, cmd.Stderr = out, errOut
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, notices: in, done: make(chan struct{})}
	go func() {
		c.err = cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

// lifetime returns a context that ends with ctx or with the child.
func (c *child) lifetime(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-c.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// ended reports whether the child is gone.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// tell sends a notice. A notice to a child that is gone is lost.
func (c *child) tell(n Notice) { _ = n.write(c.notices) }

// stop ends the child in good order, or after stopPatience without it. The end of its standard input asks for that: a
// signal may have reached it already, from the terminal, and a second one would cut its closing short.
func (c *child) stop() {
	_ = c.notices.Close()
	select {
	case <-c.done:
	case <-time.After(stopPatience):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}
