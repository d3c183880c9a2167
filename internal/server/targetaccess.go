package server

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/internal/origin"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
)

// targetHandler checks Host, Origin and what page caused a request, and taps handshakes, refused ones included, within the
// budget for those. Ordinary HTTP is not recorded.
func (s *Server) targetHandler(l *targetListener) http.Handler {
	cfg := s.cfg
	cfg.Addr = l.addr
	who := newAccess(cfg, "")
	who.Rules = who.Without(func(host string) bool { return host != l.target.LocalHost() && s.targets.list().hasHost(host) })
	checked := who.allHosts(l.byName(cfg.scheme(), s.forTarget(who, l, l.proxy)))
	allows := func(r *http.Request) bool { return s.allowsTarget(who, l, r) }
	watched := s.recordRefused(who, allows, s.watch(l.target.Name, checked), checked)
	return limitStalls(stallTimeout, foreignPage(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if proxy.IsHandshake(r) {
			watched.ServeHTTP(w, r)
			return
		}
		checked.ServeHTTP(w, r)
	})))
}

// byName has browsers use a target under its own host name only. Cookies ignore ports: under an address that targets share,
// each would get the others'. Programs that are no browsers keep no cookies of other servers, and may use the address.
func (l *targetListener) byName(scheme string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.EqualFold(origin.Hostname(r.Host), l.target.LocalHost()) || !origin.Browser(r) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Clear-Site-Data", `"storage"`) // of an earlier run or another program: a service worker among it
		w.Header().Set("Cache-Control", "no-store")
		if origin.Navigation(r) && !proxy.IsHandshake(r) && strings.HasPrefix(r.RequestURI, "/") {
			w.Header().Set("Location", scheme+"://"+l.host()+r.RequestURI)
			refuse(w, http.StatusTemporaryRedirect, "Browsers use this target as "+l.host()+".")
			return
		}
		refuse(w, http.StatusMisdirectedRequest, fmt.Sprintf("Browsers use this target as %s: cookies do not distinguish ports. "+
			"A program that sends Cookie and Origin uses that Host, too (curl --resolve %[1]s:%s).", l.host(), l.ip()))
	})
}

// forTarget refuses requests from pages of foreign origins.
func (s *Server) forTarget(a *access, l *targetListener, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.allowsTarget(a, l, r) {
			refuse(w, http.StatusForbidden,
				"Pages of that Origin may not use this proxy. If it is yours, start it with -allow-origin ORIGIN.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// allowsTarget is the check of Origin in forTarget. A target may be used by its own pages, with and without the proxy, by pages
// of this machine that come from no other target, and by the allowed origins.
func (s *Server) allowsTarget(a *access, l *targetListener, r *http.Request) bool {
	fields := r.Header.Values("Origin")
	return a.Origin(r) || len(fields) == 1 && (strings.EqualFold(fields[0], l.target.Origin()) || s.targets.list().localPage(fields[0]))
}

// localPage reports whether an origin is that of a page that this machine serves, and no target: what has the host name or the
// port of one counts as its page.
func (all targetListeners) localPage(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, one := range all {
		if host == one.target.LocalHost() || portOf(u.Host) == portOf(one.addr) {
			return false
		}
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}

// hasHost reports whether a host name is that of a target.
func (all targetListeners) hasHost(host string) bool {
	return slices.ContainsFunc(all, func(l *targetListener) bool { return l.target.LocalHost() == host })
}

// host returns the host and port under which browsers reach the target.
func (l *targetListener) host() string { return l.target.LocalHost() + ":" + portText(l.addr) }

// ip returns the port and address as curl's --resolve has them behind the name.
func (l *targetListener) ip() string { return origin.Hostname(l.addr) }
