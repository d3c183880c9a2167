package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// sentinelName is the name that the Sentinels have for the primary.
const sentinelName = "tetherscope"

// Sentinel is a primary, its replica and the Sentinels that promote it, all our own.
type Sentinel struct {
	Servers   [2]*Redis  // the first one is the primary at the start
	Sentinels []*Process // more than half of them must agree

	addrs []string // of the Sentinels
}

// SentinelConfig says what to start.
type SentinelConfig struct {
	Binary    string        // the program; "" finds redis-server
	Dir       string        // for logs and the Sentinels' own files
	Sentinels int           // default 3
	Timeout   time.Duration // after which a primary that is silent is taken for dead; default 1 s
}

// StartSentinel starts all of it and returns when a failover is possible.
func StartSentinel(ctx context.Context, c SentinelConfig) (_ *Sentinel, err error) {
	if c.Sentinels == 0 {
		c.Sentinels = 3
	}
	if c.Timeout == 0 {
		c.Timeout = time.Second
	}
	s, password := &Sentinel{}, rand.Text()
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if err := s.startServers(ctx, c, password); err != nil {
		return nil, err
	}
	for i := range c.Sentinels {
		if err := s.startSentinel(ctx, c, i, password); err != nil {
			return nil, err
		}
	}
	return s, s.ready(ctx)
}

// startServers starts the primary and its replica.
func (s *Sentinel) startServers(ctx context.Context, c SentinelConfig, password string) error {
	for i := range s.Servers {
		r, err := newRedis(c.Binary, c.Dir, fmt.Sprintf("redis%d", i+1), password)
		if err != nil {
			return err
		}
		r.more = fmt.Sprintf("masterauth %s\nrepl-ping-replica-period 1\nrepl-diskless-sync-delay 0\n", password)
		if i > 0 {
			r.more += "replicaof 127.0.0.1 " + portOf(s.Servers[0].Addr) + "\n"
		}
		if err := r.Start(ctx); err != nil {
			return err
		}
		s.Servers[i] = r
	}
	return until(ctx, "the replica has the primary's data", func(ctx context.Context) bool {
		info, _ := s.Servers[1].cli(ctx, "info", "replication")
		return strings.Contains(info, "master_link_status:up")
	})
}

// startSentinel starts one. Its configuration is a file, with the password, because a Sentinel writes into it what it learns.
func (s *Sentinel) startSentinel(ctx context.Context, c SentinelConfig, i int, password string) error {
	addr, err := freePort()
	if err != nil {
		return err
	}
	name := fmt.Sprintf("sentinel%d", i+1)
	file := filepath.Join(c.Dir, name+".conf")
	text := fmt.Sprintf("port %[1]s\nbind 127.0.0.1\ndir %[2]q\nsentinel monitor %[3]s 127.0.0.1 %[4]s %[5]d\nsentinel auth-pass %[3]s %[6]s\nsentinel down-after-milliseconds %[3]s %[7]d\nsentinel failover-timeout %[3]s %[8]d\n",
		portOf(addr), c.Dir, sentinelName, portOf(s.Servers[0].Addr), c.Sentinels/2+1, password, c.Timeout.Milliseconds(), 10*c.Timeout.Milliseconds())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	p, err := Start(c.Dir, name, exec.Command(s.Servers[0].binary, file, "--sentinel"))
	if err != nil {
		return err
	}
	s.Sentinels, s.addrs = append(s.Sentinels, p), append(s.addrs, addr)
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return p.ready(ctx, addr)
}

// ready waits until each Sentinel knows the replica and the others.
func (s *Sentinel) ready(ctx context.Context) error {
	for i, addr := range s.addrs {
		err := until(ctx, s.Sentinels[i].Name+" knows the replica and the others", func(ctx context.Context) bool {
			info, _ := ask(ctx, addr, "", "info", "sentinel")
			return strings.Contains(info, fmt.Sprintf("status=ok,address=%s,slaves=1,sentinels=%d", s.Servers[0].Addr, len(s.addrs)))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Primary returns which of the servers the Sentinels have for the primary.
func (s *Sentinel) Primary(ctx context.Context) (*Redis, error) {
	answer, err := ask(ctx, s.addrs[0], "", "sentinel", "get-master-addr-by-name", sentinelName)
	if err != nil {
		return nil, err
	}
	for _, r := range s.Servers {
		if f := strings.Fields(answer); len(f) == 2 && f[1] == portOf(r.Addr) {
			return r, nil
		}
	}
	return nil, fmt.Errorf("the Sentinel knows no primary of ours: %q", answer)
}

// URL is what a node needs. It holds the password.
func (s *Sentinel) URL() string {
	return "redis+sentinel://:" + s.Servers[0].password + "@" + strings.Join(s.addrs, ",") + "/" + sentinelName
}

// Stop ends all of it, the Sentinels first: they would promote the replica.
func (s *Sentinel) Stop() error {
	var errs []error
	for _, p := range s.Sentinels {
		errs = append(errs, p.Stop())
	}
	for _, r := range s.Servers {
		if r != nil {
			errs = append(errs, r.Stop())
		}
	}
	return errors.Join(errs...)
}
