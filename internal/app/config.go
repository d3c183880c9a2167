package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/tetherscope/tetherscope/internal/app/auth"
	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/internal/app/redis"
)

// Audience is the "aud" that tokens need unless the configuration names another.
const Audience = "tetherscope"

// Config says how an [App] behaves. The zero Config is valid: one node, loopback development without a login.
type Config struct {
	// Origins lists the web origins whose pages may connect, exactly as browsers write them: "https://chat.example".
	// An origin that is not listed is closed with 4000. [App.AllowOrigin] adds more later.
	Origins []string
	// Keys verify tokens. Empty: a random key of this run, so that only DevTokens and tickets admit clients.
	Keys []auth.Key
	// Audience is the "aud" that a token must include. Default [Audience].
	Audience string
	// Issuer is the "iss" that a token must have. Empty: not checked.
	Issuer string
	// DevTokens offers POST /app/dev-token, which signs a token for any name. Only requests from the same machine get
	// one. It needs an HS256 key.
	DevTokens bool
	// Revoked is the file in which tokens that a logout has revoked outlive the process, of this node alone; "": they are kept in memory.
	Revoked string
	// TrustedProxies lists the networks whose X-Forwarded-For is believed. Empty: none is believed.
	TrustedProxies []netip.Prefix
	// Broker joins this node with others. Default: [broker.NewMemory]. The App closes it.
	Broker broker.Broker
	// Sessions keeps the sessions of /ws/resume, which the server of the App serves and whose end closes it. Nil: in memory.
	Sessions *redis.Sessions
	// Node names this process in welcomes and logs, and among other nodes. Default: random. It must be unique.
	Node string
	// Log gets one line per event. Default: [slog.Default].
	Log *slog.Logger
	// Metrics gets the counters. Default: a set of its own.
	Metrics *metrics.Set
	// Limits bounds what clients can use up.
	Limits Limits
	// Heartbeat is the time between pings; a client that has not answered one by the next is terminated. Default 30 s.
	Heartbeat time.Duration
	// IdleTimeout closes a client that has sent no message for so long with 1001. 0: never.
	IdleTimeout time.Duration
	// Capture returns the number that a connection has in a capture of this server's traffic, so that its page can lead to it;
	// 0, or no function: it is in none.
	Capture func(*http.Request) uint32
	// AuthTimeout is how long a client with auth=message has for its first message. Default 10 s.
	AuthTimeout time.Duration
	// WriteTimeout is how long one message may take to leave. Default 10 s.
	WriteTimeout time.Duration
	// DrainSpread is the time over which a drained node's clients are asked to come back. Default 5 s.
	DrainSpread time.Duration
}

// Limits bounds what clients can use up. A limit of 0 means its default.
type Limits struct {
	Messages         int           // messages of one client within Period; one more closes it with 4003. Default 10
	Period           time.Duration // default 1 s
	AddressMessages  int           // messages per second of one address over all its clients. Default 200
	AddressDials     int           // handshakes per second of one address; more get HTTP 429. Default 50
	AddressClients   int           // connections of one address at once; more get HTTP 429. Default 500
	Clients          int           // connections of all; more get HTTP 503. Default 20,000
	MessageBytes     int64         // bytes of one chat message, inflated. Default 65,536
	BinaryBytes      int64         // bytes of one message on /ws/bin, inflated. Default 1 MiB
	Fragments        int           // frames of one message. Default 4,096
	OutboxMessages   int           // messages that wait for one client; more disconnect it with 1013. Default 1,024
	OutboxBytes      int           // bytes that wait for one client. Default 1 MiB
	CompressFrom     int           // bytes from which a message is compressed. Default 1,024
	PerAddressTables int           // addresses remembered at once. Default 10,000
}

// withDefaults returns c with everything filled in that was left at zero, or what is wrong with it.
func (c Config) withDefaults() (Config, error) {
	c.Limits = c.Limits.withDefaults()
	orDefault(&c.Audience, Audience)
	orDefault(&c.Node, newID()[:8])
	orDefault(&c.Heartbeat, 30*time.Second)
	orDefault(&c.AuthTimeout, 10*time.Second)
	orDefault(&c.WriteTimeout, 10*time.Second)
	orDefault(&c.DrainSpread, 5*time.Second)
	if c.Heartbeat < 0 || c.IdleTimeout < 0 || c.AuthTimeout < 0 || c.WriteTimeout < 0 || c.DrainSpread < 0 {
		return c, errors.New("app: a duration is negative")
	}
	for _, o := range c.Origins {
		if err := checkOrigin(o); err != nil {
			return c, err
		}
	}
	if len(c.Keys) == 0 {
		key, err := auth.NewSecret("run", []byte(newID()+newID()))
		if err != nil {
			return c, err
		}
		c.Keys = []auth.Key{key}
	}
	if c.DevTokens && !hasSecret(c.Keys) {
		return c, errors.New("app: development tokens need an HS256 key to sign with: leave them out, or add a secret")
	}
	if c.Broker == nil {
		c.Broker = broker.NewMemory()
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Metrics == nil {
		c.Metrics = metrics.NewSet()
	}
	return c, c.Limits.check()
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.Messages, 10)
	orDefault(&l.Period, time.Second)
	orDefault(&l.AddressMessages, 200)
	orDefault(&l.AddressDials, 50)
	orDefault(&l.AddressClients, 500)
	orDefault(&l.Clients, 20000)
	orDefault(&l.MessageBytes, 64<<10)
	orDefault(&l.BinaryBytes, 1<<20)
	orDefault(&l.Fragments, 4096)
	orDefault(&l.OutboxMessages, 1024)
	orDefault(&l.OutboxBytes, 1<<20)
	orDefault(&l.CompressFrom, 1024)
	orDefault(&l.PerAddressTables, 10000)
	return l
}

// check refuses negative limits: there is no way to have none.
func (l Limits) check() error {
	for name, v := range map[string]int64{
		"Messages": int64(l.Messages), "Period": int64(l.Period), "AddressMessages": int64(l.AddressMessages),
		"AddressDials": int64(l.AddressDials), "AddressClients": int64(l.AddressClients), "Clients": int64(l.Clients),
		"MessageBytes": l.MessageBytes, "BinaryBytes": l.BinaryBytes, "Fragments": int64(l.Fragments),
		"OutboxMessages": int64(l.OutboxMessages), "OutboxBytes": int64(l.OutboxBytes),
		"CompressFrom": int64(l.CompressFrom), "PerAddressTables": int64(l.PerAddressTables),
	} {
		if v < 0 {
			return fmt.Errorf("app: limit %s is %d: it must be positive, or 0 for its default", name, v)
		}
	}
	return nil
}

func orDefault[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

func hasSecret(keys []auth.Key) bool {
	for _, k := range keys {
		if k.Algorithm == auth.HS256 {
			return true
		}
	}
	return false
}
