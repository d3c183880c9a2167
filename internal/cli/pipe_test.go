package cli_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// These tests prove that packets which are still being captured are shown as they come.

// packetsOf returns the packets of records, one write for each record.
func packetsOf(t *testing.T, list []record.Record) (writes [][]byte) {
	t.Helper()
	var now []byte
	w, err := pcap.NewWriter(writerFunc(func(p []byte) (int, error) { now = append(now, p...); return len(p), nil }), "test")
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if err := w.Write(&list[i]); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil { // it flushes
			t.Fatal(err)
		}
		writes, now = append(writes, now), nil
	}
	return writes
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// lines starts a command that reads in and returns its lines as they come. stop interrupts it and returns its exit code.
func lines(t *testing.T, dir string, in io.Reader, args ...string) (out <-chan string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, in, os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	list := make(chan string, 100)
	go func() {
		defer close(list)
		for s := bufio.NewScanner(pipe); s.Scan(); {
			list <- s.Text()
		}
	}()
	return list, func() int {
		_ = cmd.Process.Signal(syscall.SIGINT)
		await.Closed(t, list)
		await.Return(t, "the interrupted program to end", func() { _ = cmd.Wait() })
		return cmd.ProcessState.ExitCode()
	}
}

// TestShowPrintsAPipeAsItComes: each record is printed while the pipe stays open, and Ctrl-C ends the command although it does.
func TestShowPrintsAPipeAsItComes(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	printed, stop := lines(t, t.TempDir(), in, "show", "-")
	list := dialogue(true, "> one", "< two", "> three")
	want := []string{"request /ws", "101", `"one"`, `"two"`, `"three"`}
	for i, packet := range packetsOf(t, list) {
		if _, err := out.Write(packet); err != nil {
			t.Fatal(err)
		}
		if line := await.Receive(t, printed); !strings.Contains(line, want[i]) {
			t.Errorf("%q, want %q in it", line, want[i])
		}
	}
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestServerShowsACapture: packets that are written to a named pipe are in the server's feed while the pipe stays open, with the
// connections of its own tap beside them.
func TestServerShowsACapture(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "live")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	out, err := os.OpenFile(fifo, os.O_RDWR, 0) // a reader would wait for a writer to open it
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	server := serve(t, "-capture", fifo)
	if got := run(t, t.TempDir(), "", "send", "-url", strings.Replace(server, "http", "ws", 1)+"/ws/echo", "-count", "1", "tapped"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	for _, packet := range packetsOf(t, dialogue(true, "> sniffed")) {
		if _, err := out.Write(packet); err != nil {
			t.Fatal(err)
		}
	}
	printed, stop := lines(t, t.TempDir(), nil, "show", "-json", "-query", "kind:frame msg>0", server)
	conns := map[string]bool{}
	for _, text := range []string{`"tapped"`, `"tapped"`, `"sniffed"`} {
		line := await.Receive(t, printed)
		if !strings.Contains(line, text) {
			t.Errorf("%s: want %s in it", line, text)
		}
		_, conn, _ := strings.Cut(line, `"conn":`)
		conns[conn[:1]] = true
	}
	if len(conns) != 2 {
		t.Errorf("connections %v", conns)
	}
	stop()
	if got := run(t, t.TempDir(), "", "-capture", fifo, "-capture-interface", "lo"); got.code != 2 || !strings.Contains(got.err, "give one of them") {
		t.Errorf("%+v", got)
	}
}
