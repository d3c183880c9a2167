// These tests prove that a proxy dials its target and nothing else, says why it cannot, and changes of a request what it
// says it changes. This file also holds what the tests of this package share.
package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory keeps what the tests look at of records.
type memory struct {
	mu   sync.Mutex
	list []string
	kept []record.Record // with the records of legs
}

func (m *memory) Append(r *record.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r = r.Unmasked()
	m.list = append(m.list, fmt.Sprintf("%s %s %s%s%s", r.Kind, r.Dir, r.Head, r.Payload, r.Reason))
	m.kept = append(m.kept, record.Record{Kind: r.Kind, Dir: r.Dir, Offset: r.Offset, Header: r.Header, Reached: r.Reached, Marks: r.Marks, Transits: slices.Clone(r.Transits)})
}

func (m *memory) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.list, "\n")
}

// standing is a proxy under test, on a port of its own, tapped as the development server does it.
type standing struct {
	*Proxy
	addr string
	tap  *tap.Tap
	seen memory
}

func stand(t testing.TB, target string, o Options) *standing {
	t.Helper()
	to, err := ParseTarget(target)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &standing{Proxy: New(to, o), addr: l.Addr().String()}
	s.tap = tap.New(tap.Config{Sink: &s.seen, LeaveMasked: true})
	srv := &http.Server{Handler: s.tap.Handler(to.Name, s.Proxy), ConnContext: tap.ConnContext, DisableGeneralOptionsHandler: true}
	go func() { _ = srv.Serve(tap.Listen(l)) }()
	t.Cleanup(func() {
		_ = srv.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		s.Close(ctx)
	})
	return s
}

// listen returns a listener that ends with the test.
func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// say sends text to addr and returns the answer with its body.
func say(t testing.TB, addr, text string) (*http.Response, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer to %q: %v", text, err)
	}
	body, _ := io.ReadAll(res.Body)
	return res, string(body)
}

// upgrade is a handshake; each field is a whole line.
func upgrade(target, host string, fields ...string) string {
	return strings.Join(append([]string{
		"GET " + target + " HTTP/1.1", "Host: " + host, "Upgrade: websocket", "Connection: keep-alive, Upgrade",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	}, fields...), "\r\n") + "\r\n\r\n"
}

// TestOnlyTheTargetIsDialled: whatever a request names, the stranger that it names sees no connection.
func TestOnlyTheTargetIsDialled(t *testing.T) {
	stranger := listen(t)
	var strangers atomic.Int32
	go func() {
		for {
			c, err := stranger.Accept()
			if err != nil {
				return
			}
			strangers.Add(1)
			_ = c.Close()
		}
	}()
	evil := stranger.Addr().String()
	t.Setenv("HTTP_PROXY", "http://"+evil)
	t.Setenv("http_proxy", "http://"+evil)
	var asked atomic.Int32
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Location", "http://"+evil+"/")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
	defer target.Close()
	p := stand(t, "x="+target.URL, Options{})
	for _, c := range []struct {
		name, request string
		status        int
		reaches       int32 // requests that the target sees
	}{
		{"absolute-form", "GET http://" + evil + "/ HTTP/1.1\r\nHost: " + evil + "\r\n\r\n", 400, 0},
		{"absolute-form of a WebSocket", upgrade("ws://"+evil+"/", evil), 400, 0},
		{"CONNECT", "CONNECT " + evil + " HTTP/1.1\r\nHost: " + evil + "\r\n\r\n", 400, 0},
		{"asterisk-form", "OPTIONS * HTTP/1.1\r\nHost: " + p.addr + "\r\n\r\n", 400, 0},
		{"two slashes", "GET //" + evil + "/ HTTP/1.1\r\nHost: " + p.addr + "\r\n\r\n", 307, 1},
		{"two slashes, WebSocket", upgrade("//"+evil+"/", p.addr), 307, 1},
		{"another Host", "GET / HTTP/1.1\r\nHost: " + evil + "\r\n\r\n", 307, 1},
		{"another Host, WebSocket", upgrade("/", evil), 307, 1},
		{"a target in the query", upgrade("/?target=ws://"+evil+"/", p.addr), 307, 1},
		{"a user in the path", "GET /@" + evil + "/ HTTP/1.1\r\nHost: " + p.addr + "\r\n\r\n", 307, 1},
		{"forwarding fields", upgrade("/", p.addr, "X-Forwarded-Host: "+evil, "X-Original-URL: http://"+evil+"/"), 307, 1},
		{"a body in the handshake", upgrade("/", p.addr, "Content-Length: 5") + "hello", 400, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := asked.Load()
			res, body := say(t, p.addr, c.request)
			if res.StatusCode != c.status {
				t.Errorf("status %d, want %d: %s", res.StatusCode, c.status, body)
			}
			if got := asked.Load() - before; got != c.reaches {
				t.Errorf("the target saw %d requests, want %d", got, c.reaches)
			}
			if c.status == 307 && res.Header.Get("Location") != "http://"+evil+"/" {
				t.Errorf("the redirect does not pass: %v", res.Header)
			}
		})
	}
	// Connections are accepted in their order: with our own, one that was dialled before would have been accepted.
	own, err := net.Dial("tcp", evil)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	await.Until(t, "our own connection is accepted", func() bool { return strangers.Load() > 0 })
	if n := strangers.Load(); n != 1 {
		t.Errorf("the stranger saw %d connections beside ours", n-1)
	}
}

