// These tests prove that what clients send through the proxy arrives as it was sent, that the WebSockets in it are recorded, and
// that no client reaches more by it than without it. This file also holds what the tests of this package share.
package forward

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/net/proxy"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	reach "github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// patience bounds every wait of these tests.
const patience = 2 * time.Minute

// memory keeps records as lines.
type memory struct {
	mu   sync.Mutex
	list []string
}

func (m *memory) Append(r *record.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, fmt.Sprintf("%s %s %s %s%s", r.Kind, r.Dir, r.Name, r.Head, r.Unmasked().Payload))
}

func (m *memory) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.list, "\n")
}

// standing is a proxy under test.
type standing struct {
	*Proxy
	addr    string
	seen    memory
	notices chan string
}

// stand starts a proxy that trusts the certificates of server, if any.
func stand(t *testing.T, server *httptest.Server, change func(*Options)) *standing {
	t.Helper()
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &standing{addr: l.Addr().String(), notices: make(chan string, 10)}
	tapped := tap.New(tap.Config{Sink: &s.seen, LeaveMasked: true})
	o := Options{Authority: authority, Tap: tapped.Handler, Notice: func(host, sentence string) { s.notices <- host + ": " + sentence }}
	if server != nil && server.TLS != nil {
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		o.Upstream.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	if change != nil {
		change(&o)
	}
	s.Proxy = New(o)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = l.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		s.Close(ctx)
		await.Closed(t, done)
	})
	return s
}

// trusting returns a client's TLS configuration that trusts the proxy's authority alone.
func (s *standing) trusting() *tls.Config {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.o.Authority.PEM())
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// client returns an HTTP client that goes through the proxy.
func (s *standing) client(user *url.Userinfo) *http.Client {
	at := &url.URL{Scheme: "http", Host: s.addr, User: user}
	return &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(at), TLSClientConfig: s.trusting(), DisableKeepAlives: true}, Timeout: patience}
}

// echo is a WebSocket echo server, whose other paths say what was asked.
func echo(secure bool) *httptest.Server {
	if secure {
		return httptest.NewTLSServer(echoes())
	}
	return httptest.NewServer(echoes())
}

func echoes() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ws" {
			_, _ = fmt.Fprintf(w, "%s %s host=%s %s", r.Method, r.URL.Path, r.Host, r.Header.Get("Proxy-Authorization"))
			return
		}
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, body, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, body) != nil {
				return
			}
		}
	})
}

// TestSocketsAreSeen: over every way into the proxy, a message comes back, and the handshake and both frames are recorded under the
// server's name.
func TestSocketsAreSeen(t *testing.T) {
	for _, secure := range []bool{false, true} {
		server := echo(secure)
		defer server.Close()
		s := stand(t, server, nil)
		dialer, err := proxy.SOCKS5("tcp", s.addr, nil, proxy.Direct)
		if err != nil {
			t.Fatal(err)
		}
		ways := map[string]*http.Client{
			"CONNECT": s.client(nil),
			"SOCKS5": {Transport: &http.Transport{TLSClientConfig: s.trusting(), DialContext: func(_ context.Context, network, addr string) (net.Conn, error) {
				return dialer.Dial(network, addr)
			}}},
		}
		for way, client := range ways {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			c, _, err := websocket.Dial(ctx, server.URL+"/ws?"+way, &websocket.DialOptions{HTTPClient: client})
			if err != nil {
				t.Fatalf("%s to %s: %v", way, server.URL, err)
			}
			message := "hello over " + way
			if err := c.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
				t.Fatal(err)
			}
			if _, got, err := c.Read(ctx); err != nil || string(got) != message {
				t.Fatalf("%s: %q, %v", way, got, err)
			}
			_ = c.Close(websocket.StatusNormalClosure, "")
			name := strings.TrimPrefix(strings.TrimPrefix(server.URL, "https://"), "http://")
			await.Until(t, way+" is recorded", func() bool {
				seen := s.seen.text()
				return strings.Count(seen, message) == 2 && strings.Contains(seen, name+" GET /ws?"+way+" HTTP/1.1\r\n")
			})
		}
		host, _, _ := net.SplitHostPort(server.Listener.Addr().String())
		for _, h := range s.Hosts() {
			if h.Name == host && h.Sockets != 2 {
				t.Errorf("%s is counted as %+v", host, h)
			}
		}
	}
}

