package origin

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Rules are those of one server. They do not change, so any goroutine may ask them.
type Rules struct {
	hosts   map[string]bool // lower case, without port
	origins map[string]bool // lower case
	scheme  string
	others  func(host string) bool // reports names that mean another server of this program; asked in lower case
}

// Without returns rules under which the server does not answer to the names that others reports, whatever else they say. It is asked
// at each request, in lower case, by several goroutines.
func (r *Rules) Without(others func(host string) bool) *Rules {
	out := *r
	out.others = others
	return &out
}

// New returns the rules of a server that speaks scheme ("http" or "https") and listens on addr. hosts are further names
// by which it may be called, without port; origins further pages that may connect, exactly.
func New(scheme, addr string, hosts, origins []string) *Rules {
	r := &Rules{hosts: map[string]bool{"localhost": true}, origins: map[string]bool{}, scheme: scheme, others: func(string) bool { return false }}
	for _, h := range slices.Concat(hosts, Own(addr)) {
		r.hosts[strings.ToLower(strings.Trim(h, "[]"))] = true
	}
	for _, o := range origins {
		r.origins[strings.ToLower(strings.TrimSuffix(o, "/"))] = true
	}
	return r
}

// Own returns the hosts by which a server that listens on addr may be called: the host of addr, or the addresses of this
// machine when addr means all of them.
func Own(addr string) []string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil
	}
	ip, err := netip.ParseAddr(host)
	if host != "" && (err != nil || !ip.IsUnspecified()) {
		return []string{host}
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var hosts []string
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			hosts = append(hosts, p.Addr().String())
		}
	}
	return hosts
}

// Host reports whether a Host field names the server. The port does not matter: a forwarded one is as good.
func (r *Rules) Host(hostport string) bool {
	host := strings.ToLower(Hostname(hostport))
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback() || r.hosts[ip.String()]
	}
	return !r.others(host) && (r.hosts[host] || strings.HasSuffix(host, ".localhost"))
}

// Origin reports whether a request comes from one of the server's pages, from an allowed one, or from no page at all.
func (r *Rules) Origin(q *http.Request) bool {
	fields := q.Header.Values("Origin")
	if len(fields) == 0 {
		return true
	}
	origin := strings.ToLower(fields[0])
	return len(fields) == 1 && (origin == Serialize(r.scheme, q.Host) || r.origins[origin])
}

// Serialize writes the origin of scheme and host[:port] as browsers do (RFC 6454 §6.2): in lower case, without the port that the
// scheme implies.
func Serialize(scheme, hostport string) string {
	if host, port, err := net.SplitHostPort(hostport); err == nil && (scheme == "http" && port == "80" || scheme == "https" && port == "443") {
		hostport = host
		if strings.Contains(host, ":") {
			hostport = "[" + host + "]"
		}
	}
	return strings.ToLower(scheme + "://" + hostport)
}

// Hostname returns the host of host[:port], without brackets.
func Hostname(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		return h
	}
	return strings.Trim(hostport, "[]")
}

// Loopback reports whether only this machine can reach what listens on host[:port].
func Loopback(hostport string) bool {
	host := Hostname(hostport)
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// Callable returns the address, host:port, to call a server by that listens on addr.
func Callable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
