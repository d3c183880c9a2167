package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/static"
)

// verdictServer is an echo on coder/websocket, and below /play/ the peer of a client under test. It is there with TLS and without.
type verdictServer struct {
	plain, secure *httptest.Server
	rules         []rule
	answers       chan string // of clients, one for each rule played
}

func newVerdictServer(t *testing.T) *verdictServer {
	s := &verdictServer{rules: rules(false), answers: make(chan string, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("/play/", s.play)
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil // the only part of an answer that differs from second to second
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover})
		if err != nil {
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(1 << 20)
		for {
			kind, body, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, body) != nil {
				return
			}
		}
	})
	s.plain, s.secure = httptest.NewServer(mux), httptest.NewTLSServer(mux)
	t.Cleanup(func() { s.plain.Close(); s.secure.Close() })
	return s
}

// way is one way to a verdictServer.
type way struct {
	name, url, host string
	proxy           string // host:port of the forward proxy; "" for none
	tls             *tls.Config
	client          *http.Client
}

// newWay returns the way to what a URL names, with a proxy or without.
func newWay(t *testing.T, name, to, through string, config *tls.Config) way {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: config}
	w := way{name: name, url: strings.Replace(to, "http", "ws", 1), host: u.Host, proxy: through, client: &http.Client{Transport: transport}}
	if u.Scheme == "https" {
		w.tls = config
	}
	if through != "" {
		transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: through})
	}
	t.Cleanup(transport.CloseIdleConnections)
	return w
}

// dial returns a connection on which HTTP is spoken.
func (w way) dial(t *testing.T) net.Conn {
	t.Helper()
	to := w.host
	if w.proxy != "" {
		to = w.proxy
	}
	c, err := net.DialTimeout("tcp", to, limit)
	if err != nil {
		t.Fatal(err)
	}
	if w.proxy != "" {
		_ = c.SetDeadline(time.Now().Add(limit))
		if _, err := io.WriteString(c, "CONNECT "+w.host+" HTTP/1.1\r\nHost: "+w.host+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: http.MethodConnect}); err != nil || res.StatusCode != http.StatusOK { // nothing comes behind it before we speak
			t.Fatalf("CONNECT: %v, %v", res, err)
		}
	}
	if w.tls != nil {
		c = tls.Client(c, w.tls)
	}
	return c
}

// ways runs the program with both servers as targets and with a forward proxy, and returns every way to them, the direct ones first.
func ways(t *testing.T, s *verdictServer) []way {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	cfg := server.Config{Addr: "127.0.0.1:0", Assets: static.Files, InsecureUpstream: true, Forward: server.Forwarding{Addr: "127.0.0.1:0", CertFile: ca}}
	for _, text := range []string{"plain=" + s.plain.URL, "secure=" + s.secure.URL} {
		target, err := proxy.ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Targets = append(cfg.Targets, target)
	}
	var printed frameLog
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- server.Run(ctx, cfg, &printed, func(string) { close(ready) }) }()
	t.Cleanup(func() {
		cancel()
		if err := await.Receive(t, done); err != nil {
			t.Error(err)
		}
	})
	await.Closed(t, ready)
	targets := regexp.MustCompile(`ws://(\S+)  for programs`).FindAllStringSubmatch(printed.String(), -1)
	through := regexp.MustCompile(`proxy +http://(\S+)`).FindStringSubmatch(printed.String())
	pem, err := os.ReadFile(ca)
	if err != nil || len(targets) != 2 || through == nil {
		t.Fatalf("%v\n%s", err, printed.String())
	}
	roots := func(add func(*x509.CertPool)) *tls.Config {
		pool := x509.NewCertPool()
		add(pool)
		return &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	}
	own := roots(func(p *x509.CertPool) { p.AddCert(s.secure.Certificate()) })
	ours := roots(func(p *x509.CertPool) { p.AppendCertsFromPEM(pem) })
	return []way{
		newWay(t, "direct", s.plain.URL, "", nil),
		newWay(t, "direct, TLS", s.secure.URL, "", own),
		newWay(t, "target", "http://"+targets[0][1], "", nil),
		newWay(t, "target, TLS behind it", "http://"+targets[1][1], "", nil),
		newWay(t, "forward proxy, CONNECT", s.plain.URL, through[1], nil),
		newWay(t, "forward proxy, CONNECT and TLS", s.secure.URL, through[1], ours),
	}
}

// TestVerdictsOfServersAreTheSame: a server answers every rule, kept and broken, with the same bytes directly, through a target, and
// through the forward proxy, with TLS and without.
func TestVerdictsOfServersAreTheSame(t *testing.T) {
	all := ways(t, newVerdictServer(t))
	for _, r := range rules(true) {
		for _, piece := range r.pieces() {
			want := all[0].ofServer(t, r, piece)
			if !strings.Contains(want, "101 Switching") {
				t.Fatalf("%s: directly there is no WebSocket: %s", r.name, want)
			}
			for _, w := range all[1:] {
				if got := w.ofServer(t, r, piece); got != want {
					t.Errorf("%s, in pieces of %d, %s:\n%.400s\ndirectly:\n%.400s", r.name, piece, w.name, got, want)
				}
			}
		}
	}
}

// TestVerdictsOfClientsAreTheSame: a client answers every rule with the same frames, and gives its program the same messages and the same error,
// directly, through a target, and through the forward proxy, with TLS and without.
func TestVerdictsOfClientsAreTheSame(t *testing.T) {
	s := newVerdictServer(t)
	all := ways(t, s)
	for number, r := range s.rules {
		for _, piece := range r.pieces() {
			want := all[0].ofClient(t, s, number, piece, r.deflate)
			for _, w := range all[1:] {
				if got := w.ofClient(t, s, number, piece, r.deflate); got != want {
					t.Errorf("%s, in pieces of %d, %s:\n%.400s\ndirectly:\n%.400s", r.name, piece, w.name, got, want)
				}
			}
		}
	}
}
