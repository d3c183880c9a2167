package redis

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// maxAddrs bounds the addresses in one URL.
const maxAddrs = 64

// stateReload is how old a Cluster's client lets its map of the slots become while it is used: a primary that has died does not redirect.
const stateReload = 2 * time.Second

// usage is what an error about a URL ends with.
const usage = "write redis://user:password@host:port/db, redis+sentinel://user:password@host:port,host:port/NAME/db, or " +
	"redis+cluster://user:password@host:port,host:port; rediss, rediss+sentinel or rediss+cluster for TLS"

// target is what a URL names: one server, one that Sentinels know by a name, or a Cluster.
type target struct {
	single *redis.Options          // one server
	many   *redis.UniversalOptions // Sentinel or Cluster
}

// parseURL never shows the URL in its error, which may hold a password.
func parseURL(text string) (t target, err error) {
	scheme, rest, _ := strings.Cut(text, "://")
	switch kind := strings.TrimPrefix(strings.TrimPrefix(scheme, "rediss"), "redis"); kind {
	case "+sentinel", "+cluster":
		if t.many, err = parseMany(rest, kind == "+sentinel"); err != nil {
			return t, fmt.Errorf("redis: the URL is not valid: %w: %s", err, usage)
		}
		if strings.HasPrefix(scheme, "rediss") {
			t.many.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12} // the name is that of the address that is dialed
		}
		return t, nil
	}
	if t.single, err = redis.ParseURL(text); err != nil {
		return t, errors.New("redis: the URL is not valid: " + usage)
	}
	return t, nil
}

// parseMany reads what follows the scheme of a Sentinel's or Cluster's URL.
func parseMany(rest string, sentinel bool) (*redis.UniversalOptions, error) {
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	user, hosts := "", authority
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, hosts = authority[:i+1], authority[i+1:]
	}
	o := &redis.UniversalOptions{IsClusterMode: !sentinel}
	if u, err := url.Parse("redis://" + user + "host"); err == nil {
		o.Username = u.User.Username()
		o.Password, _ = u.User.Password()
	} else {
		return nil, errors.New("user and password are not percent-encoded")
	}
	port := "6379"
	if sentinel {
		port = "26379"
	}
	var err error
	if o.Addrs, err = parseAddrs(hosts, port); err != nil {
		return nil, err
	}
	if err := parsePath(o, path, sentinel); err != nil {
		return nil, err
	}
	return o, parseQuery(o, query, sentinel)
}

// parseAddrs reads addresses with commas between them; port is that of those without one.
func parseAddrs(hosts, port string) (list []string, err error) {
	for addr := range strings.SplitSeq(hosts, ",") {
		u, err := url.Parse("redis://" + addr)
		if err != nil || u.Hostname() == "" || u.User != nil || u.Host != addr {
			return nil, errors.New("an address is not host:port")
		}
		p := u.Port()
		if p == "" {
			p = port
		}
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return nil, errors.New("a port is not a number from 1 to 65535")
		}
		list = append(list, net.JoinHostPort(u.Hostname(), p))
	}
	if len(list) > maxAddrs {
		return nil, fmt.Errorf("%d addresses, and %d is the most", len(list), maxAddrs)
	}
	return list, nil
}

// parsePath reads the name that Sentinels have for the server and the database.
func parsePath(o *redis.UniversalOptions, path string, sentinel bool) (err error) {
	f := strings.Split(strings.TrimSuffix(path, "/"), "/")
	if !sentinel {
		if path != "" && path != "0" && path != "/" {
			return errors.New("a Cluster has one database, 0, and no name")
		}
		return nil
	}
	if o.MasterName, err = url.PathUnescape(f[0]); err != nil || o.MasterName == "" {
		return errors.New("the name is missing that the Sentinels have for the server")
	}
	switch len(f) {
	case 1:
		return nil
	case 2:
		if o.DB, err = strconv.Atoi(f[1]); err == nil && o.DB >= 0 {
			return nil
		}
	}
	return errors.New("the database is not a number")
}

// parseQuery reads the login at the Sentinels, where it is not the server's.
func parseQuery(o *redis.UniversalOptions, query string, sentinel bool) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("the query is not valid")
	}
	for name, v := range values {
		switch {
		case sentinel && name == "sentinel_username" && len(v) == 1:
			o.SentinelUsername = v[0]
		case sentinel && name == "sentinel_password" && len(v) == 1:
			o.SentinelPassword = v[0]
		case sentinel:
			return errors.New("only sentinel_username and sentinel_password may follow the ?")
		default:
			return errors.New("nothing may follow the ?")
		}
	}
	return nil
}

// Open returns a client for what url names. It does not connect.
func Open(url string) (redis.UniversalClient, error) {
	t, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	return t.open(), nil
}

// off: maintenance notifications are for Redis Enterprise.
func off() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

// open returns a client with the defaults of go-redis.
func (t target) open() redis.UniversalClient {
	if t.single != nil {
		t.single.MaintNotificationsConfig = off()
		return redis.NewClient(t.single)
	}
	t.many.MaintNotificationsConfig = off()
	if !t.many.IsClusterMode {
		return redis.NewUniversalClient(t.many)
	}
	o := t.many.Cluster()
	o.ClusterStateReloadInterval = stateReload
	return redis.NewClusterClient(o)
}

// openForMessages returns a client that tries nothing twice: a message that was retried could arrive twice. An answer takes timeout at most.
func (t target) openForMessages(timeout time.Duration) redis.UniversalClient {
	if o := t.single; o != nil {
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = timeout, timeout, timeout, timeout
		o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled = -1, 1, true
		o.Protocol = 2 // with 3 a subscription looks for push messages first, past its own timeout
		return t.open()
	}
	o := t.many
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = timeout, timeout, timeout, timeout
	o.MaxRetries, o.MaxRedirects, o.DialerRetries, o.ContextTimeoutEnabled = -1, -1, 1, true
	o.Protocol = 2
	return t.open()
}

// String is what a log may show: addresses, and no login.
func (t target) String() string {
	switch {
	case t.single != nil:
		return t.single.Addr
	case t.many.IsClusterMode:
		return "the Cluster at " + strings.Join(t.many.Addrs, ",")
	}
	return t.many.MasterName + " by the Sentinels at " + strings.Join(t.many.Addrs, ",")
}
