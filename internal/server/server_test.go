// These tests run a whole server on a real port and talk to it in raw bytes. This file holds what they share.
package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/script"
	"github.com/tetherscope/tetherscope/internal/script/worker"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestMain makes the test binary the worker of a script, as the program is one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == script.WorkerArg {
		os.Exit(worker.Run(os.Stdin, os.Stdout))
	}
	goleak.VerifyTestMain(m)
}

// testAssets is a small web folder.
var testAssets = fstest.MapFS{
	"index.html":            {Data: []byte("<!doctype html><title>console</title>")},
	"panel.html":            {Data: []byte(`<!doctype html><title>panel</title>`)},
	"bridge.js":             {Data: []byte("// bridge")},
	"tether.mjs":            {Data: bytes.Repeat([]byte("export const tether = 1;\n"), 100)},
	"tether.d.ts":           {Data: []byte("export {};")},
	"console.css":           {Data: []byte("body{}")},
	"dev.js":                {Data: []byte("// listens")},
	"static.go":             {Data: []byte("package static")},
	"dist/tether.wasm":      {Data: []byte("\x00asm plain")},
	"dist/tether.wasm.br":   {Data: []byte("brotli")},
	"dist/tether.wasm.gz":   {Data: []byte("gzip")},
	"dist/wasm_exec.js":     {Data: []byte("// exec")},
	"icons/deep/circle.svg": {Data: []byte("<svg/>")},
}

// running is a server under test.
type running struct {
	*Server
	addr string
	stop func() error // ends the server and waits for that
}

// start runs a server until the test ends.
func start(t testing.TB, change func(*Config)) *running {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// These clients answer no pings, and on a slow machine a test may take longer than the time between two.
	cfg := Config{Addr: l.Addr().String(), Assets: testAssets, RingSize: 8 << 20, Version: "test", Heartbeat: time.Hour}
	if change != nil {
		change(&cfg)
	}
	certificate := ""
	if cfg.TLS {
		conf, sum, err := selfSigned(nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		l, certificate = tls.NewListener(l, conf), sum
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.visits.Certificate = certificate
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	var result error
	ended := false
	stop := func() error {
		if !ended {
			ended = true
			cancel()
			result = await.Receive(t, done)
		}
		return result
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return &running{s, cfg.Addr, stop}
}

// client is a WebSocket client that writes what the test says, right or wrong.
type client struct {
	net.Conn
	t    testing.TB
	in   *bufio.Reader
	sent byte // frames, for a fresh masking key in each
}

// raw connects without a handshake.
func (s *running) raw(t testing.TB) *client {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	if s.cfg.TLS {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(await.Limit))
	return &client{Conn: c, t: t, in: bufio.NewReader(c)}
}

// handshake is the request that opens a WebSocket. Each field is a whole line.
func handshake(path, host string, fields ...string) string {
	lines := append([]string{
		"GET " + path + " HTTP/1.1", "Host: " + host, "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	}, fields...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// try sends a handshake and returns the answer.
func (s *running) try(t testing.TB, path, host string, fields ...string) (*client, *http.Response) {
	t.Helper()
	c := s.raw(t)
	_, _ = io.WriteString(c, handshake(path, host, fields...))
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Fatalf("no answer to a handshake at %s: %v", path, err)
	}
	return c, res
}

// open opens a WebSocket.
func (s *running) open(t testing.TB, path string, fields ...string) *client {
	t.Helper()
	c, res := s.try(t, path, s.addr, fields...)
	if res.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(res.Body)
		t.Fatalf("%s answered %s: %s", path, res.Status, body)
	}
	return c
}

// patient begins the time that the next exchange may take: how long a whole conversation takes is the machine's affair.
func (c *client) patient() { _ = c.SetDeadline(time.Now().Add(await.Limit)) }

// send sends one masked frame.
func (c *client) send(h frame.Header, payload string) {
	c.patient()
	c.sent++
	h.Masked, h.Key = true, [4]byte{9, 8, 7, c.sent}
	c.write(frame.AppendFrame(nil, h, []byte(payload)))
}

// write sends bytes. A server that has closed meanwhile is no failure: what it said is read next.
func (c *client) write(b []byte) { _, _ = c.Write(b) }

// next returns the next frame that the server sends.
func (c *client) next() (frame.Header, string, error) {
	c.patient()
	var head []byte
	for {
		b, err := c.in.ReadByte()
		if err != nil {
			return frame.Header{}, "", err
		}
		head = append(head, b)
		if h, n := frame.ParseHeader(head); n > 0 {
			payload := make([]byte, h.Length)
			_, err := io.ReadFull(c.in, payload)
			return h, string(payload), err
		}
	}
}

// want reads the next frame and compares it.
func (c *client) want(op frame.Opcode, payload string) {
	c.t.Helper()
	h, got, err := c.next()
	if err != nil || h.Opcode != op || got != payload || !h.Fin {
		c.t.Fatalf("got %v %.60q, %v; want %v %.60q", h.Opcode, got, err, op, payload)
	}
}

// closed reads until the server's close frame and returns its code, or 1006 when there is none.
func (c *client) closed() (uint16, string) {
	for {
		h, payload, err := c.next()
		if err != nil {
			return frame.CodeAbnormal, err.Error()
		}
		if h.Opcode == frame.Close {
			code, reason, _ := frame.ParseClose([]byte(payload))
			return code, reason
		}
	}
}

// records waits until the ring holds a record that last accepts, and returns everything up to it.
func (s *running) records(t testing.TB, last func(*record.Record) bool) (list []record.Record) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	sub := s.ring.Subscribe()
	defer sub.Close()
	for found := false; !found; {
		batch, err := sub.Next(ctx, nil)
		if err != nil {
			t.Fatalf("the record did not come; there are %d: %v", len(list), err)
		}
		_, err = record.ReadBatch(batch, func(r *record.Record) bool {
			list = append(list, *r) // the batch is ours: its slices stay
			found = found || last(r)
			return !found
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// get asks for a path over HTTP.
func (s *running) get(t testing.TB, method, path string, fields ...string) (*http.Response, string) {
	t.Helper()
	c := s.raw(t)
	host := "Host: " + s.addr
	for _, f := range fields {
		if strings.HasPrefix(f, "Host:") {
			host = ""
		}
	}
	lines := []string{fmt.Sprintf("%s %s HTTP/1.1", method, path), "Connection: close"}
	if host != "" {
		lines = append(lines, host)
	}
	_, _ = io.WriteString(c, strings.Join(append(lines, fields...), "\r\n")+"\r\n\r\n")
	res, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return res, string(body)
}
