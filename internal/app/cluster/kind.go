package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind is how Redis is run.
type Kind string

// Kinds.
const (
	KindSingle   Kind = ""         // one server, without persistence
	KindSentinel Kind = "sentinel" // a primary, a replica and three Sentinels
	KindCluster  Kind = "cluster"  // three primaries, each with a replica
)

// startRedis starts Redis as the configuration says.
func (k *Cluster) startRedis(ctx context.Context) (err error) {
	switch c := k.config; c.Kind {
	case KindSingle:
		k.Redis, err = StartRedis(ctx, c.RedisServer, c.Dir)
	case KindSentinel:
		k.Sentinel, err = StartSentinel(ctx, SentinelConfig{Binary: c.RedisServer, Dir: c.Dir})
	case KindCluster:
		k.RedisCluster, err = StartRedisCluster(ctx, RedisClusterConfig{Binary: c.RedisServer, Dir: c.Dir, Replicas: true})
	default:
		err = fmt.Errorf("kind of Redis %q: use sentinel, cluster, or none for one server", c.Kind)
	}
	return err
}

// RedisURL is what a node needs. It holds the password.
func (k *Cluster) RedisURL() string {
	switch {
	case k.Sentinel != nil:
		return k.Sentinel.URL()
	case k.RedisCluster != nil:
		return k.RedisCluster.URL()
	}
	return k.Redis.URL()
}

// RedisAt says where Redis is, without the password.
func (k *Cluster) RedisAt() string {
	switch {
	case k.Sentinel != nil:
		return fmt.Sprintf("%s and its replica, known to %d Sentinels", k.Sentinel.Servers[0].Addr, len(k.Sentinel.Sentinels))
	case k.RedisCluster != nil:
		var addrs []string
		for _, r := range k.RedisCluster.Primaries {
			addrs = append(addrs, r.Addr)
		}
		return "the Cluster of " + strings.Join(addrs, ", ") + " and a replica of each"
	}
	return k.Redis.Addr
}

// FailRedis kills a primary and starts it again: without data, or as a replica when its own has been promoted.
func (k *Cluster) FailRedis(ctx context.Context) error {
	switch {
	case k.Sentinel != nil:
		return k.Sentinel.failOver(ctx)
	case k.RedisCluster != nil:
		return k.RedisCluster.failOver(ctx)
	}
	k.Redis.Kill()
	return k.Redis.Start(ctx)
}

// stopRedis ends what startRedis started.
func (k *Cluster) stopRedis() error {
	var errs []error
	if k.Redis != nil && k.Redis.Process != nil {
		errs = append(errs, k.Redis.Stop())
	}
	if k.Sentinel != nil {
		errs = append(errs, k.Sentinel.Stop())
	}
	if k.RedisCluster != nil {
		errs = append(errs, k.RedisCluster.Stop())
	}
	return errors.Join(errs...)
}

// failOver kills the primary, waits until the replica is promoted, and starts it again, as its replica.
func (s *Sentinel) failOver(ctx context.Context) error {
	old, err := s.Primary(ctx)
	if err != nil {
		return err
	}
	old.Kill()
	err = until(ctx, "the Sentinels promote the replica", func(ctx context.Context) bool {
		now, err := s.Primary(ctx)
		return err == nil && now != old
	})
	if err != nil {
		return err
	}
	if err := old.Start(ctx); err != nil {
		return err
	}
	return old.replicates(ctx)
}

// replicates waits until the server is a replica and has its primary's data.
func (r *Redis) replicates(ctx context.Context) error {
	return until(ctx, r.name+" is a replica", func(ctx context.Context) bool {
		info, _ := r.cli(ctx, "info", "replication")
		return strings.Contains(info, "master_link_status:up")
	})
}

// failOver kills a primary, waits until its replica is promoted, and starts it again, as its replica.
func (k *RedisCluster) failOver(ctx context.Context) error {
	old, rest := k.choose(ctx)
	if old == nil {
		return errors.New("the Cluster has no primary")
	}
	old.Kill()
	err := until(ctx, "the Cluster promotes the replica of "+old.name, func(ctx context.Context) bool {
		nodes, _ := rest.cli(ctx, "cluster", "nodes")
		for line := range strings.Lines(nodes) {
			if f := strings.Fields(line); len(f) >= 8 && strings.HasPrefix(f[1], old.Addr+"@") {
				return strings.HasSuffix(f[2], ",fail") && len(f) == 8 // it has no slots any more
			}
		}
		return false
	})
	if err != nil {
		return err
	}
	if err := old.Start(ctx); err != nil {
		return err
	}
	return old.replicates(ctx)
}

// choose returns a primary, another one each time, and any other server.
func (k *RedisCluster) choose(ctx context.Context) (primary, rest *Redis) {
	all := k.servers()
	for i := range all {
		r := all[(k.failed+i)%len(all)]
		if info, _ := r.cli(ctx, "info", "replication"); strings.Contains(info, "role:master") {
			k.failed = (k.failed + i + 1) % len(all)
			return r, all[k.failed]
		}
	}
	return nil, nil
}
