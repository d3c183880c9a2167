package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/bench/proc"
)

// candidate is one of those compared. command makes the process that prints its address and ends with its standard input.
type candidate struct {
	name    string
	command func() *exec.Cmd
	ours    bool             // it is beServer
	idle    func() *exec.Cmd // for the memory of idle connections; nil for the same
}

// servers lists the available servers, ours first, and which are left out and why.
func servers(ctx context.Context, dir string, peers bool) (list []candidate, left []string) {
	ours := func(how string) func() *exec.Cmd { return self(ctx, "-be", how) }
	list = []candidate{
		{"tetherscope", ours(untapped), true, ours(bare)}, {"the same again", ours(untapped), true, ours(bare)}, {"tetherscope tapped", ours(tapped), true, nil},
	}
	if !peers {
		return list, nil
	}
	for _, p := range []struct {
		name string
		make func(context.Context, string) (func() *exec.Cmd, error)
	}{{nodeWS, installWS}, {"lxzan/gws", buildGWS}} {
		command, err := p.make(ctx, dir)
		if err != nil {
			left = append(left, fmt.Sprintf("%s: %v", p.name, err))
			continue
		}
		list = append(list, candidate{name: p.name, command: command})
	}
	return list, left
}

// nodeWS is the peer that an aim is set against.
const nodeWS = "Node ws"

// peersDir is where the peers' sources are, from the root of the repository.
const peersDir = "internal/bench/peers"

// installWS installs the version of ws in the lock file beside its server in dir.
func installWS(ctx context.Context, dir string) (func() *exec.Cmd, error) {
	for _, name := range []string{"package.json", "package-lock.json", "server.mjs"} {
		b, err := os.ReadFile(filepath.Join(peersDir, "ws", name))
		if err != nil {
			return nil, fmt.Errorf("run it from the root of the repository: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return nil, err
		}
	}
	if err := quietly(exec.CommandContext(ctx, "npm", "ci", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund")); err != nil {
		return nil, err
	}
	return func() *exec.Cmd { return exec.CommandContext(ctx, "node", filepath.Join(dir, "server.mjs")) }, nil
}

// buildGWS builds the peer's own module into dir.
func buildGWS(ctx context.Context, dir string) (func() *exec.Cmd, error) {
	program := filepath.Join(dir, "gws")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "./gws")
	cmd.Dir = peersDir
	if err := quietly(cmd); err != nil {
		return nil, err
	}
	return func() *exec.Cmd { return exec.CommandContext(ctx, program) }, nil
}

// quietly runs cmd, whose output matters only when it fails.
func quietly(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %.300s", cmd.Args[0], err, out)
	}
	return nil
}

// running is a server that listens.
type running struct {
	addr    string
	pid     int
	secure  bool   // it speaks TLS
	tunnel  string // host:port of the server behind it, when it is an HTTP proxy; "" for a server
	console string // the URL of its console page, if it printed one
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	stdout  *bufio.Reader
	ours    bool // it answers inspect
}

// errSilent: a server did not say where it listens.
var errSilent = errors.New("it printed no address")

// start runs a server until stop.
func (s candidate) start() (*running, error) {
	cmd := s.command()
	in, out, err := proc.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	r := &running{pid: cmd.Process.Pid, cmd: cmd, stdin: in, stdout: bufio.NewReader(out), ours: s.ours}
	line, err := r.stdout.ReadString('\n')
	if err == nil {
		err = r.parse(strings.Fields(line))
	}
	if err != nil {
		r.stop()
		return nil, fmt.Errorf("%s: %w", s.name, errors.Join(errSilent, err))
	}
	return r, nil
}

// parse reads the line that a server prints: its address, and from the host of a guest its process ID and console page too.
func (r *running) parse(words []string) (err error) {
	if len(words) == 0 {
		return errSilent
	}
	if r.addr = words[0]; len(words) > 1 {
		r.pid, err = strconv.Atoi(words[1])
	}
	if len(words) > 2 {
		r.console = words[2]
	}
	return err
}

// place is where its echo is.
func (r *running) place() place {
	return place{Addr: r.addr, Path: "/ws/echo", Secure: r.secure, Tunnel: r.tunnel}
}

// stop ends the server and waits until it is gone.
func (r *running) stop() {
	_ = r.stdin.Close()
	_ = r.cmd.Wait() // its exit status is of no interest
}
