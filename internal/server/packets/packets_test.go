package packets

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

const (
	request = "GET PATH HTTP/1.1\r\nHost: example.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAuthorization: Bearer s3cret\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)

// TestFeedIsLive: each record comes as soon as its packet has, while the pipe stays open; without credentials, under numbers
// that are asked for, and without the panel's own feed.
func TestFeedIsLive(t *testing.T) {
	in, out := io.Pipe()
	records := make(chan record.Record, 10)
	number := uint32(6)
	f := Feed{NewConn: func() uint32 { number++; return number }, Append: func(r *record.Record) { records <- r.Clone() }}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx, in) }()
	w, err := pcap.NewWriter(out, "test")
	if err != nil {
		t.Fatal(err)
	}
	for conn, path := range []string{feed.Path, "/ws"} {
		for _, r := range []record.Record{
			{Kind: record.KindRequest, Name: path, Remote: "192.0.2.1:4000", Head: []byte(strings.Replace(request, "PATH", path, 1))},
			{Kind: record.KindResponse, Head: []byte(response)},
		} {
			if r.Conn = uint32(conn + 1); w.Write(&r) != nil {
				t.Fatal("the pipe is closed")
			}
			if err := w.Close(); err != nil { // it flushes
				t.Fatal(err)
			}
		}
	}
	first := await.Receive(t, records)
	if first.Name != "/ws" || first.Conn != 8 || bytes.Contains(first.Head, []byte("s3cret")) {
		t.Errorf("%+v %s", first, first.Head)
	}
	if second := await.Receive(t, records); second.Kind != record.KindResponse {
		t.Errorf("%+v", second)
	}
	cancel()
	if err := await.Receive(t, done); err != nil {
		t.Error(err)
	}
}

// TestProgramCommand: tcpdump is preferred, dumpcap does too, and our own ports are left out.
func TestProgramCommand(t *testing.T) {
	only := func(name string) func(string) (string, error) {
		return func(s string) (string, error) {
			if s == name {
				return "/bin/" + s, nil
			}
			return "", exec.ErrNotFound
		}
	}
	p := Program{Interface: "lo", Filter: "port 1 or port 2", Not: []string{"7316"}}
	for name, want := range map[string]string{
		"tcpdump": "/bin/tcpdump -i lo -n -U -s 0 -w - -- (port 1 or port 2) and not tcp port 7316",
		"dumpcap": "/bin/dumpcap -q -i lo -w - -f (port 1 or port 2) and not tcp port 7316",
	} {
		p.LookPath = only(name)
		if got, err := p.command(); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q, %v", got, err)
		}
	}
	p.LookPath = only("none")
	if _, err := Start(t.Context(), p); !errors.Is(err, ErrNoProgram) {
		t.Error(err)
	}
	p.Interface, p.LookPath = "no-such-interface", nil
	if _, err := Start(t.Context(), p); err == nil || !errors.Is(err, ErrNoProgram) && !strings.Contains(err.Error(), "no-such-interface") {
		t.Error(err)
	}
}

// TestRealPrograms: a WebSocket on the loopback interface is seen while it is open, by tcpdump and by dumpcap, where they are and may capture.
func TestRealPrograms(t *testing.T) {
	for _, name := range []string{"tcpdump", "dumpcap"} {
		t.Run(name, func(t *testing.T) { realProgram(t, name) })
	}
}

func realProgram(t *testing.T, name string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for err == nil {
			_, _, err = c.Read(r.Context())
		}
	}))
	defer s.Close()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	only := func(s string) (string, error) {
		if s != name {
			return "", exec.ErrNotFound
		}
		return exec.LookPath(s)
	}
	out, err := Start(ctx, Program{Interface: "lo", Filter: "tcp port " + port, LookPath: only})
	if err != nil {
		t.Skip("it is not here, or may not capture:", err)
	}
	seen := make(chan string, 100)
	var counts pcap.Counts
	f := Feed{Counts: &counts, NewConn: func() uint32 { return 1 }, Append: func(r *record.Record) {
		if r.Kind == record.KindFrame {
			seen <- string(r.Payload)
		}
	}}
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx, out) }()
	c, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if err := c.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got := await.Receive(t, seen); got != "hello" {
		t.Errorf("%q", got)
	}
	other, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, _ = other.Write([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 of TLS"))
	await.Until(t, "an open TLS connection is counted as passed over", func() bool {
		return slices.ContainsFunc(counts.List(), func(o record.Omission) bool { return o.Reason == "tls" && o.Count == 1 })
	})
	cancel()
	if err := errors.Join(await.Receive(t, done), out.Wait(ctx)); err != nil {
		t.Error(err)
	}
}
