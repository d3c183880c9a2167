package redis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// redisRun returns the id that the Redis process drew when it started: another one has no subscriptions yet, and perhaps no data.
// In a Cluster it is made of the ids of all primaries.
func (b *Broker) redisRun(ctx context.Context) (string, error) {
	if b.cluster == nil {
		return runOf(ctx, b.client, b.target.many != nil)
	}
	var mu sync.Mutex
	var runs []string
	err := b.cluster.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error {
		run, err := runOf(ctx, c, true)
		mu.Lock()
		defer mu.Unlock()
		runs = append(runs, run)
		return err
	})
	if err != nil {
		return "", err
	}
	slices.Sort(runs)
	sum := sha256.Sum256([]byte(strings.Join(runs, " ")))
	return hex.EncodeToString(sum[:20]), nil
}

// runOf asks one process. A URL that names one server must not lead to a Sentinel or into a Cluster, unless that was asked for: much would
// seem to work.
func runOf(ctx context.Context, c redis.Cmdable, asked bool) (string, error) {
	info, err := c.Info(ctx, "server").Result()
	if err != nil {
		return "", err
	}
	if mode := infoField(info, "redis_mode"); !asked && mode != "" && mode != "standalone" {
		return "", fmt.Errorf("this is Redis %s: begin the URL with redis+%s://", strings.ToUpper(mode[:1])+mode[1:], mode)
	}
	if run := infoField(info, "run_id"); validNode(run) {
		return run, nil
	}
	return "", errors.New("redis: INFO server has no run_id")
}

// infoField returns a field of what INFO answers, "" if it is not there.
func infoField(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
