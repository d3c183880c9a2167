// These tests prove that the benchmark counts what it says: frames however TCP divides them, whole echoes and deliveries
// of a real server, and that it stops at an answer that is not what was sent.
package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// TestMain lets the program start itself, as it does when it measures.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && slices.Contains([]string{"-be", "-load", "-host"}, os.Args[1]) {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestMeasuresOurServer: a look at echo, broadcast and memory, with our server alone, prints a line for each.
func TestMeasuresOurServer(t *testing.T) {
	if testing.Short() {
		t.Skip("starts nine servers")
	}
	var out strings.Builder
	for _, only := range []string{"echo, 64 connections, 16", "broadcast, 64", "idle"} {
		o := options{reps: 1, span: 300 * time.Millisecond, idle: 20, only: only}
		if err := run(t.Context(), o, &out); err != nil {
			t.Fatalf("%s: %v", only, err)
		}
	}
	if got := strings.Count(out.String(), "\ntetherscope tapped "); got != 3 {
		t.Errorf("%d lines of the tapped server, want 3\n%s", got, out.String())
	}
}

// TestMeasuresProxies: every way to the target but mitmproxy, which is not everywhere, and that the recorder, too, is measured.
func TestMeasuresProxies(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts the program")
	}
	var out strings.Builder
	o := options{reps: 1, span: 300 * time.Millisecond, only: "proxy, 64 connections, 128 B, 16"}
	if err := run(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"\ndirect +\\d+ +1\\.00 ", "\nio\\.Copy +\\d+ +\\S+ +1\\.00 ", "\ntetherscope +\\d", "\n… -record +\\d", "\n… and record +\\d",
		"… -record: [1-9]\\d* records", "… and record: [1-9]\\d* records", "aim: tetherscope at least 0\\.8 of io\\.Copy", "aim: … -record at least 0\\.9",
	} {
		if !regexp.MustCompile(line).MatchString(out.String()) {
			t.Errorf("no line like %q in:\n%s", line, out.String())
		}
	}
}

// TestMeasuresTunnels: through our forward proxy, which reads TLS, and directly, and the memory of tunnels.
func TestMeasuresTunnels(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts the program")
	}
	var out strings.Builder
	for _, only := range []string{"tunnel, 64 connections, 128 B, 16", idleTunnels} {
		o := options{reps: 1, span: 300 * time.Millisecond, idle: 20, only: only}
		if err := run(t.Context(), o, &out); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{"\ndirect +\\d+ +1\\.00 ", "\ntetherscope +\\d+ +\\d", "\nmemory of tunnels, 20 idle ones by CONNECT", "\ntetherscope +[\\d.]+\n"} {
		if !regexp.MustCompile(line).MatchString(out.String()) {
			t.Errorf("no line like %q in:\n%s", line, out.String())
		}
	}
}

// TestIdleConnectionsTakeLittle: what is live of a connection that has echoed a message and waits, heap and stacks, stays within the aims of the
// whole, 14 KiB and 20 KiB tapped, with room for what handshakes leave behind and for the stacks of the race detector's code, which are half as large again.
func TestIdleConnectionsTakeLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two servers and opens 2,000 connections")
	}
	for how, most := range map[string]float64{bare: 12 << 10, tapped: 17 << 10} {
		s := candidate{name: how, command: self(t.Context(), "-be", how), ours: true}
		each, err := idle(s, 1000, options{span: 100 * time.Millisecond, heap: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		if live := each.heap + each.stacks; live <= 0 || live > most {
			t.Errorf("%s: %.0f B on the heap and %.0f B of stacks, want at most %.0f B", how, each.heap, each.stacks, most)
		}
	}
}

// TestAGuestThatDoesNotBeginIsAnError: one that ends, or never says where it listens, is not measured as if it did.
func TestAGuestThatDoesNotBeginIsAnError(t *testing.T) {
	s := candidate{name: "none", command: guest{Program: []string{"true"}, Lines: []string{"never (said)"}}.command(t.Context())}
	if _, err := s.start(); !errors.Is(err, errSilent) {
		t.Errorf("got %v", err)
	}
}

func TestFramesAreCountedHoweverTheyAreDivided(t *testing.T) {
	var b []byte
	for _, size := range []int{1, 125, 126, 65535, 65536} {
		h := frame.Header{Fin: true, Opcode: frame.Binary}
		b = frame.AppendFrame(b, h, make([]byte, size))
		b = frame.AppendFrame(b, frame.Header{Fin: true, Opcode: frame.Ping}, []byte("12345678"))
	}
	for _, piece := range []int{1, 2, 3, 7, 1000, 1 << 20} {
		ours, theirs := net.Pipe()
		go func() {
			for rest := b; len(rest) > 0; {
				n := min(piece, len(rest))
				if _, err := theirs.Write(rest[:n]); err != nil {
					return
				}
				rest = rest[n:]
			}
			theirs.Close()
		}()
		c := &client{Conn: ours, buf: make([]byte, 32<<10)}
		c.expect(frame.Binary, 0)
		total, err := 0, error(nil)
		for err == nil {
			var n int
			n, err = c.read()
			total += n
		}
		if total != 5 || !errors.Is(err, io.EOF) {
			t.Errorf("in pieces of %d: %d frames, %v", piece, total, err)
		}
		ours.Close()
	}
}

// TestAWrongAnswerIsAnError: shorter, of another type, fragmented or masked.
func TestAWrongAnswerIsAnError(t *testing.T) {
	for name, h := range map[string]frame.Header{
		"text":       {Fin: true, Opcode: frame.Text},
		"a fragment": {Opcode: frame.Binary},
		"masked":     {Fin: true, Opcode: frame.Binary, Masked: true},
		"closed":     {Fin: true, Opcode: frame.Close},
	} {
		c := &client{buf: make([]byte, 1<<10)}
		c.have = copy(c.buf, frame.AppendFrame(nil, h, []byte("12345")))
		c.expect(frame.Binary, 5)
		if _, err := c.scan(); !errors.Is(err, errFrame) {
			t.Errorf("%s: %v", name, err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		_, b, err := c.Read(r.Context())
		if err == nil {
			_ = c.Write(r.Context(), websocket.MessageBinary, b[1:])
		}
		_, _, _ = c.Read(r.Context())
	})}
	defer srv.Close()
	go func() { _ = srv.Serve(l) }()
	_, err = job{place: place{Addr: l.Addr().String(), Path: "/"}, Conns: 1, Size: 9, Window: 1, Span: 500 * time.Millisecond}.run()
	if !errors.Is(err, errFrame) {
		t.Errorf("a byte was lost: %v", err)
	}
}
