// These tests prove which requests count as made by a program or page of this machine.
package origin

import (
	"net/http"
	"strings"
	"testing"
)

func TestLoopbackPeer(t *testing.T) {
	for remote, want := range map[string]bool{
		"127.0.0.1:1": true, "127.9.9.9:1": true, "[::1]:1": true, "[::ffff:127.0.0.1]:1": true,
		"10.0.0.1:1": false, "[fe80::1%eth0]:1": false, "0.0.0.0:1": false, "": false, "@": false, "localhost:1": false,
	} {
		if LoopbackPeer(&http.Request{RemoteAddr: remote}) != want {
			t.Errorf("%q: %t", remote, !want)
		}
	}
}

// TestForwardingFields: any field that a reverse proxy adds is enough, even with an empty value.
func TestForwardingFields(t *testing.T) {
	if Forwarded(&http.Request{Header: http.Header{"X-Api-Key": {"x"}}}) {
		t.Error("a request without such a field counts as forwarded")
	}
	for _, name := range []string{
		"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded",
		"X-Real-IP", "x_forwarded_for", "X-ORIGINAL-URI", "CF-Connecting-IP", "True-Client-IP", "CDN-Loop", "X-Envoy-External-Address",
		"Ali-CDN-Real-IP", "WL-Proxy-Client-IP", "X-Amzn-Trace-Id", "X-Host", "X-Scheme", "Front-End-Https", "X-Azure-ClientIP", "X-Vercel-Id",
	} {
		h := http.Header{}
		h.Add(name, "")
		if q := (&http.Request{Header: h, RemoteAddr: "127.0.0.1:1"}); !Forwarded(q) || SameMachine(q) {
			t.Errorf("%s does not count", name)
		}
	}
}

// TestSameMachine: the peer is loopback and nothing speaks of a proxy; HTTP/1.0 does.
func TestSameMachine(t *testing.T) {
	for _, c := range []struct {
		remote       string
		major, minor int
		want         bool
	}{
		{"127.0.0.1:1", 1, 1, true}, {"[::1]:1", 2, 0, true}, {"127.0.0.1:1", 1, 0, false}, {"192.0.2.7:1", 1, 1, false}, {"", 1, 1, false},
	} {
		q := &http.Request{RemoteAddr: c.remote, ProtoMajor: c.major, ProtoMinor: c.minor}
		if SameMachine(q) != c.want {
			t.Errorf("HTTP/%d.%d from %q: %t", c.major, c.minor, c.remote, !c.want)
		}
	}
}

// TestNavigation: a page of another site may be where a link was, and nothing else.
func TestNavigation(t *testing.T) {
	for _, c := range []struct {
		method, mode, dest string
		want               bool
	}{
		{"GET", "navigate", "document", true},
		{"HEAD", "navigate", "document", true},
		{"GET", "navigate", "", true},
		{"GET", "navigate", "iframe", false},
		{"GET", "navigate", "embed", false},
		{"GET", "no-cors", "image", false},
		{"GET", "cors", "empty", false},
		{"GET", "", "document", false},
		{"POST", "navigate", "document", false},
	} {
		q := &http.Request{Method: c.method, Header: http.Header{}}
		for name, value := range map[string]string{"Sec-Fetch-Mode": c.mode, "Sec-Fetch-Dest": c.dest} {
			if value != "" {
				q.Header.Set(name, value)
			}
		}
		if Navigation(q) != c.want {
			t.Errorf("%+v: %t", c, !c.want)
		}
	}
}

// TestBrowser: Fetch Metadata is enough; without it, an Origin beside cookies.
func TestBrowser(t *testing.T) {
	for _, c := range []struct {
		fields string
		want   bool
	}{
		{"", false},
		{"Origin", false},
		{"Cookie", false},
		{"Origin Cookie", true},
		{"Sec-Fetch-Site", true},
		{"Sec-Fetch-Dest", true},
		{"Sec-Websocket-Key Origin", false},
	} {
		q := &http.Request{Header: http.Header{}}
		for _, name := range strings.Fields(c.fields) {
			q.Header.Set(name, "x")
		}
		if Browser(q) != c.want {
			t.Errorf("%q: %t", c.fields, !c.want)
		}
	}
}

func TestCrossSite(t *testing.T) {
	for site, want := range map[string]bool{"same-origin": false, "none": false, "same-site": true, "cross-site": true, "": true, "SAME-ORIGIN": true} {
		if CrossSite(&http.Request{Header: http.Header{"Sec-Fetch-Site": {site}}}) != want {
			t.Errorf("%q: %t", site, !want)
		}
	}
	if CrossSite(&http.Request{Header: http.Header{}}) {
		t.Error("a program without the field counts as a foreign page")
	}
	if !CrossSite(&http.Request{Header: http.Header{"Sec-Fetch-Site": {"none", "cross-site"}}}) {
		t.Error("a second value is not looked at")
	}
}
