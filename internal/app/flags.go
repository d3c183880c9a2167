package app

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/auth"
	"github.com/tetherscope/tetherscope/internal/app/redis"
)

// Flags are the part of a [Config] that is set on a command line.
type Flags struct {
	Log    *slog.Logger // of what Config makes; nil: [slog.Default]
	cfg    Config
	redis  string
	secret string
	public []auth.Key
}

// Register adds the application's flags to set. Names do not collide with those of a server's own address and assets.
func (f *Flags) Register(set *flag.FlagSet) {
	c := &f.cfg
	set.StringVar(&f.redis, "redis", "", "join other nodes through the Redis at `url` (redis://user:password@host:port/db, redis+sentinel://host:port,host:port/NAME or redis+cluster://host:port,host:port), and keep the sessions of /ws/resume there; set it in the environment if it has a password. Without it: one node")
	set.StringVar(&c.Node, "node", "", "`name` of this node among others; must be unique (default random)")
	set.StringVar(&f.secret, "jwt-secret", "", "HS256 `secret` of at least 32 bytes that tokens of /ws/chat are signed with; set it in the environment, where no process list shows it")
	set.Func("jwt-key", "public key that tokens are signed with, as `id=file.pem`: RSA (RS256) or Ed25519 (EdDSA); may be repeated", f.addPublic)
	set.StringVar(&c.Audience, "jwt-audience", Audience, "audience (`aud`) that a token must name")
	set.StringVar(&c.Issuer, "jwt-issuer", "", "issuer (`iss`) that a token must name; empty: any")
	set.BoolVar(&c.DevTokens, "dev-tokens", false, "let pages on this machine log in to the chat under any name, without a password")
	set.StringVar(&c.Revoked, "revoked", "", "`file` in which tokens of users who have logged out stay revoked when this server restarts; each node has its own. Without it they are valid again then")
	set.Func("trusted-proxy", "`network` of proxies whose X-Forwarded-For is trusted, such as 127.0.0.1/32; may be repeated", f.addProxy)
	set.IntVar(&c.Limits.Messages, "rate", 10, "`messages` that a client may send per second; more close it with 4003")
	set.IntVar(&c.Limits.AddressMessages, "address-rate", 200, "`messages` per second of one address over all its clients")
	set.IntVar(&c.Limits.AddressClients, "address-clients", 500, "`connections` of one address at once")
	set.IntVar(&c.Limits.AddressDials, "address-dials", 50, "`handshakes` per second of one address")
	set.IntVar(&c.Limits.Clients, "max-clients", 20000, "`connections` of the application at once")
	set.DurationVar(&c.Heartbeat, "heartbeat", 30*time.Second, "`time` between pings to the application's clients")
	set.DurationVar(&c.IdleTimeout, "idle-timeout", 0, "`time` after which a client that sends nothing is disconnected; 0: never")
	set.DurationVar(&c.DrainSpread, "drain-spread", 5*time.Second, "`time` over which the reconnects of clients are spread when the server stops")
}

// Config returns what the flags say. Its broker is not connected: [New] does that.
func (f *Flags) Config() (Config, error) {
	c := f.cfg
	if err := f.check(); err != nil {
		return c, err
	}
	c.Log = f.Log
	c.Keys = append(c.Keys, f.public...)
	if f.secret != "" {
		key, err := auth.NewSecret("secret", []byte(f.secret))
		if err != nil {
			return c, fmt.Errorf("-jwt-secret: %w", err)
		}
		c.Keys = append(c.Keys, key)
	}
	if f.redis == "" {
		return c, nil
	}
	if len(c.Keys) == 0 {
		return c, errors.New("-redis joins nodes, and a token has to be valid on all of them: give every node the same -jwt-secret or -jwt-key")
	}
	b, err := redis.New(f.redis, redis.Options{Log: c.Log})
	if err != nil {
		return c, fmt.Errorf("-redis: %w", err)
	}
	c.Broker = b
	if c.Sessions, err = redis.NewSessions(f.redis); err != nil {
		return c, fmt.Errorf("-redis: %w", err)
	}
	return c, nil
}

// check refuses values that [Config] would take for its defaults, or refuse without the name of a flag.
func (f *Flags) check() error {
	l := f.cfg.Limits
	for _, n := range []struct {
		flag  string
		value int
	}{
		{"rate", l.Messages},
		{"address-rate", l.AddressMessages},
		{"address-clients", l.AddressClients},
		{"address-dials", l.AddressDials},
		{"max-clients", l.Clients},
	} {
		if n.value < 1 {
			return fmt.Errorf("-%s %d: it must be at least 1; there is no way to have no limit", n.flag, n.value)
		}
	}
	switch {
	case f.cfg.Heartbeat <= 0:
		return fmt.Errorf("-heartbeat %v: it must be more than 0, such as 30s", f.cfg.Heartbeat)
	case f.cfg.DrainSpread <= 0:
		return fmt.Errorf("-drain-spread %v: it must be more than 0, such as 5s", f.cfg.DrainSpread)
	case f.cfg.IdleTimeout < 0:
		return fmt.Errorf("-idle-timeout %v: it must be positive, such as 10m, or 0 for never", f.cfg.IdleTimeout)
	}
	return nil
}

func (f *Flags) addPublic(s string) error {
	id, file, ok := strings.Cut(s, "=")
	if !ok || id == "" {
		return errors.New("write it as id=file.pem")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	key, err := auth.ParsePublic(id, text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	f.public = append(f.public, key)
	return nil
}

func (f *Flags) addProxy(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		p, err := netip.ParsePrefix(strings.TrimSpace(part))
		if err != nil {
			return fmt.Errorf("write it as 127.0.0.1/32: %w", err)
		}
		f.cfg.TrustedProxies = append(f.cfg.TrustedProxies, p)
	}
	return nil
}
