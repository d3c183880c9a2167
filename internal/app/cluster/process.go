package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// grace is how long a process has to stop by itself.
const grace = time.Minute

// Process is a program that runs until it is stopped. Its output goes to a file.
type Process struct {
	Name string
	Log  string // the file
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended; valid once done is closed
}

// Start runs cmd. Its standard output and error go to dir/name.log, which is appended to.
func Start(dir, name string, cmd *exec.Cmd) (*Process, error) {
	p := &Process{Name: name, Log: filepath.Join(dir, name+".log"), cmd: cmd, done: make(chan struct{})}
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// Stop asks the process to end, waits for it, and kills it when that takes longer than a minute.
func (p *Process) Stop() error {
	if p == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.done:
		return nil
	case <-time.After(grace):
		p.Kill()
		return fmt.Errorf("%s did not stop within %v and was killed; its log is %s", p.Name, grace, p.Log)
	}
}

// Kill ends the process at once, as a crash would, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// PID returns the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal sends s.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// ready waits until the process accepts TCP connections at addr. An error has the end of its log.
func (p *Process) ready(ctx context.Context, addr string) error {
	for {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
		if err == nil {
			conn.Close()
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended at once (%w):\n%s", p.Name, errors.Join(p.err), tail(p.Log))
		case <-ctx.Done():
			return fmt.Errorf("%s does not listen on %s:\n%s", p.Name, addr, tail(p.Log))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// tail returns the last bytes of a file.
func tail(name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-2000):])
}

// Ports below those that systems hand out by themselves (from 32768 on Linux): what was free a moment ago is not taken by a
// connection that some program opens.
const firstPort, ports = 15000, 17000

// freePort returns the address of a port on loopback that no program listened on a moment ago.
func freePort() (addr string, err error) {
	for range 100 {
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+rand.IntN(ports)))); err == nil {
			defer l.Close()
			return l.Addr().String(), nil
		}
	}
	return "", err
}
