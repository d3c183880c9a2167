package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/tetherscope/tetherscope/internal/bench/native/drive"
	"github.com/tetherscope/tetherscope/internal/bench/proc"
)

// client is a process that measures one library.
type client struct {
	name    string
	cmd     *exec.Cmd
	in      io.WriteCloser
	jobs    *json.Encoder
	results *json.Decoder
}

func (c *client) do(j drive.Job) (r drive.Result, err error) {
	if err := c.jobs.Encode(j); err != nil {
		return r, err
	}
	if err := c.results.Decode(&r); err != nil {
		return r, err
	}
	if r.Err != "" {
		err = errors.New(r.Err)
	}
	return r, err
}

// stop ends the process and waits until it is gone.
func (c *client) stop() {
	_ = c.in.Close()
	_ = c.cmd.Wait() // its exit status is of no interest
}

// startClients starts ours, and the peers if they can be built; left says why not.
func startClients(ctx context.Context, o options, dir string) (list []*client, left string) {
	add := func(name string, cmd *exec.Cmd) {
		c, err := start(name, cmd)
		if err != nil {
			left += fmt.Sprintf("%s: %v ", name, err)
			return
		}
		list = append(list, c)
	}
	for _, name := range []string{coder, again, ours} {
		args := []string{"-client", name}
		if name == ours && o.profile != "" {
			args = append(args, "-profile", o.profile)
		}
		add(name, self(ctx, args...))
	}
	if !o.peers {
		return list, left
	}
	program, err := buildPeers(ctx, dir)
	if err != nil {
		return list, fmt.Sprintf("gorilla, gobwas and gws: %v", err)
	}
	for _, name := range []string{"gorilla", "gobwas", "gws"} {
		add(name, exec.CommandContext(ctx, program, name)) //nolint:gosec // it was built here
	}
	return list, left
}

func start(name string, cmd *exec.Cmd) (*client, error) {
	in, out, err := proc.Start(cmd)
	if err != nil {
		return nil, err
	}
	return &client{name, cmd, in, json.NewEncoder(in), json.NewDecoder(out)}, nil
}

// buildPeers builds the peers' own module into dir.
func buildPeers(ctx context.Context, dir string) (program string, err error) {
	program = filepath.Join(dir, "clients")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "./clients") //nolint:gosec // a directory of ours
	cmd.Dir = "internal/bench/peers"
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build in %s: %w: %.300s", cmd.Dir, err, out)
	}
	return program, nil
}

// self is this program with other arguments.
func self(ctx context.Context, args ...string) *exec.Cmd {
	program, err := os.Executable()
	if err != nil {
		program = os.Args[0]
	}
	return exec.CommandContext(ctx, program, args...) //nolint:gosec // itself
}

// startServer starts the echo and returns where it listens.
func startServer(ctx context.Context) (addr string, stop func(), err error) {
	cmd := self(ctx, "-serve")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = in.Close()
		_ = cmd.Wait() // its exit status is of no interest
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the server printed no address: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}