// TestPagesPass: plain requests arrive as they were sent, without the proxy's credentials, and leave no record but a count.
func TestPagesPass(t *testing.T) {
	for _, secure := range []bool{false, true} {
		server := echo(secure)
		defer server.Close()
		s := stand(t, server, func(o *Options) { o.User, o.Password = "me", "secret" })
		res, err := s.client(url.UserPassword("me", "secret")).Get(server.URL + "/page?x=1")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		host := strings.TrimPrefix(strings.TrimPrefix(server.URL, "https://"), "http://")
		if string(body) != "GET /page host="+host+" " {
			t.Errorf("the server got %q", body)
		}
		if seen := s.seen.text(); seen != "" {
			t.Errorf("a page is recorded: %s", seen)
		}
		if all := s.Hosts(); len(all) != 1 || all[0].Requests != 1 {
			t.Errorf("the hosts are %+v", all)
		}
	}
}

// TestCredentials: without the right ones neither HTTP nor SOCKS5 gets anything, and the credentials are asked for.
func TestCredentials(t *testing.T) {
	server := echo(false)
	defer server.Close()
	s := stand(t, nil, func(o *Options) { o.User, o.Password = "me", "secret" })
	for _, user := range []*url.Userinfo{nil, url.UserPassword("me", "wrong"), url.UserPassword("you", "secret")} {
		res, err := s.client(user).Get(server.URL)
		if err != nil || res.StatusCode != http.StatusProxyAuthRequired || res.Header.Get("Proxy-Authenticate") == "" {
			t.Errorf("%v: %v, %v", user, res, err)
		}
		var auth *proxy.Auth
		if user != nil {
			password, _ := user.Password()
			auth = &proxy.Auth{User: user.Username(), Password: password}
		}
		dialer, err := proxy.SOCKS5("tcp", s.addr, auth, proxy.Direct)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := dialer.Dial("tcp", server.Listener.Addr().String()); err == nil {
			_ = c.Close()
			t.Errorf("SOCKS5 lets %v in", user)
		}
	}
	dialer, err := proxy.SOCKS5("tcp", s.addr, &proxy.Auth{User: "me", Password: "secret"}, proxy.Direct)
	if err != nil {
		t.Fatal(err)
	}
	c, err := dialer.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatalf("SOCKS5 with the right credentials: %v", err)
	}
	_ = c.Close()
}

// TestOtherProtocolsPass: bytes that are neither TLS nor HTTP are carried as they are, also when the server speaks first, and so is the end.
func TestOtherProtocolsPass(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.WriteString(c, "SSH-2.0-server\r\n")
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	s := stand(t, nil, nil)
	for name, first := range map[string]string{"the server speaks first": "", "the client speaks first": "\x00\x01binary", "HTTP/2 without TLS": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"} {
		c := s.tunnelTo(t, l.Addr().String())
		if _, err := io.WriteString(c, first); err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReader(c)
		if line, err := r.ReadString('\n'); err != nil || line != "SSH-2.0-server\r\n" {
			t.Fatalf("%s: the server says %q, %v", name, line, err)
		}
		if _, err := io.WriteString(c, " and more"); err != nil {
			t.Fatal(err)
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if rest, err := io.ReadAll(r); err != nil || string(rest) != first+" and more" {
			t.Errorf("%s: what comes back is %q, %v", name, rest, err)
		}
		_ = c.Close()
	}
	if seen := s.seen.text(); seen != "" {
		t.Errorf("it is recorded: %s", seen)
	}
}

// tunnelTo opens a tunnel by CONNECT.
func (s *standing) tunnelTo(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", address); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, len(established))
	if _, err := io.ReadFull(c, answer); err != nil || string(answer) != established {
		t.Fatalf("the answer to CONNECT is %q, %v", answer, err)
	}
	return c
}

// TestNothingMoreIsReached: ports of the program are not dialled, by any way and any name; a web page's request to the proxy gets an
// explanation and nothing else; addresses that are none are refused.
func TestNothingMoreIsReached(t *testing.T) {
	control := echo(false) // stands for the control API
	defer control.Close()
	_, port, _ := net.SplitHostPort(control.Listener.Addr().String())
	var number uint16
	if _, err := fmt.Sscan(port, &number); err != nil {
		t.Fatal(err)
	}
	s := stand(t, nil, func(o *Options) { o.Upstream.OwnPorts = map[uint16]bool{number: true} })
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "127.1.2.3"} {
		res, err := s.client(nil).Get("http://" + net.JoinHostPort(strings.Trim(host, "[]"), port) + "/secret")
		if err != nil {
			continue
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusBadGateway || strings.Contains(string(body), "/secret host=") {
			t.Errorf("%s: %d %s", host, res.StatusCode, body)
		}
	}
	c := s.tunnelTo(t, "127.0.0.1:"+port)
	if _, err := io.WriteString(c, "\x00\x00"); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, c); n != 0 || err == nil {
		t.Errorf("a raw tunnel to our own port carries %d bytes, %v; want a reset", n, err)
	}
	for request, want := range map[string]string{
		"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://evil.example\r\n\r\n": "400 ",
		"CONNECT example.com HTTP/1.1\r\nHost: x\r\n\r\n":                           "400 ",
		"CONNECT example.com:0 HTTP/1.1\r\nHost: x\r\n\r\n":                         "400 ",
		"GET ftp://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n":              "400 ",
		"GET http://tetherscope.invalid/ca.pem HTTP/1.1\r\nHost: t.invalid\r\n\r\n": "200 ",
	} {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(c, request)
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || !strings.HasPrefix(res.Status, want) {
			t.Errorf("%q: %v, %v", request, res, err)
		}
		_ = c.Close()
	}
}

