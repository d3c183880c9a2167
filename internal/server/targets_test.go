// These tests prove that each target has a listener of its own, that the listener checks Host and Origin as the server itself does, and
// that nothing of the server is behind it.
package server

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

	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// targetAddrs runs a server with targets and returns the address of each listener, in order.
func targetAddrs(t *testing.T, change func(*Config), targets ...string) (addrs []string, printed string) {
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
		if err := await.Receive(t, done); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	case <-time.After(await.Limit):
		t.Fatal("the server did not start")
	}
	for _, m := range regexp.MustCompile(`wss?://(127\.0\.0\.1:\d+)\S*  for programs`).FindAllStringSubmatch(out.String(), -1) {
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

// TestATargetAsksWhoComes: Host and Origin are checked. The pages of another target, by its host name or by its port, are no pages of
// this machine; browsers are answered under the target's own host name only, where no other target's cookies are.
func TestATargetAsksWhoComes(t *testing.T) {
	var asked atomic.Int32
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = fmt.Fprintf(w, "the target's %s", r.URL.Path)
	}))
	defer target.Close()
	addrs, _ := targetAddrs(t, func(c *Config) { c.AllowOrigins = []string{"https://friend.example"} }, "My.App_="+target.URL, "other="+target.URL)
	_, port, _ := net.SplitHostPort(addrs[0])
	_, otherPort, _ := net.SplitHostPort(addrs[1])
	name := "my-app.localhost:" + port
	for _, c := range []struct {
		name, host, fields string
		status             int
	}{
		{"a program", addrs[0], "", 200},
		{"a program, by name", name, "", 200},
		{"a program that sends the address as its Origin", addrs[0], "Origin: http://" + addrs[0], 200},
		{"its own page through the proxy", name, "Origin: http://" + name, 200},
		{"its own page without the proxy", name, "Origin: " + target.URL, 200},
		{"a page of this machine", name, "Origin: http://localhost:3000", 200},
		{"a named page of this machine", name, "Origin: http://dev.localhost", 200},
		{"an allowed page", name, "Origin: https://friend.example", 200},
		{"another target's page", name, "Origin: http://other.localhost:" + otherPort, 403},
		{"another target's page, behind another port", name, "Origin: http://OTHER.localhost", 403},
		{"another target's page, by address", name, "Origin: http://127.0.0.1:" + otherPort, 403},
		{"another target's page, by another name of the address", name, "Origin: http://x.localhost:" + otherPort, 403},
		{"its own page by address", name, "Origin: http://127.0.0.1:" + port, 403},
		{"a stranger's page", name, "Origin: https://evil.example", 403},
		{"a sandboxed page", name, "Origin: null", 403},
		{"a name that looks local", name, "Origin: http://localhost.evil.example", 403},
		{"a rebound name", "evil.example", "Origin: http://evil.example", 421},
		{"a metadata host", "169.254.169.254", "", 421},
		{"another target's name", "other.localhost:" + port, "", 421},
		{"a browser, by address", addrs[0], "Sec-Fetch-Site: none", 421},
		{"a page, by address", addrs[0], "Origin: http://localhost:3000\r\nSec-Fetch-Mode: websocket", 421},
		{"an old browser, by address", addrs[0], "Origin: http://localhost:3000\r\nCookie: sid=1", 421},
		{"an old browser, by name", name, "Origin: http://localhost:3000\r\nCookie: sid=1", 200},
	} {
		for _, request := range []string{
			handshake("/", c.host), "POST / HTTP/1.1\r\nHost: " + c.host + "\r\nContent-Length: 0\r\n\r\n",
		} {
			if c.fields != "" {
				request = strings.TrimSuffix(request, "\r\n") + c.fields + "\r\n\r\n"
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

// TestABrowserIsSentToTheName: a person who goes to the address of a target gets to its name, and what an earlier run left in the
// browser at the address goes; a request-target that is no path is not made a part of a URL.
func TestABrowserIsSentToTheName(t *testing.T) {
	addrs, _ := targetAddrs(t, nil, "app=http://127.0.0.1:1")
	_, port, _ := net.SplitHostPort(addrs[0])
	fields := " HTTP/1.1\r\nHost: " + addrs[0] + "\r\nSec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n"
	res, _ := ask(t, addrs[0], "GET /a?b=c"+fields)
	if at := res.Header.Get("Location"); res.StatusCode != http.StatusTemporaryRedirect || at != "http://app.localhost:"+port+"/a?b=c" {
		t.Errorf("%s to %q", res.Status, at)
	}
	if got := res.Header.Get("Clear-Site-Data"); got != `"storage"` {
		t.Errorf("Clear-Site-Data: %s", got)
	}
	res, _ = ask(t, addrs[0], "GET http://"+addrs[0]+"/"+fields)
	if res.StatusCode != http.StatusMisdirectedRequest || res.Header.Get("Location") != "" {
		t.Errorf("absolute form: %s to %q", res.Status, res.Header.Get("Location"))
	}
}

// TestTheServerIsNoTarget: it does not answer to the host names of its targets, whose cookies would come with the requests.
func TestTheServerIsNoTarget(t *testing.T) {
	target, err := proxy.ParseTarget("app=ws://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, func(c *Config) { c.Targets = []proxy.Target{target} })
	for host, want := range map[string]int{"app.localhost": 421, "APP.localhost:7316": 421, "dev.localhost": 200, s.addr: 200} {
		if res, _ := s.get(t, "GET", "/", "Host: "+host); res.StatusCode != want {
			t.Errorf("Host %s: %s", host, res.Status)
		}
	}
}

// TestDoorsEndWithTheServer: with a connection open through one of them, and ports of their own.
func TestDoorsEndWithTheServer(t *testing.T) {
	target := start(t, nil)
	var c net.Conn
	t.Run("open", func(t *testing.T) {
		addrs, printed := targetAddrs(t, func(c *Config) { c.InsecureUpstream = true }, "one=ws://"+target.addr+"/ws/echo", "two=ws://"+target.addr)
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
	addrs, _ := targetAddrs(t, func(c *Config) { c.Addr = own }, "me=http://"+own)
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
	for twice, why := range map[string]string{"a=ws://h,a=ws://i": `named "a"`, "a.b=ws://h,A-b=ws://i": `"a.b" and "A-b" would both be a-b.localhost`} {
		if _, err := ParseFlags([]string{"-target", twice}, env, io.Discard); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", twice, err)
		}
	}
	var bad *proxy.TargetError
	if _, err := ParseFlags([]string{"-target", "ws://h"}, env, io.Discard); !errors.As(err, &bad) {
		t.Errorf("%v", err)
	}
	for _, alone := range []string{"-target-origin", "-insecure-upstream"} {
		_, err := ParseFlags([]string{alone}, func(string) (string, bool) { return "", false }, io.Discard)
		if err == nil || !strings.Contains(err.Error(), alone+" needs -target") {
			t.Errorf("%s: %v", alone, err)
		}
	}
}
