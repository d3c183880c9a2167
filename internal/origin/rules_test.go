// These tests prove who gets in: by Host, by Origin, and on which addresses no other machine can connect.
package origin

import (
	"net/http"
	"testing"
)

func TestHosts(t *testing.T) {
	here := New("http", "127.0.0.1:7316", []string{"Box.LAN", "[fd00::7]"}, nil)
	everywhere := New("http", ":7316", nil, nil)
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST:1": true, "app.localhost:7316": true, "127.0.0.1": true, "127.8.9.1:80": true, "[::1]:7316": true,
		"box.lan": true, "box.lan:99": true, "[fd00::7]:1": true,
		"": false, "evil.test": false, "localhost.evil.test": false, "xlocalhost": false, "127.0.0.1.evil.test": false,
		"169.254.169.254": false, "[fe80::1]": false, "0.0.0.0": false,
	} {
		if here.Host(host) != want {
			t.Errorf("Host %q: %t", host, !want)
		}
	}
	for _, host := range []string{"evil.test", "box.lan", "0.0.0.0"} {
		if everywhere.Host(host) {
			t.Errorf("a server on all addresses answers to %s", host)
		}
	}
}

func TestOrigins(t *testing.T) {
	r := New("http", "127.0.0.1:7316", nil, []string{"https://Friend.test:8443/"})
	for _, c := range []struct {
		origins []string
		want    bool
	}{
		{nil, true},
		{[]string{"http://127.0.0.1:7316"}, true},
		{[]string{"HTTP://127.0.0.1:7316"}, true},
		{[]string{"https://friend.test:8443"}, true},
		{[]string{"https://127.0.0.1:7316"}, false},
		{[]string{"http://127.0.0.1"}, false},
		{[]string{"https://friend.test"}, false},
		{[]string{"null"}, false},
		{[]string{""}, false},
		{[]string{"http://127.0.0.1:7316", "http://127.0.0.1:7316"}, false},
	} {
		q := &http.Request{Host: "127.0.0.1:7316", Header: http.Header{}}
		for _, o := range c.origins {
			q.Header.Add("Origin", o)
		}
		if r.Origin(q) != c.want {
			t.Errorf("%q: %t", c.origins, !c.want)
		}
	}
}

func TestLoopback(t *testing.T) {
	for at, want := range map[string]bool{
		"127.0.0.1:1": true, "[::1]:1": true, "localhost:1": true, "Localhost": true, "127.9.9.9": true,
		":1": false, "0.0.0.0:1": false, "10.0.0.1:1": false, "box.lan:1": false, "[::]:1": false, "": false,
	} {
		if Loopback(at) != want {
			t.Errorf("%s: %t", at, !want)
		}
	}
}

func TestCallable(t *testing.T) {
	for addr, want := range map[string]string{
		"0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80", ":80": "127.0.0.1:80", "127.0.0.1:80": "127.0.0.1:80",
		"[::1]:80": "[::1]:80", "box.lan:80": "box.lan:80", "nonsense": "nonsense",
	} {
		if got := Callable(addr); got != want {
			t.Errorf("%s is called by %s, want %s", addr, got, want)
		}
	}
}
