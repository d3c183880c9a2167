//go:build !js

// Command cluster runs the example application as in production, on this machine: Redis, three nodes of bin/tetherscope,
// and nginx in front, all on loopback. It prints the one URL and stops everything on Ctrl-C. `make cluster`
// builds the nodes and starts it.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	addr := flag.String("addr", "127.0.0.1:7320", "`host:port` on loopback that nginx listens on")
	nodes := flag.Int("nodes", 3, "`number` of nodes")
	program := flag.String("program", "bin/tetherscope", "`file` that the nodes run")
	load := flag.Int("load", 0, "`number` of users who talk while nodes are killed, Redis restarts and nginx reloads; the accounts of every delivery are printed")
	var kind cluster.Kind
	flag.BoolFunc("sentinel", "run Redis as a primary and a replica that three Sentinels know", choose(&kind, cluster.KindSentinel))
	flag.BoolFunc("cluster", "run Redis as a Cluster of three primaries, each with a replica", choose(&kind, cluster.KindCluster))
	flag.Parse()
	path, err := filepath.Abs(*program)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return fmt.Errorf("%w: build it first (make cluster does)", err)
	}
	dir, err := os.MkdirTemp("", "tetherscope-cluster-")
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o711); err != nil { // nginx' workers run as another user and pass through
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	secret := rand.Text() + rand.Text()
	c, err := cluster.Run(ctx, cluster.Config{Dir: dir, Addr: *addr, Nodes: *nodes, Kind: kind, Node: node(path, secret, *load > 0)})
	if err != nil {
		return fmt.Errorf("%w\nlogs are in %s", err, dir)
	}
	fmt.Printf("\n  %s/chat.html\n\n  %d nodes behind nginx, joined by Redis at %s; logs in %s\n  Ctrl-C stops all of it.\n", c.URL, *nodes, c.RedisAt(), dir)
	if *load > 0 {
		if err := suffer(ctx, c, *load, secret); err != nil {
			return errors.Join(err, c.Stop())
		}
	}
	<-ctx.Done()
	stop() // a second Ctrl-C ends this program at once
	fmt.Println("stopping")
	return errors.Join(c.Stop(), os.RemoveAll(dir))
}

// choose returns the flag for a kind of Redis, of which there is one.
func choose(kind *cluster.Kind, of cluster.Kind) func(string) error {
	return func(string) error {
		if *kind != cluster.KindSingle && *kind != of {
			return errors.New("-sentinel and -cluster exclude each other")
		}
		*kind = of
		return nil
	}
}

// node returns how a node is started. What is secret goes through the environment, where no process list shows it.
func node(path, secret string, load bool) func(int, string, string, string) *exec.Cmd {
	return func(i int, addr, redisURL, front string) *exec.Cmd {
		cmd := exec.Command(path, "-addr", addr, "-node", fmt.Sprintf("node%d", i+1), "-allow-origin", front,
			"-trusted-proxy", "127.0.0.1/32", "-dev-tokens")
		if load {
			cmd.Args = append(cmd.Args, cluster.LoadFlags()...)
		}
		cmd.Env = append(os.Environ(), "TETHERSCOPE_REDIS="+redisURL, "TETHERSCOPE_JWT_SECRET="+secret)
		return cmd
	}
}