func TestOnePathIsOnePath(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	p := stand(t, "x="+strings.Replace(target.URL, "http", "ws", 1)+"/chat", Options{})
	for path, status := range map[string]int{
		"/chat": 200, "/chat?room=1": 200, "/": 404, "/chat/": 404, "/chat/../api": 404, "//chat": 404, "/%63hat": 404, "/api/tap": 404,
	} {
		if res, body := say(t, p.addr, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); res.StatusCode != status {
			t.Errorf("%s: %d, want %d: %s", path, res.StatusCode, status, body)
		}
	}
}

// TestItIsNotItsOwnTarget: neither under its address nor under a name of this machine.
func TestItIsNotItsOwnTarget(t *testing.T) {
	own := listen(t)
	dialled := make(chan struct{}, 1)
	go func() {
		if c, err := own.Accept(); err == nil {
			dialled <- struct{}{}
			_ = c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(own.Addr().String())
	ports := map[uint16]bool{uint16(own.Addr().(*net.TCPAddr).Port): true}
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", "127.1.2.3", "[::ffff:127.0.0.1]"} {
		p := stand(t, "me=ws://"+host+":"+port, Options{OwnPorts: ports})
		res, body := say(t, p.addr, upgrade("/api/tap", host))
		if res.StatusCode != http.StatusBadGateway || !strings.Contains(body, ErrOwnPort.Error()) {
			t.Errorf("%s: %d %s", host, res.StatusCode, body)
		}
	}
	select {
	case <-dialled:
		t.Error("it dialled itself")
	default:
	}
}

// TestWhyATargetCannotBeAsked: the client and the capture get the reason.
func TestWhyATargetCannotBeAsked(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(net.Conn)
		want   string
	}{
		{"down", nil, "connection refused"},
		{"no HTTP", func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n") }, errNotHTTP.Error()},
		{"no answer", func(net.Conn) {}, "ended the connection before its answer"},
		{"half an answer", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgr") }, "ended the connection before its answer"},
		{"a head without end", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 101 S\r\nA: "+strings.Repeat("a", maxHead)) }, errLongHead.Error()},
		{"interim answers without end", func(c net.Conn) { _, _ = io.WriteString(c, strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 9)) }, errInterim.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := listen(t)
			if c.answer == nil {
				_ = l.Close()
			} else {
				go func() {
					if nc, err := l.Accept(); err == nil {
						_, _ = http.ReadRequest(bufio.NewReader(nc))
						c.answer(nc)
						_ = nc.Close()
					}
				}()
			}
			p := stand(t, "x=ws://"+l.Addr().String(), Options{})
			res, body := say(t, p.addr, upgrade("/", "x", "Cookie: sid=secret"))
			if res.StatusCode != http.StatusBadGateway || !strings.Contains(body, c.want) {
				t.Errorf("%d %s", res.StatusCode, body)
			}
			if seen := p.seen.text(); !strings.Contains(seen, "502 Bad Gateway") || !strings.Contains(seen, c.want) || strings.Contains(seen, "secret") {
				t.Errorf("recorded: %s", seen)
			}
		})
	}
}

// TestWhatOfAHandshakeChanges: Host always, the Origin of the target's own pages when asked, nothing else; and the capture has no
// credential.
func TestWhatOfAHandshakeChanges(t *testing.T) {
	for _, c := range []struct {
		rewrite       bool
		scheme        string
		origin        string
		becomesTarget bool
	}{
		{false, "", "http://proxy.localhost", false},
		{true, "", "http://proxy.localhost", true},
		{true, "", "HTTP://Proxy.localhost", true},
		{true, "https", "https://proxy.localhost", true},
		{true, "https", "http://proxy.localhost", false},
		{true, "", "https://page.example", false},
		{true, "", "http://localhost:3000", false},
		{true, "", "null", false},
	} {
		l := listen(t)
		got := make(chan string, 1)
		go func() {
			up, err := l.Accept()
			if err != nil {
				return
			}
			defer up.Close()
			b := make([]byte, 4096)
			n, _ := up.Read(b)
			got <- string(b[:n])
			_, _ = io.WriteString(up, "HTTP/1.1 426 Upgrade Required\r\nSEC-websocket-VERSION: 13\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 3\r\n\r\nno.")
		}()
		p := stand(t, "x=ws://"+l.Addr().String(), Options{RewriteOrigin: c.rewrite, Scheme: c.scheme})
		fields := []string{"origin: " + c.origin, "COOKIE: sid=secret1", "x-oDD:  two  spaces ", "Authorization: Bearer secret2", "Sec-WebSocket-Protocol: token.secret3"}
		res, body := say(t, p.addr, upgrade("/a//b/%2e?token=secret4&x", "proxy.localhost", fields...))
		want := upgrade("/a//b/%2e?token=secret4&x", l.Addr().String(), fields...)
		if c.becomesTarget {
			want = strings.Replace(want, c.origin, "http://"+l.Addr().String(), 1)
		}
		if got := await.Receive(t, got); got != want {
			t.Errorf("%+v: the target saw\n%q\nwant\n%q", c, got, want)
		}
		if res.StatusCode != 426 || body != "no." || len(res.Header["Set-Cookie"]) != 2 {
			t.Errorf("the client saw %v %q", res, body)
		}
		if seen := p.seen.text(); strings.Contains(seen, "secret") || !strings.Contains(seen, "Host: proxy.localhost") {
			t.Errorf("recorded: %s", seen)
		}
	}
}

// TestPagesPass: method, path, query, fields and body there, status, fields and body back.
func TestPagesPass(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header()["Set-Cookie"] = []string{"a=1", "b=2"}
		w.WriteHeader(http.StatusTeapot)
		_, _ = fmt.Fprintf(w, "%s %s %s %s %q %v %v %s", r.Method, r.RequestURI, r.Host, r.Header.Get("Origin"), r.Header.Values("Cookie"),
			r.Header["X-Forwarded-For"], r.Header["Accept-Encoding"], body)
	}))
	defer target.Close()
	host := strings.TrimPrefix(target.URL, "http://")
	p := stand(t, "x="+target.URL, Options{})
	res, body := say(t, p.addr, "POST /a%2Fb//c?q=1;2&%zz HTTP/1.1\r\nHost: x\r\nOrigin: http://page\r\nCookie: c=3\r\nX-Forwarded-For: 9.9.9.9\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 4\r\n\r\nbody")
	want := "POST /a%2Fb//c?q=1;2&%zz " + host + ` http://page ["c=3"] [9.9.9.9] [] body`
	if res.StatusCode != http.StatusTeapot || body != want || len(res.Header["Set-Cookie"]) != 2 {
		t.Errorf("%v\n got %s\nwant %s", res, body, want)
	}
}

