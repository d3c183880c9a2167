package script

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/script/wire"
)

const (
	exitMemory = 5       // of the worker: see internal/script/worker
	maxLast    = 4 << 10 // bytes of what a worker says when it dies
)

// process is a worker. Its owner is who took it: one at a time calls it.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	last   tail
	once   sync.Once
	memory uint64
}

// program returns the program to run as a worker: this one, also when its file was replaced since.
func program() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

// startProcess starts a worker without environment and arguments of ours.
func startProcess(memory uint64) (*process, error) {
	name, err := program()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(name, WorkerArg), memory: memory}
	p.cmd.Env = []string{}
	p.cmd.Dir = string(filepath.Separator)
	p.cmd.Stderr = &p.last
	p.cmd.WaitDelay = time.Second
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("the script's worker cannot be started: %w", err)
	}
	p.in, p.out = in, bufio.NewReader(out)
	return p, nil
}

// call sends a request and waits for the reply. After an error, which is also that the time is over, the worker is of no use.
func (p *process) call(request any, within time.Duration) (*wire.Reply, error) {
	timer := time.AfterFunc(max(within, 0), func() { _ = p.cmd.Process.Kill() }) // it has ended already, or it ends now
	err := wire.Write(p.in, request)
	var v any
	if err == nil {
		v, err = wire.Read(p.out)
	}
	late := !timer.Stop()
	reply, ok := v.(*wire.Reply)
	switch {
	case late:
		p.end()
		return nil, ErrLate
	case err != nil:
		p.end()
		return nil, p.reason(err)
	case !ok:
		return nil, wire.ErrBroken
	}
	return reply, nil
}

// reason says why a worker has ended.
func (p *process) reason(err error) error {
	var code int
	if p.cmd.ProcessState != nil {
		code = p.cmd.ProcessState.ExitCode()
	}
	said := p.last.String()
	switch {
	case code == exitMemory, outOfMemory(said):
		return fmt.Errorf("the script used more than %d MiB of memory: its worker was ended", p.memory>>20)
	case bytes.Contains(said, []byte("stack exceeds")):
		return errors.New("the script nests too deeply: its worker was ended")
	case errors.Is(err, wire.ErrTooLong), errors.Is(err, wire.ErrBroken):
		return err
	}
	line, _, _ := bytes.Cut(said, []byte("\n"))
	return fmt.Errorf("the script's worker has ended: %v %s", p.cmd.ProcessState, line)
}

// outOfMemory reports whether a worker said that the operating system gave it no more memory. Go's runtime says so, or is where it cannot bear
// it and faults.
func outOfMemory(said []byte) bool {
	return bytes.Contains(said, []byte("out of memory")) || bytes.Contains(said, []byte("cannot allocate")) || bytes.HasPrefix(said, []byte("SIGSEGV:"))
}

// end ends the worker and waits for that.
func (p *process) end() {
	p.once.Do(func() {
		_ = p.in.Close()
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // its state says how it ended
	})
}

// tail keeps the beginning of what is written.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

// Write keeps what there is room for, and accepts all.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, b[:min(len(b), maxLast-len(t.kept))]...)
	return len(b), nil
}

// String returns what was kept.
func (t *tail) String() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.kept)
}
