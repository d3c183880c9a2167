package app_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/app/auth"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

const origin = "http://chat.example"

// patience is how long a test waits for what must come. It is no promise of the server: a machine may be busy.
const patience = 2 * time.Minute

// secret signs every test token.
var secret = []byte("a secret for tests, 32 bytes or more")

// node is an App that listens on real TCP.
type node struct {
	*app.App
	t        *testing.T
	url      string // http://127.0.0.1:port
	log      *syncBuffer
	verifier *auth.Verifier
	handling *atomic.Int32            // handlers that have not returned
	client   *http.Client             // of peers; nil: the default one
	dial     func() (net.Conn, error) // of raw clients
}

// readHeaderTimeout is what the test server has; [devserver] has the same.
const readHeaderTimeout = 5 * time.Second

// start runs an App with cfg on TCP; what a test leaves empty gets values for tests.
func start(t *testing.T, cfg app.Config) *node {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, cfg, l)
}

func startOn(t *testing.T, cfg app.Config, l net.Listener) *node {
	t.Helper()
	key, err := auth.NewSecret("test", secret)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Keys == nil {
		cfg.Keys = []auth.Key{key}
	}
	if cfg.Origins == nil {
		cfg.Origins = []string{origin}
	}
	log := &syncBuffer{}
	cfg.Log = slog.New(slog.NewJSONHandler(log, nil))
	a, err := app.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	handling := new(atomic.Int32)
	counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handling.Add(1)
		defer handling.Add(-1)
		a.Handler().ServeHTTP(w, r)
	})
	srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: counted, ReadHeaderTimeout: readHeaderTimeout}}
	srv.Start()
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		srv.Close()
	})
	v, err := auth.NewVerifier(auth.Options{Keys: []auth.Key{key}, Audience: app.Audience})
	if err != nil {
		t.Fatal(err)
	}
	dial := func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }
	return &node{App: a, t: t, url: srv.URL, log: log, verifier: v, dial: dial, handling: handling}
}

// token signs a token for user that is valid for ttl.
func (n *node) token(user string, ttl time.Duration) string {
	n.t.Helper()
	token, err := n.verifier.Issue(user, time.Now(), ttl)
	if err != nil {
		n.t.Fatal(err)
	}
	return token
}

// peer is a client in a conversation. Its methods fail the test.
type peer struct {
	t    *testing.T
	conn *websocket.Conn
	id   string
}

// message is any JSON message.
type message map[string]any

// dial connects to path without expecting anything.
func dial(t *testing.T, url, path string, opt *websocket.DialOptions) *peer {
	t.Helper()
	return dialBy(t, nil, url, path, opt)
}

func dialBy(t *testing.T, client *http.Client, url, path string, opt *websocket.DialOptions) *peer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if opt == nil {
		opt = &websocket.DialOptions{}
	}
	opt.HTTPClient = client
	if opt.HTTPHeader == nil {
		opt.HTTPHeader = http.Header{"Origin": {origin}}
	}
	conn, res, err := websocket.Dial(ctx, strings.Replace(url, "http", "ws", 1)+path, opt)
	if err != nil {
		status := 0
		if res != nil {
			status = res.StatusCode
		}
		t.Fatalf("dial %s: %v (HTTP %d)", path, err, status)
	}
	conn.SetReadLimit(8 << 20)
	t.Cleanup(func() { conn.CloseNow() })
	return &peer{t: t, conn: conn}
}

// join connects user to the chat and reads the welcome.
func (n *node) join(user string) *peer {
	n.t.Helper()
	p := dialBy(n.t, n.client, n.url, "/ws/chat?token="+n.token(user, time.Hour), nil)
	w := p.expect(chat.TypeWelcome)
	p.id, _ = w["clientId"].(string)
	if !chat.ValidID(p.id) || w["user"] != user {
		n.t.Fatalf("welcome %v", w)
	}
	return p
}

// say sends m as JSON.
func (p *peer) say(m any) {
	p.t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		p.t.Fatal(err)
	}
	p.write(websocket.MessageText, b)
}

func (p *peer) write(kind websocket.MessageType, b []byte) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	if err := p.conn.Write(ctx, kind, b); err != nil {
		p.t.Fatal(err)
	}
}

// read returns the next message, whatever it is.
func (p *peer) read() (websocket.MessageType, []byte) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	kind, b, err := p.conn.Read(ctx)
	if err != nil {
		p.t.Fatalf("read: %v", err)
	}
	return kind, b
}

// expect returns the next message, which has to be of the type.
func (p *peer) expect(name string) message {
	p.t.Helper()
	_, b := p.read()
	var m message
	if err := json.Unmarshal(b, &m); err != nil || m["type"] != name {
		p.t.Fatalf("got %s, want type %q", b, name)
	}
	return m
}

// silent proves that nothing is under way to p: the answer to its ping is the next thing that comes.
func (p *peer) silent() {
	p.t.Helper()
	p.say(message{"type": "ping"})
	p.expect(chat.TypePong)
}

// closed waits for the end of the connection and returns code and reason; messages before it are skipped.
func (p *peer) closed() (websocket.StatusCode, string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	for {
		if _, _, err := p.conn.Read(ctx); err != nil {
			if ctx.Err() != nil {
				p.t.Fatal("the connection is still open")
			}
			return closeOf(err)
		}
	}
}

// expectClosed is closed with an expectation.
func (p *peer) expectClosed(code websocket.StatusCode, reason string) {
	p.t.Helper()
	if c, r := p.closed(); c != code || r != reason {
		p.t.Fatalf("closed with %d %q, want %d %q", c, r, code, reason)
	}
}

// syncBuffer is a log that many goroutines write to.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// eventually polls until ok, and fails with what after the patience of a test on a busy machine.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	await.Until(t, what, ok)
}
