package cluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"os/exec"
	"strings"
)

// Redis is a Redis server of our own: without persistence, with a password, on a port of its own.
type Redis struct {
	*Process
	Addr     string
	password string
	dir      string
	binary   string
}

// StartRedis runs the program binary ("" finds redis-server), with its data in dir.
func StartRedis(ctx context.Context, binary, dir string) (*Redis, error) {
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	if binary == "" {
		binary = "redis-server"
	}
	r := &Redis{Addr: addr, password: rand.Text(), dir: dir, binary: binary}
	return r, r.Start(ctx)
}

// Start runs the server, again after [Process.Stop] or [Process.Kill]: same address, same password, no data.
func (r *Redis) Start(ctx context.Context) (err error) {
	_, port, _ := strings.Cut(r.Addr, ":")
	cmd := exec.Command(r.binary, "-")
	// The configuration comes from standard input, so the password stands neither in a file nor in the process list.
	cmd.Stdin = strings.NewReader(fmt.Sprintf("port %s\nbind 127.0.0.1\nrequirepass %s\ndir %q\nsave \"\"\nappendonly no\n", port, r.password, r.dir))
	if r.Process, err = Start(r.dir, "redis", cmd); err != nil {
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
