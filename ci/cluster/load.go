//go:build !js

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/app/auth"
	"github.com/tetherscope/tetherscope/internal/app/cluster"
)

// faultEvery is the time between two faults of -load, in which its users come back and its accounts are printed.
const faultEvery = 10 * time.Second

// tokens returns how users of the load log in: with tokens signed with the secret of the nodes.
func tokens(secret string) (func(context.Context, string) (string, error), error) {
	key, err := auth.NewSecret("secret", []byte(secret))
	if err != nil {
		return nil, err
	}
	v, err := auth.NewVerifier(auth.Options{Keys: []auth.Key{key}, Audience: app.Audience})
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, user string) (string, error) { return v.Issue(user, time.Now(), time.Hour) }, nil
}

// suffer lets users talk while nodes are killed and stopped, Redis restarts and nginx reloads, in a random order, and prints the
// accounts of every delivery after each fault, until ctx ends.
func suffer(ctx context.Context, c *cluster.Cluster, clients int, secret string) error {
	token, err := tokens(secret)
	if err != nil {
		return err
	}
	load := &cluster.Load{URL: c.URL, Clients: clients, Every: time.Second, Token: token}
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { load.Run(ctx) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(faultEvery):
		}
		i := rand.IntN(len(c.Nodes))
		name, do := fault(c, i)
		if err := do(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Printf("%-22s %v\n", name, load.Account())
	}
}

// fault draws what happens next, to node i if it is one that happens to a node.
func fault(c *cluster.Cluster, i int) (name string, do func(ctx context.Context) error) {
	node := c.Nodes[i]
	switch rand.IntN(4) {
	case 0:
		return node.Name + " killed", func(ctx context.Context) error { node.Kill(); return c.StartNode(ctx, i, i) }
	case 1:
		return node.Name + " stopped", func(ctx context.Context) error {
			if err := node.Stop(); err != nil {
				return err
			}
			return c.StartNode(ctx, i, i)
		}
	case 2:
		return "Redis killed", c.FailRedis
	}
	return "nginx reloaded", func(context.Context) error { return c.Nginx.Reload() }
}