// TestCertificatesAreVerified: unless the user said otherwise.
func TestCertificatesAreVerified(t *testing.T) {
	target := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	target.Config.ErrorLog = log.New(io.Discard, "", 0)
	target.StartTLS()
	defer target.Close()
	for _, scheme := range []string{"wss", "https"} {
		for _, request := range []string{upgrade("/", "x"), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"} {
			p := stand(t, "x="+scheme+"://"+target.Listener.Addr().String(), Options{})
			if res, body := say(t, p.addr, request); res.StatusCode != http.StatusBadGateway || !strings.Contains(body, "x509") {
				t.Errorf("%d %s", res.StatusCode, body)
			}
			roots := target.Client().Transport.(*http.Transport).TLSClientConfig
			p = stand(t, "x="+scheme+"://"+target.Listener.Addr().String(), Options{TLS: roots})
			if res, body := say(t, p.addr, request); res.StatusCode != http.StatusOK {
				t.Errorf("trusted: %d %s", res.StatusCode, body)
			}
		}
	}
}

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]string{
		"api=wss://example.com/socket": "wss://example.com/socket",
		"a.b-c_1=ws://127.0.0.1:9":     "ws://127.0.0.1:9",
		"app=https://example.com/":     "wss://example.com",
		"v6=http://[::1]:8080":         "ws://[::1]:8080",
		"p=ws://h/a%2Fb":               "ws://h/a%2Fb",
	} {
		if got, err := ParseTarget(text); err != nil || got.String() != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"wss://example.com":       "is not NAME=URL",
		"=ws://h":                 "is not NAME=URL",
		"a b=ws://h":              "is not NAME=URL",
		"a=ftp://h":               "must begin with",
		"a=h:80":                  "must begin with",
		"a=ws:h":                  "must begin with",
		"a=ws://":                 "names no host",
		"a=ws://:80":              "names no host",
		"a=ws://u:p@h/":           "user or a password",
		"a=ws://h/?x":             "query",
		"a=ws://h/#x":             "fragment",
		"a=http://h/path":         "has a path",
		"a=ws://h:port":           "no valid URL",
		"a=ws://169.254.169.254%": "no valid URL",
	} {
		_, err := ParseTarget(text)
		var bad *TargetError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestNoChoiceOfProtocols: a handshake that offers another protocol beside WebSocket does not reach the target, which could choose it;
// lone line feeds and fields that look like first lines reach it as what was checked.
func TestNoChoiceOfProtocols(t *testing.T) {
	reached := make(chan string, 8)
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached <- r.Host + " " + r.Header.Get("Cookie")
		w.WriteHeader(http.StatusUpgradeRequired)
	}))
	defer target.Close()
	host := strings.TrimPrefix(target.URL, "http://")
	p := stand(t, "x="+target.URL, Options{})
	plain := upgrade("/", "x")
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"websocket alone": {plain, 426},
		"in capitals":     {strings.Replace(plain, "websocket", "WebSocket", 1), 426},
		"a list":          {strings.Replace(plain, "websocket", "websocket, h2c", 1), 400},
		"the other first": {strings.Replace(plain, "websocket", "h2c,websocket", 1), 400},
		"two fields":      {strings.Replace(plain, "Upgrade: websocket", "Upgrade: websocket\r\nUpgrade: h2c", 1), 400},
		"a version":       {strings.Replace(plain, "websocket", "websocket, TLS/1.3", 1), 400},
		"line feeds":      {strings.ReplaceAll(plain, "\r\n", "\n"), 426},
		"a cookie":        {strings.Replace(plain, "\r\n\r\n", "\r\nCookie: GET / HTTP/1.1\r\n\r\n", 1), 426},
	} {
		res, body := say(t, p.addr, c.request)
		if res.StatusCode != c.status {
			t.Errorf("%s: %s %s", name, res.Status, body)
		}
		select {
		case got := <-reached:
			if c.status == 400 || !strings.HasPrefix(got, host+" ") || name == "a cookie" && got != host+" GET / HTTP/1.1" {
				t.Errorf("%s: the target got %s", name, got)
			}
		default:
			if c.status != 400 {
				t.Errorf("%s: the target got nothing", name)
			}
		}
	}
}