// TestThroughAnother: servers are reached by a proxy behind, with its credentials, and a wrong password is named as such and not shown.
func TestThroughAnother(t *testing.T) {
	server := echo(true)
	defer server.Close()
	behind := stand(t, server, func(o *Options) { o.User, o.Password = "me", "secret"; o.Pass = Patterns{"127.0.0.1"} })
	for password, want := range map[string]int{"secret": http.StatusOK, "wrong": http.StatusBadGateway} {
		through, err := reach.ParseThrough("http://me:" + password + "@" + behind.addr)
		if err != nil {
			t.Fatal(err)
		}
		s := stand(t, server, func(o *Options) { o.Upstream.Through = through })
		res, err := s.client(nil).Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != want || want != http.StatusOK && (!strings.Contains(string(body), "407") || strings.Contains(string(body), "wrong")) {
			t.Errorf("password %q: %d %s", password, res.StatusCode, body)
		}
	}
}

// TestLeaves: certificates bear the host they are for, names of any length and addresses of both families, are valid for a day, and are
// signed by the authority.
func TestLeaves(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	a, err := newAuthority(func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	long := strings.Repeat("a-very-long-label-of-sixty-characters-and-some-more-to-fill-it.", 3) + "example.com"
	for _, host := range []string{"example.com", "127.0.0.1", "::1", "2001:db8::1", long, "xn--bcher-kva.example"} {
		leaf, err := a.Leaf(host)
		if err != nil {
			t.Fatalf("%s: %v", host, err)
		}
		name := host
		if strings.Contains(host, ":") {
			name = "[" + host + "]"
		}
		if _, err := leaf.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, CurrentTime: now}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		if life := leaf.Leaf.NotAfter.Sub(now); life != leafLife {
			t.Errorf("%s is valid for %v", host, life)
		}
		if again, _ := a.Leaf(host); again != leaf {
			t.Errorf("%s is made twice", host)
		}
	}
	first, _ := a.Leaf("example.com")
	now = now.Add(leafLife)
	if second, err := a.Leaf("example.com"); err != nil || second == first {
		t.Errorf("a leaf that is about to end is still given: %v", err)
	}
	for i := range maxLeaves + 10 {
		if _, err := a.Leaf(fmt.Sprint("host-", i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(a.leaves) > maxLeaves {
		t.Errorf("%d leaves are kept", len(a.leaves))
	}
}

// FuzzSOCKS: no request, however wrong, does anything but end, and what is accepted has a host and a port.
func FuzzSOCKS(f *testing.F) {
	f.Add([]byte{5, 1, 0, 1, 127, 0, 0, 1, 0, 80})
	f.Add([]byte{5, 1, 0, 3, 4, 'h', 'o', 's', 't', 1, 187})
	f.Add([]byte{5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 80})
	f.Fuzz(func(t *testing.T, b []byte) {
		host, address, _, err := readRequest(strings.NewReader(string(b)))
		if err != nil {
			return
		}
		if h, port, err := net.SplitHostPort(address); err != nil || h != host || host == "" || port == "" || port == "0" {
			t.Errorf("%x gives host %q and address %q", b, host, address)
		}
	})
}
