package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// RedisCluster is a Redis Cluster of our own: primaries that share the slots evenly, and for each a replica if there are to be any.
type RedisCluster struct {
	Primaries, Replicas []*Redis // as they were at the start; a replica may be promoted

	failed int // where failOver looks for the next primary
}

// slots is the number of slots of every Cluster.
const slots = 16384

// RedisClusterConfig says what a Cluster is made of.
type RedisClusterConfig struct {
	Binary    string        // the program; "" finds redis-server
	Dir       string        // for logs and what the servers know of one another
	Primaries int           // default 3
	Replicas  bool          // a replica of each primary
	Timeout   time.Duration // after which a server that is silent is taken for dead; default 1 s
}

// StartRedisCluster starts a Cluster and returns when every server knows that it is complete.
func StartRedisCluster(ctx context.Context, c RedisClusterConfig) (_ *RedisCluster, err error) {
	if c.Primaries == 0 {
		c.Primaries = 3
	}
	if c.Timeout == 0 {
		c.Timeout = time.Second
	}
	k, password := &RedisCluster{}, rand.Text()
	defer func() {
		if err != nil {
			err = errors.Join(err, k.Stop())
		}
	}()
	for i := range c.Primaries {
		if err := k.add(ctx, c, &k.Primaries, fmt.Sprintf("redis%d", i+1), password); err != nil {
			return nil, err
		}
	}
	for i := 0; c.Replicas && i < c.Primaries; i++ {
		if err := k.add(ctx, c, &k.Replicas, fmt.Sprintf("replica%d", i+1), password); err != nil {
			return nil, err
		}
	}
	return k, k.form(ctx)
}

// add starts one server.
func (k *RedisCluster) add(ctx context.Context, c RedisClusterConfig, list *[]*Redis, name, password string) error {
	r, err := newRedis(c.Binary, c.Dir, name, password)
	if err != nil {
		return err
	}
	bus, err := freePort()
	if err != nil {
		return err
	}
	r.bus = bus
	r.more = fmt.Sprintf("masterauth %s\ncluster-enabled yes\ncluster-port %s\ncluster-config-file %s.nodes\ncluster-node-timeout %d\nrepl-ping-replica-period 1\nrepl-diskless-sync-delay 0\n",
		password, portOf(bus), name, c.Timeout.Milliseconds())
	if err := r.Start(ctx); err != nil {
		return err
	}
	*list = append(*list, r)
	return nil
}

// form gives the primaries their slots and replicas, and lets the servers meet.
func (k *RedisCluster) form(ctx context.Context) error {
	for i, r := range k.Primaries {
		first, after := i*slots/len(k.Primaries), (i+1)*slots/len(k.Primaries)
		if _, err := r.cli(ctx, "cluster", "addslotsrange", strconv.Itoa(first), strconv.Itoa(after-1)); err != nil {
			return err
		}
	}
	for i, r := range k.servers() { // each has an epoch of its own from the start, so that none has to be negotiated
		if _, err := r.cli(ctx, "cluster", "set-config-epoch", strconv.Itoa(i+1)); err != nil {
			return err
		}
	}
	for _, r := range k.servers()[1:] {
		if _, err := r.cli(ctx, "cluster", "meet", "127.0.0.1", portOf(k.Primaries[0].Addr), portOf(k.Primaries[0].bus)); err != nil {
			return err
		}
	}
	if err := k.complete(ctx); err != nil {
		return err
	}
	for i, r := range k.Replicas {
		id, err := k.Primaries[i].cli(ctx, "cluster", "myid")
		if err == nil {
			_, err = r.cli(ctx, "cluster", "replicate", strings.TrimSpace(id))
		}
		if err != nil {
			return err
		}
	}
	for i, r := range k.Replicas {
		err := until(ctx, "every server knows "+r.name, func(ctx context.Context) bool {
			info, _ := r.cli(ctx, "info", "replication")
			return strings.Contains(info, "master_link_status:up") && k.knows(ctx, i)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// complete waits until every server knows all others, and that every slot has a primary.
func (k *RedisCluster) complete(ctx context.Context) error {
	known := fmt.Sprintf("cluster_known_nodes:%d\r", len(k.servers()))
	for _, r := range k.servers() {
		err := until(ctx, r.name+" knows that the Cluster is complete", func(ctx context.Context) bool {
			info, _ := r.cli(ctx, "cluster", "info")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, known)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// knows reports whether every server knows that replica i is one.
func (k *RedisCluster) knows(ctx context.Context, i int) bool {
	for _, r := range k.servers() {
		nodes, err := r.cli(ctx, "cluster", "nodes")
		if err != nil || strings.Count(nodes, "slave") <= i {
			return false
		}
	}
	return true
}

func (k *RedisCluster) servers() []*Redis {
	return append(append([]*Redis{}, k.Primaries...), k.Replicas...)
}

// URL is what a node needs. It holds the password.
func (k *RedisCluster) URL() string {
	var addrs []string
	for _, r := range k.servers() {
		addrs = append(addrs, r.Addr)
	}
	return "redis+cluster://:" + k.Primaries[0].password + "@" + strings.Join(addrs, ",")
}

// Stop ends every server.
func (k *RedisCluster) Stop() error {
	var errs []error
	for _, r := range k.servers() {
		errs = append(errs, r.Stop())
	}
	return errors.Join(errs...)
}
