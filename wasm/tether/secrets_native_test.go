//go:build !js

package tether_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

const secret = "HUSH"

// No error, log line, event or explanation has the query of a URL, who logs in, or the value of a header, whatever fails. Each
// case fails in another place.
func TestNoSecretIsReported(t *testing.T) {
	proxy := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:1", User: url.UserPassword("u", secret)})}
	endpoint := func(to tether.Target) tether.Option {
		return tether.WithEndpoint(func(context.Context, tether.Attempt) (tether.Target, error) { return to, nil })
	}
	for name, test := range map[string]struct {
		url, answer string
		opts        []tether.Option
	}{
		"refused":          {answer: "HTTP/1.1 401 No\r\nContent-Length: 4\r\n\r\n" + secret},
		"redirected":       {answer: "HTTP/1.1 302 Found\r\nLocation: /?token=" + secret + "\r\nContent-Length: 0\r\n\r\n"},
		"a wrong key":      {answer: "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + secret + "\r\n\r\n"},
		"cut off":          {answer: "HTTP/1.1 101 "},
		"TLS":              {url: "wss://u:" + secret + "@test/?token=" + secret, answer: "HTTP/1.1 400 No\r\n\r\n"},
		"a bad escape":     {url: "ws://u:" + secret + "@test/%zz?token=" + secret},
		"a bad port":       {url: "ws://u:" + secret + "@test:x/?token=" + secret},
		"a proxy":          {opts: []tether.Option{tether.WithHTTPClient(&http.Client{Transport: proxy})}},
		"a header's value": {opts: []tether.Option{tether.WithHeader(http.Header{"Authorization": {secret + "\n"}})}},
		"a header's name":  {opts: []tether.Option{tether.WithHeader(http.Header{"A B": {secret}})}},
		"an endpoint's":    {opts: []tether.Option{endpoint(tether.Target{URL: "ws://u:" + secret + "@test:x/?" + secret})}},
		"its header":       {opts: []tether.Option{endpoint(tether.Target{Header: http.Header{"A": {secret + "\r\nB: c"}}})}},
		"a second server":  {opts: []tether.Option{tether.WithFailover("ws://u:" + secret + "@test:x/?" + secret)}},
		"a subprotocol":    {opts: []tether.Option{tether.WithSubprotocols("bearer " + secret)}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if test.url == "" {
					test.url = "ws://u:" + secret + "@test/?token=" + secret
				}
				if said := everythingSaid(t, test.url, test.answer, test.opts); said == "" || strings.Contains(said, secret) {
					t.Errorf("it says %q", said)
				}
			})
		})
	}
}

// everythingSaid returns what a client reports that cannot connect.
func everythingSaid(t *testing.T, url, answer string, opts []tether.Option) string {
	t.Helper()
	n := &network{answer: answer, script: func(*peer) {}, over: make(chan struct{})}
	defer func() {
		close(n.over)
		n.group.Wait()
	}()
	all := append([]tether.Option{
		tether.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: n.dial}}),
		tether.WithBackoff(tether.Backoff{MaxAttempts: 2}), tether.WithDiagnosis(1),
	}, opts...)
	c, err := tether.New(url, codec.Raw(), all...)
	if err != nil {
		return err.Error()
	}
	var said bytes.Buffer
	tether.Log(c, slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug})))
	tether.On(c, func(e tether.Event) { fmt.Fprintf(&said, "%v %+v\n", e, e) })
	for err = c.Run(t.Context()); err != nil; err = errors.Unwrap(err) {
		fmt.Fprintln(&said, err)
	}
	fmt.Fprintf(&said, "%v %+v", c.Explain(), c.Explain())
	return said.String()
}
