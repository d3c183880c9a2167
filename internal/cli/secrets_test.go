package cli_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/recordtest"
)

// TestNoExportHasCredentials proves that no credential leaves in any format or print of a command, whatever format it came in, unless -secrets is
// given, and that replay sends none.
func TestNoExportHasCredentials(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "in.tscap", recordtest.Secretive())
	clean := func(what, text string) {
		t.Helper()
		if leak := recordtest.Leak(text); leak != "" {
			t.Errorf("%s has a credential: …%q", what, leak)
		}
	}
	formats := []string{"tscap", "jsonl", "har", "pcapng"}
	for _, from := range formats {
		in := "in." + from
		if from != "tscap" {
			if got := run(t, dir, "", "convert", "-secrets", "in.tscap", in); got.code != 0 || recordtest.Leak(content(t, dir, in)) == "" {
				t.Fatalf("-secrets hides credentials in %s: %+v", in, got)
			}
		}
		for _, to := range formats {
			name := "from-" + from + "." + to
			if got := run(t, dir, "", "convert", in, name); got.code != 0 {
				t.Fatalf("%s: %+v", name, got)
			}
			clean(name, content(t, dir, name))
		}
		prints := [][]string{{"show"}, {"show", "-json"}}
		if from == "tscap" {
			prints = append(prints, []string{"lint"}, []string{"lint", "-json"})
		}
		for _, args := range prints {
			got := run(t, dir, "", append(args, in)...)
			if clean(strings.Join(args, " ")+" "+in, got.out+got.err); got.out == "" && args[0] == "show" {
				t.Errorf("%v printed nothing: %s", args, got.err)
			}
		}
		got := run(t, dir, "", "convert", in, "-")
		clean("convert "+in+" -", got.out+got.err)
	}
	url, sent := recordingServer(t)
	for conn := range len(recordtest.Secretive()) / 5 {
		got := run(t, dir, "", "replay", "in.tscap", "-conn", fmt.Sprint(conn+1), "-url", url, "-speed", "max", "-linger", "1ms", "-patience", "20s")
		clean(fmt.Sprintf("replay of #%d", conn+1), got.out+got.err)
	}
	if text := sent(); strings.Count(text, "GET ") < 12 {
		t.Errorf("only few handshakes were replayed: %s", text)
	} else {
		clean("what replay sends", text)
	}
	if got := run(t, dir, "", "show", "-json", "-secrets", "in.tscap"); recordtest.Leak(got.out) == "" {
		t.Error("-secrets hides credentials")
	}
}

// TestNoDamageHasCredentials proves that what a command says of a file that it cannot read whole has no credential of it.
func TestNoDamageHasCredentials(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "in.tscap", recordtest.Secretive())
	for _, format := range []string{"tscap", "jsonl", "har", "pcapng"} {
		name := "in." + format
		if format != "tscap" {
			run(t, dir, "", "convert", "-secrets", "in.tscap", name)
		}
		whole := content(t, dir, name)
		for _, part := range []int{1, 4, 7} {
			cut := whole[:len(whole)*part/8] + "\n{\"token\":\"" + recordtest.Password + "\",\n" + whole[len(whole)*part/8+1:]
			if err := os.WriteFile(filepath.Join(dir, "cut."+format), []byte(cut), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"lint", "cut." + format}, {"convert", "cut." + format, "-"}} {
				got := run(t, dir, "", args...)
				if leak := recordtest.Leak(got.err); leak != "" {
					t.Errorf("%v says …%q", args, leak)
				}
			}
		}
	}
}

// content returns a file of dir.
func content(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// recordingServer accepts handshakes, closes at once, and keeps what was sent.
func recordingServer(t *testing.T) (url string, sent func() string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all strings.Builder
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		_ = r.Write(&all)
		mu.Unlock()
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n%s",
			frame.AcceptKey(r.Header.Get("Sec-WebSocket-Key")), frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Close}, []byte("\x03\xe8")))
	})}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return "ws://" + l.Addr().String(), func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}
}
