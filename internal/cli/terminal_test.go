package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/terminal"
)

// These tests prove that no command passes on what peers and captures say in a form that a terminal obeys: control characters, C1 in both
// encodings, controls of direction, invisible characters, and line ends before a forged line.

// hostile is a word that does everything at once to a terminal that it reaches as it is.
const hostile = "a\x1b[2J\x1b]0;t\a\r\b\x7f\u009b31m\u0085\x9b31m\u202etxt\u2066\u200b\ufeff\u2028\U000e0041\nFORGED line"

// hostileField is hostile without what ends a header field.
var hostileField = strings.NewReplacer("\n", "", "\r", "").Replace(hostile)

// unsafe are the words of a peer in every place of a capture that has words.
func unsafeCapture() []record.Record {
	list := conversation(true)
	list[0].Name, list[0].Remote = "/ws/"+hostile, hostile
	list[0].Head = []byte(strings.Replace(request, "Connection:", "X-"+hostileField+": "+hostileField+"\r\nSec-WebSocket-Protocol: p"+hostileField+"\r\nConnection:", 1))
	list[1].Head = []byte(strings.Replace(strings.Replace(response, "Switching", hostileField, 1), "\r\n\r\n",
		"\r\nSec-WebSocket-Extensions: "+hostileField+"; a=b\r\nSec-WebSocket-Protocol: "+hostileField+"\r\n\r\n", 1))
	server := frame.Header{Fin: true}
	more := decode(record.In, server, frame.Text, hostile)
	more = append(more, decode(record.In, server, frame.Close, "\x03\xe8"+hostile)...)
	more = append(more, record.Record{Kind: record.KindNote, Name: hostile, Reason: hostile},
		record.Record{Kind: record.KindClose, By: record.SideServer, Code: 1000, Reason: hostile},
		record.Record{Kind: record.KindBroken, Reason: hostile}, record.Record{Kind: record.KindEnd, Reason: hostile})
	list = append(list, more...)
	for i := range list {
		list[i].Seq, list[i].Conn, list[i].Time = uint64(i+1), 1, start+int64(i)*1e6
	}
	return list
}

