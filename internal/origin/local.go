package origin

import (
	"net/http"
	"net/netip"
	"strings"
)

// forwarding lists the header fields by which a proxy says that the request is another client's, in lower case (RFC 7239,
// RFC 9110 §7.6.3, RFC 8586, and the common non-standard ones), and forwardingPrefixes how the names of others begin.
var (
	forwarding = map[string]bool{
		"forwarded": true, "forwarded-for": true, "via": true, "cdn-loop": true, "client-ip": true, "true-client-ip": true,
		"x-client-ip": true, "x-cluster-client-ip": true, "x-proxyuser-ip": true, "x-remote-ip": true, "x-remote-addr": true,
		"fastly-client-ip": true, "fly-client-ip": true, "proxy-connection": true, "x-originating-ip": true,
		"ali-cdn-real-ip": true, "wl-proxy-client-ip": true, "x-amzn-trace-id": true, "x-host": true, "x-scheme": true, "x-url-scheme": true, "front-end-https": true,
	}
	forwardingPrefixes = [...]string{"x-forwarded", "x-real-", "x-original-", "x-envoy-", "x-arr-", "x-proxy-", "x-azure-", "x-appengine-", "x-vercel-", "cf-"}
)

// SameMachine reports whether a program or page of this machine made the request itself: its TCP peer is this machine,
// and no proxy passed it on.
func SameMachine(q *http.Request) bool { return LoopbackPeer(q) && !Forwarded(q) }

// LoopbackPeer reports whether the TCP connection of a request comes from this machine.
func LoopbackPeer(q *http.Request) bool {
	at, err := netip.ParseAddrPort(q.RemoteAddr)
	return err == nil && at.Addr().Unmap().IsLoopback()
}

// Forwarded reports whether a proxy passed the request on: its TCP peer is then not the client. A proxy is recognized by
// the fields that it adds, whatever their values, and by HTTP/1.0, which nginx speaks to its upstreams unless it is
// configured otherwise, and no browser. One that does neither is indistinguishable from a program of this machine.
func Forwarded(q *http.Request) bool {
	if q.ProtoMajor == 1 && q.ProtoMinor == 0 {
		return true
	}
	for name := range q.Header {
		if forwardingField(name) {
			return true
		}
	}
	return false
}

// forwardingField reports whether only proxies send the field. An underscore counts as the hyphen that it becomes in CGI.
func forwardingField(name string) bool {
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	for _, prefix := range forwardingPrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return forwarding[name]
}

// Browser reports whether a browser may have sent the request: it has a field of Fetch Metadata, or both an Origin and cookies, as
// browsers that are older than that send them.
func Browser(q *http.Request) bool {
	for name := range q.Header {
		if strings.HasPrefix(name, "Sec-Fetch-") {
			return true
		}
	}
	return len(q.Header.Values("Origin")) > 0 && len(q.Header.Values("Cookie")) > 0
}

// CrossSite reports whether a browser says that a page of another origin caused the request (Fetch Metadata, field
// Sec-Fetch-Site). Unlike Origin the field is also sent with simple GET requests. Programs that are no browsers do not send it.
func CrossSite(q *http.Request) bool {
	for _, site := range q.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" {
			return true
		}
	}
	return false
}

// CrossSiteWithoutOrigin reports whether a page of another origin caused a request that does not say which. No browser lets a page make
// a request that acts and has no Origin; what claims to be one is refused.
func CrossSiteWithoutOrigin(q *http.Request) bool {
	return CrossSite(q) && len(q.Header.Values("Origin")) == 0
}

// Navigation reports whether a browser says that the user goes to the page in a tab of its own: neither a frame nor a
// subresource. It holds for GET and HEAD; other methods act.
func Navigation(q *http.Request) bool {
	mode, dest := q.Header.Values("Sec-Fetch-Mode"), q.Header.Values("Sec-Fetch-Dest")
	if q.Method != http.MethodGet && q.Method != http.MethodHead || len(mode) != 1 || mode[0] != "navigate" {
		return false
	}
	return len(dest) == 0 || len(dest) == 1 && dest[0] == "document"
}
