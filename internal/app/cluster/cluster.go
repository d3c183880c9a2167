package cluster

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"time"
)

// Config says what to start.
type Config struct {
	Dir     string        // where logs, sockets and configuration go; must exist
	Addr    string        // where the front listens, on loopback; "" picks a free port
	Nodes   int           // how many; default 3
	Kind    Kind          // how Redis is run
	Timeout time.Duration // of nginx for a connection on which nothing passes; default 24 h
	// Node returns the command of node i, which is to listen on addr, use the Redis at redisURL, and be called by pages
	// of the origin front.
	Node func(i int, addr, redisURL, front string) *exec.Cmd

	RedisServer, Nginx string // programs; "" finds them
}

// Cluster is Redis, nodes and nginx, running.
type Cluster struct {
	URL   string // http://127.0.0.1:port
	Redis *Redis // of one server; nil if there are several
	Nodes []*Process
	Addrs []string // of the nodes
	Nginx *Nginx

	Sentinel     *Sentinel     // if Redis is run so
	RedisCluster *RedisCluster // if Redis is run so

	config Config
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
	k := &Cluster{URL: "http://" + c.Addr, config: c}
	defer func() {
		if err != nil {
			err = errors.Join(err, k.Stop())
		}
	}()
	if err = k.startRedis(ctx); err != nil {
		return nil, err
	}
	for i := range c.Nodes {
		if err := k.addNode(ctx, i); err != nil {
			return nil, err
		}
	}
	k.Nginx, err = StartNginx(ctx, c.Nginx, c.Dir, c.Addr, k.Addrs, c.Timeout)
	return k, err
}

func (k *Cluster) addNode(ctx context.Context, i int) error {
	addr, err := freePort()
	if err != nil {
		return err
	}
	k.Nodes, k.Addrs = append(k.Nodes, nil), append(k.Addrs, addr)
	return k.StartNode(ctx, i, i)
}

// startTimeout is how long a node may take to listen, on a machine that does much else.
const startTimeout = 2 * time.Minute

// StartNode starts a node at the address of node i, which has ended, and returns when it can be reached. It is the node as,
// as Config.Node counts them: i for the one that ended, another number for one of another name.
func (k *Cluster) StartNode(ctx context.Context, i, as int) error {
	p, err := Start(k.config.Dir, fmt.Sprintf("node%d", as+1), k.config.Node(as, k.Addrs[i], k.RedisURL(), k.URL))
	if err != nil {
		return err
	}
	k.Nodes[i] = p
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return p.ready(ctx, k.Addrs[i])
}

// Stop ends everything, the front first: no client is sent to a node that is gone.
func (k *Cluster) Stop() error {
	var errs []error
	if k.Nginx != nil {
		errs = append(errs, k.Nginx.Stop())
	}
	errs = append(errs, k.stopNodes()...)
	return errors.Join(append(errs, k.stopRedis())...)
}

// stopNodes stops all nodes at once.
func (k *Cluster) stopNodes() []error {
	errs := make([]error, len(k.Nodes))
	var all sync.WaitGroup
	for i, n := range k.Nodes {
		all.Go(func() { errs[i] = n.Stop() })
	}
	all.Wait()
	return errs
}
