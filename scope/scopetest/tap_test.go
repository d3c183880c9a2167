package scopetest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rawws"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/scope"
	"github.com/tetherscope/tetherscope/scope/scopetest"
)

// prices answers each message with a price; below /masked it first sends a masked frame, which a server must not (RFC 6455 §5.1).
func prices(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/masked" {
		p, err := rawws.Accept(w, r, rawws.Choice{})
		if err == nil {
			_, _ = p.Write(frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text, Masked: true}, []byte("x")))
			_ = p.Close()
		}
		return
	}
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	for {
		if _, _, err := c.Read(r.Context()); err != nil {
			return
		}
		if err := c.Write(r.Context(), websocket.MessageText, []byte(`{"type":"price","price":3}`)); err != nil {
			return
		}
	}
}

// dial connects and subscribes.
func dial(t *testing.T, url string) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	if err := c.Write(t.Context(), websocket.MessageText, []byte(`{"type":"subscribe"}`)); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestWhatPassed: what both ends send is found, before and after it comes, and a query that finds nothing finds nothing.
func TestWhatPassed(t *testing.T) {
	tap := scopetest.Start(t, scopetest.Config{Handler: http.HandlerFunc(prices), Patience: 2 * time.Minute})
	c := dial(t, tap.URL+"/ws")
	if e := tap.WaitSent(`$.type="subscribe"`); string(e.Message) != `{"type":"subscribe"}` {
		t.Errorf("sent was %q", e.Message)
	}
	if _, got, err := c.Read(t.Context()); err != nil || !strings.Contains(string(got), "price") {
		t.Errorf("read %q, %v", got, err)
	}
	tap.WaitReceived("op:text $.price>0")
	if got := tap.Received(`$.type="price"`); len(got) != 1 {
		t.Errorf("%d prices were received: %v", len(got), got)
	}
	if got := tap.Sent("op:binary"); len(got) != 0 {
		t.Errorf("binary messages were sent: %v", got)
	}
	tap.NoViolations()
}

// TestRules: rules from the start and new ones act on the connection that is open.
func TestRules(t *testing.T) {
	tap := scopetest.Start(t, scopetest.Config{Handler: http.HandlerFunc(prices), Rules: "dir:in op:text => drop", Patience: 2 * time.Minute})
	c := dial(t, tap.URL+"/ws")
	tap.WaitReceived("is:dropped")
	tap.SetRules("")
	if err := c.Write(t.Context(), websocket.MessageText, []byte("again")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.Read(t.Context()); err != nil || !strings.Contains(string(got), "price") {
		t.Errorf("without rules: %q, %v", got, err)
	}
}

// failing is a test that keeps its failures instead of failing this one.
type failing struct {
	testing.TB
	mu   sync.Mutex
	said []string
	ends []func()
}

func (f *failing) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

func (f *failing) Errorf(format string, args ...any) { f.note(format, args...) }
func (f *failing) Error(args ...any)                 { f.note("%s", fmt.Sprint(args...)) }
func (f *failing) Logf(format string, args ...any)   { f.note(format, args...) }
func (f *failing) Failed() bool                      { return true }
func (f *failing) Cleanup(end func())                { f.ends = append(f.ends, end) }

func (f *failing) Fatalf(format string, args ...any) {
	f.note(format, args...)
	runtime.Goexit()
}

// run runs a test and its cleanups on a goroutine of its own, and returns what it has said.
func (f *failing) run(t *testing.T, test func()) string {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for i := len(f.ends) - 1; i >= 0; i-- {
				f.ends[i]()
			}
		}()
		test()
	}()
	await.Closed(t, done)
	return strings.Join(f.said, "\n")
}

// captured waits until the tap has captured what a query finds, with the patience of a test on a busy machine.
func captured(t *testing.T, tap *scopetest.Tap, query string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), await.Limit)
	defer cancel()
	for e, err := range tap.Client.Watch(ctx, query) {
		if err != nil {
			t.Error(err)
		}
		if e.Kind != scope.Gap {
			return
		}
	}
	t.Errorf("nothing was captured that %s finds", query)
}

// TestFailuresSayWhat: a wait that ends in vain lists what there was, violations are named with their place, a capture of nothing is no
// proof, and the capture of a failed test is kept as a file with its records.
func TestFailuresSayWhat(t *testing.T) {
	folder := t.TempDir()
	for want, test := range map[string]func(f *failing, tap *scopetest.Tap){
		`1 records were sent, the last of them:
  frame text "{\"type\":\"subscribe\"}"`: func(_ *failing, tap *scopetest.Tap) {
			dial(t, tap.URL+"/ws")
			captured(t, tap, "dir:out op:text")
			tap.WaitSent("op:binary")
		},
		"masked server frame": func(_ *failing, tap *scopetest.Tap) {
			dial(t, tap.URL+"/masked")
			captured(t, tap, "lint")
			tap.NoViolations()
		},
		"nothing was captured": func(_ *failing, tap *scopetest.Tap) { tap.NoViolations() },
		"is not an action":     func(_ *failing, tap *scopetest.Tap) { tap.SetRules("op:text => nonsense") },
	} {
		f := &failing{TB: t}
		said := f.run(t, func() {
			tap := scopetest.Start(f, scopetest.Config{Handler: http.HandlerFunc(prices), Patience: time.Second, Folder: folder})
			test(f, tap)
		})
		if !strings.Contains(said, want) || !strings.Contains(said, "tetherscope show "+folder) {
			t.Errorf("it says\n%s\nwant %q and where the capture is", said, want)
		}
	}
	if kept, err := os.ReadFile(filepath.Join(folder, t.Name()+".tscap")); err != nil || len(kept) == 0 {
		t.Errorf("the capture: %d bytes, %v", len(kept), err)
	}
}

// TestStartChecks: what cannot be a target or a rule ends the test at once and says why.
func TestStartChecks(t *testing.T) {
	for want, config := range map[string]scopetest.Config{
		"want a Handler or a Target": {},
		"target: ":                   {Target: "ftp://localhost"},
		"rules: ":                    {Target: "ws://127.0.0.1:1/", Rules: "nonsense"},
	} {
		f := &failing{TB: t}
		if said := f.run(t, func() { scopetest.Start(f, config) }); !strings.Contains(said, want) {
			t.Errorf("%+v says %q, want %q", config, said, want)
		}
	}
}