// wireServer answers every connection with raw bytes, after it has read a request, and closes it.
func wireServer(t *testing.T, answer func(key string) string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			head := make([]byte, 8<<10)
			n, _ := c.Read(head)
			key := ""
			if m := regexp.MustCompile(`(?i)Sec-WebSocket-Key: (\S+)`).FindSubmatch(head[:n]); m != nil {
				key = string(m[1])
			}
			_, _ = io.WriteString(c, answer(key))
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// speaks accepts a handshake, and then says hostile words.
func speaks(key string) string {
	server := frame.Header{Fin: true}
	wire := "HTTP/1.1 101 " + hostileField + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-A: " +
		strings.Map(func(r rune) rune { return max(r, ' ') }, strings.ReplaceAll(hostileField, "\x7f", "")) + // net/http refuses C0 here
		"\r\nSec-WebSocket-Accept: " + frame.AcceptKey(key) + "\r\n\r\n"
	for _, op := range []frame.Opcode{frame.Text, frame.Ping} {
		h := server
		h.Opcode = op
		wire += string(frame.AppendFrame(nil, h, []byte(hostile)))
	}
	h := server
	h.Opcode = frame.Close
	return wire + string(frame.AppendFrame(nil, h, []byte("\x03\xe8"+hostile)))
}

// refuses answers with hostile words in status line and body.
func refuses(string) string {
	return "HTTP/1.1 403 " + hostileField + "\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n" + hostile
}

// api is a server that commands take for a running one.
func api(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/session" {
			_, _ = io.WriteString(w, `{"token":"x","version":"1"}`)
			return
		}
		w.WriteHeader(http.StatusConflict)
		fmt.Fprintf(w, `{"error":%q,"problems":[{"name":"a\u001b[2J\nFORGED","section":"\u009b\u202e"}]}`, "a\u001b[2J\u009b\u202e\nFORGED")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// files makes the captures of the cases.
func hostileFiles(t *testing.T, dir string) {
	t.Helper()
	write(t, dir, "bad.tscap", unsafeCapture())
	write(t, dir, "good.tscap", dialogue(false, "> hello", "< "+hostile))
	var lines bytes.Buffer
	for _, r := range unsafeCapture() {
		lines.Write(file.AppendJSONL(nil, &r))
	}
	damaged := lines.String() + "{\"" + hostileField + "\n" + `{"v":1,"kind":"` + hostileField + `"}` + "\n"
	for name, text := range map[string]string{"bad.jsonl": damaged, hostileField + ".jsonl": damaged, "none.jsonl": hostile} {
		if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, "/", "")), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoCommandObeysAPeer runs every command on hostile captures and against hostile peers.
func TestNoCommandObeysAPeer(t *testing.T) {
	dir := t.TempDir()
	hostileFiles(t, dir)
	speaking, refusing, server := wireServer(t, speaks), wireServer(t, refuses), api(t)
	odd := hostileField + ".jsonl"
	peer := "[[request]]\nname = 'a'\nurl = '{{url}}'\n[[request.step]]\nsend = '{{text}}'\n[[request.step]]\nexpect = 'never'\nwithin = '10s'\n"
	if err := os.WriteFile(filepath.Join(dir, "peer.toml"), []byte(peer), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := [][]string{
		{"show", "bad.tscap"},
		{"show", "-json", "bad.tscap"},
		{"show", "-json", "-secrets", "bad.jsonl"},
		{"show", "bad.jsonl"},
		{"show", odd},
		{"show", "none.jsonl"},
		{"show", "http://" + refusing},
		{"show", server},
		{"show", hostileField},
		{"show", "-" + hostileField},
		{"rules", "try", "-rule", "=> replace /[a-z]/" + hostileField + "/", "bad.tscap"},
		{"rules", "try", "-rule", "=> replace /[a-z]/" + hostileField + "/", "-json", "bad.tscap"},
		{"rules", "try", "-secrets", "-rule", "handshake => header Sec-WebSocket-Protocol z", odd},
		{"rules", "try", "-rule", hostile, "bad.tscap"},
		{"rules", "try", "-faults", hostileField, "bad.tscap"},
		{"rules", "try", "-rule", "=> drop", "http://" + refusing},
		{"rules", hostileField},
		{"lint", "bad.tscap"},
		{"lint", "-json", "bad.tscap"},
		{"lint", odd},
		{"lint", "-json", odd},
		{"lint", "http://" + refusing},
		{"find", "a", "bad.tscap", odd},
		{"find", "-json", "a", "bad.tscap", odd},
		{"find", "-count", "a", "bad.tscap", odd, "none.jsonl"},
		{"find", "-l", hostileField, hostileField},
		{"compare", "bad.tscap", "good.tscap"},
		{"compare", "-json", "-secrets", "good.tscap", odd},
		{"compare", "bad.tscap", "http://" + refusing},
		{"compare", "-slower", hostileField, "bad.tscap", hostileField},
		{"convert", "bad.tscap", "-"},
		{"convert", odd, "-"},
		{"convert", "none.jsonl", "out.har"},
		{"convert", odd, odd},
		{"convert", "bad.jsonl", hostileField + ".har"},
		{"record", "-o", "-", "http://" + refusing},
		{"record", "-o", "-", server},
		{"record", "-o", hostileField, server},
		{"replay", "good.tscap", "-url", "ws://" + speaking, "-wait", "-patience", "2s"},
		{"replay", "good.tscap", "-url", "ws://" + speaking, "-wait", "-patience", "2s", "-json"},
		{"replay", "good.tscap", "-url", "ws://" + refusing},
		{"replay", "bad.tscap", "-url", "ws://" + speaking, "-wait", "-patience", "2s"},
		{"replay", odd, "-url", "ws://" + speaking, "-wait", "-patience", "2s"},
		{"send", "-url", "ws://" + speaking, "-count", "1", "x"},
		{"send", "-url", "ws://" + speaking, "-count", "1", "-json", "x"},
		{"send", "-url", "ws://" + refusing, "x"},
		{"send", "-server", server, "x"},
		{"send", "-server", "http://" + refusing, "x"},
		{"connect", "ws://" + speaking, "-wait", "10s"},
		{"connect", "ws://" + speaking, "-wait", "10s", "-json"},
		{"connect", "ws://" + refusing},
		{"connect", hostileField},
		{"send", "-url", "ws://" + speaking, "-lines", "-"},
		{"requests", "run", "-var", "url=ws://" + speaking, "-var", "text=" + hostileField, "peer.toml"},
		{"requests", "run", "-json", "-var", "url=ws://" + speaking, "-var", "text=x", "peer.toml"},
		{"requests", "run", "-var", "url=ws://" + refusing, "-var", "text=x", "peer.toml"},
		{"requests", "check", hostileField},
		{"requests", hostileField, hostileField},
		{"mock", "none.jsonl"},
		{hostileField},
		{"help", hostileField},
		{"completion", hostileField},
		{"config", hostileField},
		{"config"},
		{"version"},
		{"man"},
		{"browse", hostileField},
		{"attach", hostileField},
		{"attach", refusing},
		{"attach", "ws://" + speaking + "/devtools/browser/1"},
		{"run", hostileField},
		{"run", "--", "./" + hostileField},
		{"mcp", hostileField},
		{"mcp", "-server", "http://" + refusing},
		{"mcp", "-server", hostileField},
	}
	tried := map[string]bool{}
	for _, args := range cases {
		tried[args[0]] = true
		got := run(t, dir, "", args...)
		checkOutput(t, args, got)
	}
	for _, args := range [][]string{{"mock", "good.tscap"}, {"mock", "-json", "good.tscap"}} {
		url, stop := listening(t, dir, args...)
		sent := run(t, dir, "", "send", "-url", url, "-count", "1", "-wait", "3s", hostile[:len(hostile)-12]+"\nFORGED")
		got := stop()
		checkOutput(t, args, got)
		checkOutput(t, append(args, "send"), sent)
	}
	for _, line := range regexp.MustCompile(`(?m)^  tetherscope (\w+)`).FindAllStringSubmatch(run(t, dir, "", "none").err, -1) {
		if !tried[line[1]] {
			t.Errorf("command %s is not tried with hostile words: add it to the cases", line[1])
		}
	}
}

// checkOutput checks that a terminal only prints what a command wrote.
func checkOutput(t *testing.T, args []string, got result) {
	t.Helper()
	if got.out+got.err == "" {
		t.Errorf("%q printed nothing, so it proves nothing", args)
	}
	for _, text := range []string{got.out, got.err} {
		bad := slices.IndexFunc([]byte(text), func(c byte) bool { return c < ' ' && c != '\n' && c != '\t' })
		if bad < 0 {
			bad = strings.IndexFunc(strings.ToValidUTF8(text, "\u009b"), terminal.Unsafe)
		}
		if bad >= 0 {
			t.Errorf("%q printed something that a terminal obeys, at byte %d: %q", args, bad, text[max(0, bad-60):min(len(text), bad+60)])
		}
		if strings.HasPrefix(text, "FORGED") || strings.Contains(text, "\nFORGED") {
			t.Errorf("%q printed a forged line: %q", args, text)
		}
	}
}

// TestTheServersOwnOutputIsSafe proves the same of the server's log of frames and events, and of its errors.
func TestTheServersOwnOutputIsSafe(t *testing.T) {
	got := run(t, t.TempDir(), "", "-addr", hostileField)
	checkOutput(t, []string{"-addr"}, got)
	if got.code == 0 {
		t.Errorf("%+v", got)
	}
}
