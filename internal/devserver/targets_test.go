// These tests prove that each target has a door of its own, that the door asks who comes as the server itself does, and
// that nothing of the server is behind it.
package devserver

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/proxy"
)

// atDoors runs a server with targets and returns the address of each door, in order.
func atDoors(t *testing.T, change func(*Config), targets ...string) (addrs []string, printed string) {
	t.Helper()
	cfg := Config{Addr: "127.0.0.1:0", Assets: testAssets}
	for _, text := range targets {
		target, err := proxy.ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Targets = append(cfg.Targets, target)
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var out bytes.Buffer
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- Run(ctx, cfg, &out, func(string) { close(ready) }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`wss?://(127\.0\.0\.1:\d+)\S*  in place of`).FindAllStringSubmatch(out.String(), -1) {
		addrs = append(addrs, m[1])
	}
	return addrs, out.String()
}

// ask sends a request and returns the answer with its body.
func ask(t *testing.T, addr, request string) (*http.Response, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
	_, _ = io.WriteString(c, request)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	if res.StatusCode == http.StatusSwitchingProtocols {
		return res, ""
	}
	body, _ := io.ReadAll(res.Body)
	return res, string(body)
}

func TestADoorAsksWhoComes(t *testing.T) {
	var asked atomic.Int32
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = fmt.Fprintf(w, "the target's %s", r.URL.Path)
	}))
	defer target.Close()
	addrs, _ := atDoors(t, func(c *Config) { c.AllowOrigins = []string{"https://friend.example"} }, "app="+target.URL)
	for _, c := range []struct {
		name, host, origin string
		status             int
	}{
		{"no page", addrs[0], "", 200},
		{"its own page through the proxy", addrs[0], "http://" + addrs[0], 200},
		{"its own page without it", addrs[0], target.URL, 200},
		{"a page of this machine", addrs[0], "http://localhost:3000", 200},
		{"an allowed page", addrs[0], "https://friend.example", 200},
		{"a stranger's page", addrs[0], "https://evil.example", 403},
		{"a sandboxed page", addrs[0], "null", 403},
		{"a name that looks local", addrs[0], "http://localhost.evil.example", 403},
		{"a rebound name", "evil.example", "http://evil.example", 421},
		{"a metadata host", "169.254.169.254", "", 421},
	} {
		for _, request := range []string{
			handshake("/", c.host), "POST / HTTP/1.1\r\nHost: " + c.host + "\r\nContent-Length: 0\r\n\r\n",
		} {
			if c.origin != "" {
				request = strings.TrimSuffix(request, "\r\n") + "Origin: " + c.origin + "\r\n\r\n"
			}
			before := asked.Load()
			res, body := ask(t, addrs[0], request)
			reached := asked.Load() > before
			if res.StatusCode != c.status || reached != (c.status == 200) {
				t.Errorf("%s: %d, reached %t: %s", c.name, res.StatusCode, reached, body)
			}
		}
	}
	for _, path := range []string{"/api/tap", "/api/demo", "/panel/", "/metrics", "/healthz", "/ws/echo"} {
		if _, body := ask(t, addrs[0], "GET "+path+" HTTP/1.1\r\nHost: x.localhost\r\n\r\n"); body != "the target's "+path {
			t.Errorf("%s leads to us: %q", path, body)
		}
	}
}

// TestDoorsEndWithTheServer: with a connection open through one of them, and ports of their own.
func TestDoorsEndWithTheServer(t *testing.T) {
	target := start(t, nil)
	var c net.Conn
	t.Run("open", func(t *testing.T) {
		addrs, printed := atDoors(t, func(c *Config) { c.InsecureUpstream = true }, "one=ws://"+target.addr+"/ws/echo", "two=ws://"+target.addr)
		if len(addrs) != 2 || addrs[0] == addrs[1] || !strings.Contains(printed, "NOT verified") {
			t.Fatalf("%v\n%s", addrs, printed)
		}
		c, _ = net.Dial("tcp", addrs[0])
		_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
		_, _ = io.WriteString(c, handshake("/ws/echo", addrs[0])+"\x81\x80mask")
		in := bufio.NewReader(c)
		if res, err := http.ReadResponse(in, nil); err != nil || res.StatusCode != 101 {
			t.Fatal(res, err)
		}
		if b, err := in.Peek(2); err != nil || string(b) != "\x81\x00" {
			t.Fatalf("%x, %v", b, err)
		}
		_, _ = in.Discard(2)
	})
	defer func() { _ = c.Close() }()
	if b, err := io.ReadAll(c); err != nil {
		t.Errorf("the end is no FIN: %x, %v", b, err)
	}
}

// TestATargetIsNotTheServerItself: its control API is not reachable through it.
func TestATargetIsNotTheServerItself(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	own := l.Addr().String()
	_ = l.Close() // for the server
	addrs, _ := atDoors(t, func(c *Config) { c.Addr = own }, "me=http://"+own)
	if res, body := ask(t, addrs[0], "GET /panel/ HTTP/1.1\r\nHost: localhost\r\n\r\n"); res.StatusCode != http.StatusBadGateway || !strings.Contains(body, proxy.ErrOwnPort.Error()) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestTargetFlags(t *testing.T) {
	env := func(k string) (string, bool) {
		return "a=ws://h,b=https://i", k == "TETHERSCOPE_TARGET"
	}
	o, err := ParseFlags(nil, env, io.Discard)
	if err != nil || len(o.Targets) != 2 || o.Targets[1].Origin() != "https://i" {
		t.Errorf("%+v, %v", o, err)
	}
	o, err = ParseFlags([]string{"-target", "a=ws://h/p", "-target", "b=wss://i", "-target-origin", "-insecure-upstream"}, env, io.Discard)
	if err != nil || len(o.Targets) != 2 || !o.TargetOrigin || !o.InsecureUpstream || o.Targets[0].Path != "/p" {
		t.Errorf("%+v, %v", o, err)
	}
	var bad *proxy.TargetError
	if _, err := ParseFlags([]string{"-target", "ws://h"}, env, io.Discard); !errors.As(err, &bad) {
		t.Errorf("%v", err)
	}
	if _, err := ParseFlags([]string{"-target", "a=ws://h,a=ws://i"}, env, io.Discard); err == nil || !strings.Contains(err.Error(), `named "a"`) {
		t.Errorf("%v", err)
	}
	for _, alone := range []string{"-target-origin", "-insecure-upstream"} {
		_, err := ParseFlags([]string{alone}, func(string) (string, bool) { return "", false }, io.Discard)
		if err == nil || !strings.Contains(err.Error(), alone+" is nothing without -target") {
			t.Errorf("%s: %v", alone, err)
		}
	}
}
