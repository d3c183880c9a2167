// These tests prove what a person meets at the command line: flags and their errors, a port that is taken, and an end in
// good order.
package server

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestSocketsAreClosedWith1001: and the end does not wait any longer once all have answered.
func TestSocketsAreClosedWith1001(t *testing.T) {
	s := start(t, nil)
	s.patience = time.Hour // far longer than the test waits for the end
	var open []*client
	for _, path := range []string{"/ws/echo", "/ws/demo?beat=10s", "/ws/echo"} {
		open = append(open, s.open(t, path))
	}
	open = append(open, s.subscribe(t))
	var answered sync.WaitGroup
	for _, c := range open {
		answered.Go(func() {
			code, _ := c.closed()
			if code != 1001 {
				t.Errorf("closed with %d", code)
			}
			c.send(frame.Header{Fin: true, Opcode: frame.Close}, "\x03\xe9")
			_, _ = io.Copy(io.Discard, c.in)
		})
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	await.Group(t, &answered)
}

// TestPeersThatDoNotAnswerDoNotHoldTheEnd: the server waits for them for the drain timeout and then ends. The test's limit is far above it,
// for slow machines: a server that waits for such a peer never ends.
func TestPeersThatDoNotAnswerDoNotHoldTheEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the drain timeout")
	}
	t.Parallel()
	s := start(t, nil)
	s.open(t, "/ws/echo")
	begin := time.Now()
	_ = s.stop()
	if took := time.Since(begin); took < drainTimeout || took > drainTimeout+time.Minute {
		t.Errorf("took %v", took)
	}
}

func TestRunSaysWhereItListens(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	ready := make(chan string, 1)
	done := make(chan error, 1)
	cfg := Config{Addr: "127.0.0.1:0", Assets: testAssets, Version: "v9"}
	go func() { done <- Run(ctx, cfg, &out, func(url string) { ready <- url }) }()
	url := await.Receive(t, ready)
	res, err := http.Get(url + "healthz")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	http.DefaultClient.CloseIdleConnections()

	addr := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/")
	err = Run(ctx, Config{Addr: addr, Assets: testAssets}, io.Discard, nil)
	if err == nil || !strings.Contains(err.Error(), "is taken. Another tetherscope v9, at "+url) || !strings.Contains(err.Error(), "tetherscope -addr 127.0.0.1:") {
		t.Errorf("a second one says: %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
	cancel()
	if err := await.Receive(t, done); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"tetherscope v9", url + "panel/", "ws://" + addr + "/ws/echo"} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("%q is not printed once in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "Warning") {
		t.Error("loopback is nothing to warn of")
	}
}

func TestPortTakenByAStranger(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n")
			_ = c.Close()
		}
	}()
	err = Run(t.Context(), Config{Addr: l.Addr().String(), Assets: testAssets}, io.Discard, nil)
	if err == nil || !strings.Contains(err.Error(), "Another program listens on it") {
		t.Errorf("%v", err)
	}
}

func TestWiderAddressIsWarnedOf(t *testing.T) {
	var out bytes.Buffer
	announce(&out, Config{Addr: "0.0.0.0:7316", Version: "v1"}, "k3y", "")
	if !strings.Contains(out.String(), "can be reached from other machines") || !strings.Contains(out.String(), "http://127.0.0.1:7316/panel/?key=k3y\n") {
		t.Error(out.String())
	}
}

func TestFlags(t *testing.T) {
	env := func(vars map[string]string) func(string) (string, bool) {
		return func(k string) (string, bool) { v, ok := vars[k]; return v, ok }
	}
	o, err := ParseFlags([]string{"-addr", "127.0.0.1:1", "-allow-host", "a,b", "-allow-host", "c"},
		env(map[string]string{"TETHERSCOPE_ADDR": "127.0.0.1:2", "TETHERSCOPE_RING": "7", "TETHERSCOPE_LOG_FRAMES": "true"}), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if o.Addr != "127.0.0.1:1" || o.RingSize != 7<<20 || !o.LogFrames || strings.Join(o.AllowHosts, " ") != "a b c" {
		t.Errorf("%+v", o)
	}
	var help bytes.Buffer
	if _, err := ParseFlags([]string{"-help"}, env(nil), &help); !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "tetherscope -open") || !strings.Contains(help.String(), "-max-message") {
		t.Errorf("%v\n%s", err, help.String())
	}
	for _, c := range []struct {
		args []string
		vars map[string]string
		want string
	}{
		{[]string{"-addr", "7316"}, nil, `-addr "7316" is not host:port; try`},
		{[]string{"-ring", "0"}, nil, "-ring 0 is not between"},
		{[]string{"-snap", "64MiB"}, nil, "-snap 64MiB is not between 1KiB and 32MiB: at most 64MiB, and half of the memory for the capture (-ring 64)"},
		{[]string{"-snap", "100MiB", "-ring", "4096"}, nil, "is not between 1KiB and 64MiB"},
		{[]string{"-snap", "0"}, nil, "-snap 0 is not between"},
		{[]string{"-max-message", "-1"}, nil, "-max-message -1 is not between"},
		{[]string{"-max-message", "1MB"}, nil, `invalid value "1MB" for flag -max-message`},
		{[]string{"-allow-host", "http://x"}, nil, "without scheme"},
		{[]string{"-allow-origin", "example.com"}, nil, "is not an origin"},
		{[]string{"-allow-origin", "https://*.example.com"}, nil, "is not an origin"},
		{[]string{"-dir", "/no/such/folder"}, nil, "is not a folder"},
		{[]string{"serve"}, nil, `"serve" is not a flag`},
		{[]string{"-nonsense"}, nil, "there is no flag -nonsense"},
		{nil, map[string]string{"TETHERSCOPE_TLS": "perhaps"}, `TETHERSCOPE_TLS="perhaps"`},
	} {
		if _, err := ParseFlags(c.args, env(c.vars), io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %v: %v", c.args, c.vars, err)
		}
	}
}

// TestPagesHearOfBuilds: a page that comes late gets the error that stands; outside development no page gets anything.
func TestPagesHearOfBuilds(t *testing.T) {
	s := start(t, func(c *Config) { c.Dev = true })
	if _, body := s.get(t, "GET", "/dev.js"); body != "// listens" {
		t.Errorf("dev.js is %q", body)
	}
	s.Notify(BuildError, "a.go:1: no\r\nb.go:2: <b>no</b>")
	c := s.raw(t)
	_, _ = io.WriteString(c, "GET /dev/events HTTP/1.1\r\nHost: "+s.addr+"\r\n\r\n")
	res, err := http.ReadResponse(c.in, nil)
	if err != nil || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%v, %v", res, err)
	}
	want := "retry: 300\nevent: hello\ndata: " + run + "\n\nevent: build-error\ndata: a.go:1: no\ndata: b.go:2: <b>no</b>\n\nevent: reload\ndata: \n\n"
	received := make(chan string)
	go func() {
		b := make([]byte, len(want))
		n, _ := io.ReadFull(res.Body, b)
		received <- string(b[:n])
	}()
	await.Until(t, "a page listens", func() bool { return s.listening() > 0 })
	s.Notify(Reload, "")
	if got := await.Receive(t, received); got != want {
		t.Errorf("received %q", got)
	}
	quiet := start(t, nil)
	if res, _ := quiet.get(t, "GET", "/dev/events"); res.StatusCode != http.StatusNoContent {
		t.Errorf("outside development: %s", res.Status)
	}
}

// listening returns how many pages listen for events.
func (s *running) listening() int {
	s.events.mu.Lock()
	defer s.events.mu.Unlock()
	return len(s.events.pages)
}
