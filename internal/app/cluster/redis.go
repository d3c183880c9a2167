package cluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Redis is a Redis server of our own: without persistence, with a password, on a port of its own.
type Redis struct {
	*Process
	Addr     string
	name     string // of its log
	password string
	dir      string
	binary   string
	more     string // lines of the configuration
	bus      string // its address for the other servers of a Cluster
}

// StartRedis runs the program binary ("" finds redis-server), with its data in dir.
func StartRedis(ctx context.Context, binary, dir string) (*Redis, error) {
	r, err := newRedis(binary, dir, "redis", rand.Text())
	if err != nil {
		return nil, err
	}
	return r, r.Start(ctx)
}

// newRedis returns a server that is not started.
func newRedis(binary, dir, name, password string) (*Redis, error) {
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	if binary == "" {
		binary = "redis-server"
	}
	return &Redis{Addr: addr, name: name, password: password, dir: dir, binary: binary}, nil
}

// Start runs the server, again after [Process.Stop] or [Process.Kill]: same address, same password, no data.
func (r *Redis) Start(ctx context.Context) (err error) {
	port := portOf(r.Addr)
	cmd := exec.Command(r.binary, "-")
	// The configuration comes from standard input, so the password stands neither in a file nor in the process list.
	cmd.Stdin = strings.NewReader(fmt.Sprintf("port %s\nbind 127.0.0.1\nrequirepass %s\ndir %q\nsave \"\"\nappendonly no\nshutdown-timeout 0\n%s", port, r.password, r.dir, r.more))
	if r.Process, err = Start(r.dir, r.name, cmd); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := r.ready(ctx, r.Addr); err != nil {
		r.Kill()
		return err
	}
	return nil
}

// URL is what a node needs. It holds the password.
func (r *Redis) URL() string { return "redis://:" + r.password + "@" + r.Addr + "/0" }

// cli asks the server as redis-cli does, and returns the answer. An error of the server is an error.
func (r *Redis) cli(ctx context.Context, args ...string) (string, error) {
	return ask(ctx, r.Addr, r.password, args...)
}

// ask runs redis-cli, which comes with redis-server.
func ask(ctx context.Context, addr, password string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "redis-cli", append([]string{"-e", "-h", "127.0.0.1", "-p", portOf(addr)}, args...)...)
	if password != "" {
		cmd.Env = append(os.Environ(), "REDISCLI_AUTH="+password)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("redis-cli %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

func portOf(addr string) string {
	_, port, _ := strings.Cut(addr, ":")
	return port
}

// until asks again until ok, or ctx ends. what says what for.
func until(ctx context.Context, what string, ok func(ctx context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for !ok(ctx) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}
