package scopetest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/scope"
)

// DefaultPatience is how long a [Tap] waits for what is to come, unless [Config] says otherwise.
const DefaultPatience = 30 * time.Second

// limit is how long a tap may take to start and to end.
const limit = time.Minute

// Config says what a tap stands in front of. One of Handler and Target is given.
type Config struct {
	Handler  http.Handler  // the server under test; it is served on loopback
	Target   string        // URL of a running server: ws(s)://host/path for one path, http(s)://host for all of it
	Rules    string        // fault rules that are active from the start, one per line
	Patience time.Duration // how long to wait for what is to come; 0 means [DefaultPatience]
	Folder   string        // where the capture of a failed test goes; "" for the test's artifacts, or without -artifacts the system's temporary folder
}

// Tap stands between clients and a server. Its methods that take part in the test, as those of [testing.TB] that end it, are called on the
// goroutine of the test.
type Tap struct {
	URL    string        // ws://127.0.0.1:PORT, with the path of a target that has one: what clients dial
	Client *scope.Client // of the control API: inject, close, intercept, watch

	t        testing.TB
	patience time.Duration
}

// Start starts a tap that ends with the test. When it cannot, the test fails at once.
func Start(t testing.TB, c Config) *Tap {
	t.Helper()
	config, err := c.server(t)
	if err != nil {
		t.Fatalf("scopetest: %v", err)
	}
	recording := &file.Recording{Name: filepath.Join(t.TempDir(), "websockets.tscap"), Report: t.Logf}
	config.Record = recording
	started, ended := make(chan server.Running, 1), make(chan error, 1)
	config.Started = func(r server.Running) { started <- r }
	ctx, cancel := context.WithCancel(context.Background())
	go func() { ended <- server.Run(ctx, config, io.Discard, nil) }()
	select {
	case err := <-ended:
		cancel()
		t.Fatalf("scopetest: %v", err)
	case r := <-started:
		t.Cleanup(func() {
			cancel()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("scopetest: %v", err)
				}
			case <-time.After(limit):
				t.Errorf("scopetest: the tap has not ended within %v", limit)
			}
			if t.Failed() {
				keep(t, recording.Name, c.Folder)
			}
		})
		return &Tap{
			URL: strings.TrimSuffix(r.Targets["target"], "/"), Client: scope.New("http://"+r.Addr, r.Token),
			t: t, patience: cmp.Or(c.Patience, DefaultPatience),
		}
	case <-time.After(limit):
		cancel()
		t.Fatalf("scopetest: the tap has not started within %v", limit)
	}
	return nil // Fatalf has not returned
}

// server returns how the server of the tap is set up.
func (c Config) server(t testing.TB) (s server.Config, err error) {
	if (c.Handler == nil) == (c.Target == "") {
		return s, fmt.Errorf("want a Handler or a Target, and not both")
	}
	url := c.Target
	if c.Handler != nil {
		h := httptest.NewServer(c.Handler)
		t.Cleanup(func() { h.CloseClientConnections(); h.Close() })
		url = h.URL
	}
	target, err := proxy.ParseTarget("target=" + url)
	if err != nil {
		return s, fmt.Errorf("target: %w", err)
	}
	rules, err := fault.Parse(c.Rules)
	if err != nil {
		return s, fmt.Errorf("rules: %w", err)
	}
	return server.Config{
		Addr: "127.0.0.1:0", Targets: []proxy.Target{target}, Faults: rules,
		Assets: fstest.MapFS{}, MissingAssets: "The tap of a test has no pages.",
	}, nil
}
