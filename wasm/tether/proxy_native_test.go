//go:build !js

// These tests prove that a native client goes through an HTTP proxy by a tunnel, and knows the proxy's answers from the
// server's.
package tether_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// proxy makes tunnels for who has the password, and passes no ordinary request on.
func proxy(w http.ResponseWriter, r *http.Request) {
	switch user, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth(); {
	case r.Method != http.MethodConnect:
		http.Error(w, "this proxy makes tunnels", http.StatusBadRequest)
		return
	case user != "ada" || password != "SECRET":
		http.Error(w, "who are you", http.StatusProxyAuthRequired)
		return
	}
	server, err := net.Dial("tcp", r.Host)
	if err != nil {
		http.Error(w, "no such server", http.StatusBadGateway)
		return
	}
	defer server.Close()
	client, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(server, rw)
		_ = server.Close()
	}()
	_, _ = io.Copy(client, server)
}

func TestAnHTTPProxyIsATunnel(t *testing.T) {
	middle := httptest.NewServer(http.HandlerFunc(proxy))
	defer middle.Close()
	through := func(user, target string, opts ...tether.Option) *tether.Client[codec.Message, codec.Message] {
		t.Helper()
		u, err := url.Parse(strings.Replace(middle.URL, "://", "://"+user, 1))
		if err != nil {
			t.Fatal(err)
		}
		h := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(u)}}
		c, err := tether.New(target, codec.Raw(), append(opts, tether.WithHTTPClient(h))...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := through("ada:SECRET@", serverURL(t)+"/echo")
	stop := runs(t, c)
	if err := c.Send(await.Context(t), text("x")); err != nil {
		t.Fatal(err)
	}
	for m, err := range c.Messages(await.Context(t)) {
		if err != nil || string(m.Data) != "x" {
			t.Errorf("%q, %v", m.Data, err)
		}
		break
	}
	stop()

	for _, test := range []struct {
		user, target string
		status       int
	}{
		{"", serverURL(t) + "/echo", 407}, {"", "wss://127.0.0.1:1/", 407}, {"ada:SECRET@", "ws://127.0.0.1:1/", 502},
	} {
		c := through(test.user, test.target, tether.WithBackoff(tether.Backoff{Base: time.Millisecond, Max: time.Millisecond, MaxAttempts: 2}))
		err := c.Run(await.Context(t))
		e, ok := errors.AsType[*tether.ProxyError](err)
		if !ok || e.Status != test.status || strings.Contains(err.Error(), "SECRET") || c.Stats().Attempts != 2 {
			t.Errorf("%s as %q: %v after %d attempts", test.target, test.user, err, c.Stats().Attempts)
		}
	}
}
