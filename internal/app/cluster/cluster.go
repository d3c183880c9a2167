package cluster

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// Config says what to start.
type Config struct {
	Dir     string        // where logs, sockets and configuration go; must exist
	Addr    string        // where the front listens, on loopback; "" picks a free port
	Nodes   int           // how many; default 3
	Timeout time.Duration // of nginx for a connection on which nothing passes; default 24 h
	// Node returns the command of node i, which is to listen on addr, use the Redis at redisURL, and be called by pages
	// of the origin front.
	Node func(i int, addr, redisURL, front string) *exec.Cmd

	RedisServer, Nginx string // programs; "" finds them
}

// Cluster is Redis, nodes and nginx, running.
type Cluster struct {
	URL   string // http://127.0.0.1:port
	Redis *Redis
	Nodes []*Process
	Addrs []string // of the nodes
	Nginx *Nginx
}

// Run starts everything that c says and returns when all of it can be reached. On an error nothing is left running.
func Run(ctx context.Context, c Config) (_ *Cluster, err error) {
	if c.Nodes == 0 {
		c.Nodes = 3
	}
	if c.Addr == "" {
		if c.Addr, err = freePort(); err != nil {
			return nil, err
		}
	}
	k := &Cluster{URL: "http://" + c.Addr}
	defer func() {
		if err != nil {
			err = errors.Join(err, k.Stop())
		}
	}()
	if k.Redis, err = StartRedis(ctx, c.RedisServer, c.Dir); err != nil {
		return nil, err
	}
	for i := range c.Nodes {
		if err := k.startNode(ctx, c, i); err != nil {
			return nil, err
		}
	}
	k.Nginx, err = StartNginx(ctx, c.Nginx, c.Dir, c.Addr, k.Addrs, c.Timeout)
	return k, err
}

func (k *Cluster) startNode(ctx context.Context, c Config, i int) error {
	addr, err := freePort()
	if err != nil {
		return err
	}
	p, err := Start(c.Dir, fmt.Sprintf("node%d", i+1), c.Node(i, addr, k.Redis.URL(), k.URL))
	if err != nil {
		return err
	}
	k.Nodes, k.Addrs = append(k.Nodes, p), append(k.Addrs, addr)
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return p.ready(ctx, addr)
}

// Stop ends everything, the front first: nobody is sent to a node that is gone.
func (k *Cluster) Stop() error {
	var errs []error
	if k.Nginx != nil {
		errs = append(errs, k.Nginx.Stop())
	}
	for _, n := range k.Nodes {
		errs = append(errs, n.Stop())
	}
	if k.Redis != nil && k.Redis.Process != nil {
		errs = append(errs, k.Redis.Stop())
	}
	return errors.Join(errs...)
}
