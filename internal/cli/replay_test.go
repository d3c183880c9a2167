package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// These tests prove that replay and mock play a capture to real peers: frame by frame, and that differences are reported correctly.

// dialogue is a handshake and then what is said in turn: "> text" by the client, "< text" by the server, each with a frame of
// its own; the last word is the server's close unless open.
func dialogue(open bool, lines ...string) []record.Record {
	list := conversation(false)[:2]
	client, server := frame.Header{Fin: true, Masked: true, Key: [4]byte{1, 2, 3, 4}}, frame.Header{Fin: true}
	for i, line := range lines {
		client.Key[0] = byte(i + 1)
		op := frame.Text
		text := line[2:]
		if rest, ok := strings.CutPrefix(text, "ping "); ok {
			op, text = frame.Ping, rest
		}
		if line[0] == '>' {
			list = append(list, decode(record.Out, client, op, text)...)
		} else {
			list = append(list, decode(record.In, server, op, text)...)
		}
	}
	if !open {
		list = append(list, decode(record.In, server, frame.Close, "\x03\xe8bye")...)
		list = append(list, record.Record{Kind: record.KindEnd})
	}
	for i := range list {
		list[i].Seq, list[i].Conn, list[i].Time = uint64(i+1), 1, start+int64(i)*1e6
	}
	return list
}

var printedWS = regexp.MustCompile(`ws://[^\s"]+`)

// listening starts a command that prints where it listens. stop interrupts it and returns what it gave.
func listening(t *testing.T, dir string, args ...string) (url string, stop func() result) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program, args...)
	var errs bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	line, err := r.ReadString('\n')
	if url = printedWS.FindString(line); url == "" {
		cancel()
		await.Return(t, "the killed program to end", func() { _ = cmd.Wait() })
		t.Fatalf("%v printed %q, %v: %s", args, line, err, &errs)
	}
	rest := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(r)
		rest <- string(b)
	}()
	return url, func() result {
		_ = cmd.Process.Signal(syscall.SIGINT)
		said := await.Receive(t, rest)
		await.Return(t, "the interrupted program to end", func() { _ = cmd.Wait() })
		return result{cmd.ProcessState.ExitCode(), said, errs.String()}
	}
}

// saidIn returns the messages of a direction in a capture file.
func saidIn(t *testing.T, dir, name, way string) string {
	t.Helper()
	shown := run(t, dir, "", "show", "-json", "-query", "kind:frame msg>0 dir:"+way, name)
	if shown.code != 0 {
		t.Fatalf("%+v", shown)
	}
	var all string
	for line := range strings.Lines(shown.out) {
		var r struct{ Text, Base64 string }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		all += r.Text + r.Base64 + "\n"
	}
	return all
}

// TestAReplayAgainstItsMock: a recording of the replay has the messages of the capture, both ways.
func TestAReplayAgainstItsMock(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", dialogue(false,
		"< welcome", `> {"id":1,"ask":"a"}`, `< {"id":1,"say":"b"}`, "< ping 1", "< and more", `> {"id":2,"ask":"a"}`, "> plain", "> ping me",
		`< {"id":2,"say":"c"}`, `> {"id":1,"ask":"a"}`, `< {"id":1,"say":"again, and not the same"}`))
	url, stop := listening(t, dir, "mock", "a.tscap")
	got := run(t, dir, "", "replay", "a.tscap", "-url", url, "-wait", "-check", "-exact", "-o", "got.tscap")
	if got.code != 0 || !strings.Contains(got.err, "5 of 5 frames sent; of the server: 6 equal, 0 of the same shape, 0 different, 0 missing, 0 more") {
		t.Errorf("%+v", got)
	}
	for _, way := range []string{"in", "out"} {
		if a, b := saidIn(t, dir, "a.tscap", way), saidIn(t, dir, "got.tscap", way); a != b || a == "" {
			t.Errorf("%s: got\n%swant\n%s", way, b, a)
		}
	}
	if end := stop(); end.code != 0 || !strings.Contains(end.err, "4 messages answered: 4 equal to the capture's, 0 of the same shape; 0 matched nothing") {
		t.Errorf("%+v", end)
	}
}

// TestEveryFormatCanBeReplayed: the script comes from any file that we read.
func TestEveryFormatCanBeReplayed(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", dialogue(false, "< welcome", "> one", "< two", "> three", "< four"))
	url, stop := listening(t, dir, "mock", "a.tscap")
	for _, name := range []string{"a.jsonl", "a.har", "a.pcapng"} {
		if got := run(t, dir, "", "convert", "a.tscap", name); got.code != 0 {
			t.Fatalf("%+v", got)
		}
		got := run(t, dir, "", "replay", name, "-url", url, "-wait", "-check", "-exact")
		if got.code != 0 || !strings.Contains(got.err, "2 of 2 frames sent; of the server: 4 equal") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	stop()
}

// TestWhatWasTappedIsReplayed: a compressed conversation with the running server, recorded as it happens, then played to that
// server again.
func TestWhatWasTappedIsReplayed(t *testing.T) {
	dir, server := t.TempDir(), serve(t)
	rec := background(t, dir, "record", "-o", "live.tscap", server)
	c, _, err := websocket.Dial(t.Context(), server+"/ws/echo", &websocket.DialOptions{CompressionMode: websocket.CompressionContextTakeover})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for i := range 3 {
		want := fmt.Sprintf(`{"n":%d,"text":"%s"}`, i, strings.Repeat("compressible ", 100))
		if err := c.Write(t.Context(), websocket.MessageText, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(t.Context()); err != nil || string(got) != want {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if err := c.Close(4000, "done"); err != nil {
		t.Fatal(err)
	}
	until(t, "the recording has the end", func() bool {
		return strings.Contains(run(t, dir, "", "show", "-query", "kind:end", "live.tscap").out, "end")
	})
	rec(os.Interrupt)
	got := run(t, dir, "", "replay", "live.tscap", "-query", "path:/ws/echo", "-url", "ws"+strings.TrimPrefix(server, "http")+"/ws/echo", "-wait", "-check", "-exact")
	if got.code != 0 || !strings.Contains(got.err, "3 messages were compressed: they are sent inflated") ||
		!strings.Contains(got.err, "4 of 4 frames sent; of the server: 4 equal") {
		t.Errorf("%+v", got)
	}
}

// TestCredentialsAreNotOffered: a hidden subprotocol is reported, not sent.
func TestCredentialsAreNotOffered(t *testing.T) {
	dir := t.TempDir()
	list := dialogue(true, "> a")
	list[0].Head = bytes.Replace(list[0].Head, []byte("\r\n\r\n"), []byte("\r\nSec-WebSocket-Protocol: chat.v1, token.[hidden]\r\n\r\n"), 1)
	write(t, dir, "a.tscap", list)
	offered := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		offered <- r.Header.Get("Sec-WebSocket-Protocol")
		http.Error(w, "enough", http.StatusTeapot)
	}))
	t.Cleanup(s.Close)
	got := run(t, dir, "", "replay", "a.tscap", "-url", "ws"+strings.TrimPrefix(s.URL, "http"))
	if o := await.Receive(t, offered); o != "chat.v1" || got.code != 2 || !strings.Contains(got.err, "was a credential, and is hidden") {
		t.Errorf("offered %q: %+v", o, got)
	}
}

// wire is a server that only keeps what comes behind the handshake.
func wire(t *testing.T) (url string, bytesOf func() []byte) {
	t.Helper()
	got := make(chan []byte, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, brw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			frame.AcceptKey(r.Header.Get("Sec-WebSocket-Key")))
		b, _ := io.ReadAll(brw)
		got <- b
	}))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http"), func() []byte { return await.Receive(t, got) }
}

// TestAReplayIsFrameExact: fragments, control frames between them, reserved bits and long lengths stand on the wire as in the
// capture; the keys do not.
func TestAReplayIsFrameExact(t *testing.T) {
	dir := t.TempDir()
	d := frame.NewDecoder(frame.Config{FromClient: true})
	list := dialogue(true)
	key := [4]byte{5, 6, 7, 8}
	var raw []byte
	for _, f := range []struct {
		h       frame.Header
		payload string
	}{
		{frame.Header{Opcode: frame.Text, Masked: true, Key: key}, "he"},
		{frame.Header{Fin: true, Opcode: frame.Ping, Masked: true, Key: key}, "now?"},
		{frame.Header{Fin: true, Masked: true, Key: key, Size: 8}, "llo"},
		{frame.Header{Fin: true, Rsv: 3, Opcode: 0x3, Masked: true, Key: key}, "odd"},
		{frame.Header{Fin: true, Opcode: frame.Binary}, "unmasked"},
		{frame.Header{Fin: true, Opcode: frame.Close, Masked: true, Key: key}, "\x0f\xa1bye"},
	} {
		raw = frame.AppendFrame(raw, f.h, []byte(f.payload))
	}
	collect := func(b []byte, d *frame.Decoder) (text string, list []record.Record) {
		d.Feed(b, func(f *frame.Frame) {
			r := record.Record{}
			r.SetFrame(f)
			text += fmt.Sprintf("%s rsv=%d size=%d %q\n", frame.LogLine("", f.Header), f.Rsv, f.Size, f.Payload)
			list = append(list, r.Clone())
		})
		return text, list
	}
	want, frames := collect(raw, d)
	list = append(list, frames...)
	for i := range list {
		list[i].Seq, list[i].Conn, list[i].Time = uint64(i+1), 1, start
	}
	write(t, dir, "a.tscap", list)
	url, wireBytes := wire(t)
	if got := run(t, dir, "", "replay", "a.tscap", "-url", url, "-patience", "100ms"); got.code != 0 {
		t.Errorf("%+v", got)
	}
	b := wireBytes()
	if got, _ := collect(b, frame.NewDecoder(frame.Config{FromClient: true})); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if len(b) != len(raw) || bytes.Contains(b, key[:]) {
		t.Errorf("%d bytes, want %d, with fresh keys", len(b), len(raw))
	}
}

// TestReplayReportsWhatDiffers: an echo says other things than the server of the capture, and one thing more. It ends the connection behind that, so
// that replay need not wait for what does not come.
func TestReplayReportsWhatDiffers(t *testing.T) {
	dir, url := t.TempDir(), library(t, func(ctx context.Context, c *websocket.Conn) error {
		for range 4 {
			if err := echo(ctx, c); err != nil {
				return err
			}
		}
		return io.EOF
	})
	write(t, dir, "a.tscap", dialogue(true, `> {"n":1}`, `< {"n":1}`, `> {"n":2}`, `< {"n":3}`, `> {"n":4}`, "< four", `> {"z":1}`))
	args := []string{"replay", "a.tscap", "-url", url, "-speed", "max", "-linger", "1m"}
	got := run(t, dir, "", args...)
	want := "= 1 text LEN:7 \"{\\\"n\\\":1}\"\n~ 2 text LEN:7 \"{\\\"n\\\":3}\"  came: text LEN:7 \"{\\\"n\\\":2}\"\n" +
		"! 3 text LEN:4 \"four\"  came: text LEN:7 \"{\\\"n\\\":4}\"\n+ 4 text LEN:7 \"{\\\"z\\\":1}\"\n"
	if got.code != 0 || got.out != want {
		t.Errorf("%+v\nwant %s", got, want)
	}
	if got := run(t, dir, "", append(args, "-check")...); got.code != 1 || got.out != want {
		t.Errorf("%+v", got)
	}
	got = run(t, dir, "", append(args, "-json")...)
	if got.code != 0 || !strings.Contains(got.out, `{"number":2,"dir":"in","result":"shape","want":{"op":"text","length":7,"text":"{\"n\":3}"},"got":{`) {
		t.Errorf("%+v", got)
	}
}

func TestReplayThatCannotReachItsEnd(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", dialogue(true, "> 1", "< a", "> 2", "< b"))
	silent := library(t, func(ctx context.Context, c *websocket.Conn) error { _, _, err := c.Read(ctx); return err })
	got := run(t, dir, "", "replay", "a.tscap", "-url", silent, "-wait", "-patience", "300ms")
	if got.code != 4 || !strings.Contains(got.err, "said nothing for 300ms: 0 of 1 messages have come") && !strings.Contains(got.err, "0 of 2 messages") ||
		!strings.Contains(got.out, "- 1 text") {
		t.Errorf("%+v", got)
	}
	rude := library(t, func(ctx context.Context, c *websocket.Conn) error {
		_, _, _ = c.Read(ctx)
		return c.Close(4000, "no")
	})
	got = run(t, dir, "", "replay", "a.tscap", "-url", rude, "-wait")
	if got.code != 4 || !strings.Contains(got.err, "closed before the script was at its end") || !strings.Contains(got.out, "close LEN:2 4000") {
		t.Errorf("%+v", got)
	}
}

// TestReplayOfTheServer: a client of a library receives what the client of the capture received.
func TestReplayOfTheServer(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", dialogue(false, "< hello", "> name", "< hello, name"))
	url, stop := listening(t, dir, "replay", "a.tscap", "-server", "-wait", "-check")
	if !strings.HasSuffix(url, "/ws") { // without the token of the capture
		t.Errorf("it listens at %s", url)
	}
	c, _, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for _, want := range []string{"hello", "hello, name"} {
		if _, message, err := c.Read(t.Context()); err != nil || string(message) != want {
			t.Fatalf("%q, %v: want %q", message, err, want)
		}
		if want == "hello" {
			if err := c.Write(t.Context(), websocket.MessageText, []byte("name")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != 1000 {
		t.Errorf("%v", err)
	}
	if got := stop(); !strings.Contains(got.out, "= 1 text LEN:4 \"name\"") || !strings.Contains(got.err, "3 of 3 frames sent") {
		t.Errorf("%+v", got)
	}
}

func TestWhatCannotBeReplayed(t *testing.T) {
	dir, url := t.TempDir(), library(t, echo)
	list := dialogue(true, "> long enough to be cut")
	list[2].Payload = list[2].Payload[:4]
	write(t, dir, "cut.tscap", list)
	two := dialogue(true, "> 1")
	for _, r := range dialogue(true, "> 2") {
		r.Conn, r.Seq = 2, r.Seq+uint64(len(two))
		two = append(two, r)
	}
	write(t, dir, "two.tscap", two)
	write(t, dir, "none.tscap", dialogue(true)[:1])
	for args, want := range map[string]string{
		"replay cut.tscap -url " + url:                      "only the start, first in record 3",
		"replay two.tscap -url " + url:                      `2 connections: choose one with -conn or -query: #1 "/ws" with 1 frame, #2`,
		"replay none.tscap -url " + url:                     "no connection that was opened",
		"replay two.tscap -conn 9 -url " + url:              "it has no connection 9: there are #1, #2",
		"mock two.tscap -listen 127.0.0.1:99999":            "-listen 127.0.0.1:99999",
		"replay two.tscap -query op:binary -url " + url:     "find none of its connections",
		"replay two.tscap -query dri:in -url " + url:        "did you mean dir",
		"replay two.tscap":                                  "either -url or -server",
		"replay two.tscap -server -url " + url:              "either -url or -server",
		"replay two.tscap -speed 0 -url " + url:             "-speed \"0\" is none",
		"replay http://127.0.0.1:1 -url " + url:             "want a capture file",
		"replay two.tscap -conn 1 -url ws://127.0.0.1:1":    "no connection to ws://127.0.0.1:1",
		"mock two.tscap x":                                  "want one capture, not 2",
		"mock two.tscap -allow-origin nonsense":             "is no origin",
		"replay two.tscap -conn 1 -o two.tscap -url " + url: "exists already",
	} {
		if got := run(t, dir, "", strings.Fields(args)...); got.code != 2 || got.out != "" || !strings.Contains(got.err, want) || strings.Contains(got.err, "answered") {
			t.Errorf("%s: %+v", args, got)
		}
	}
	got := run(t, dir, "", "replay", "cut.tscap", "-cut", "-url", url)
	if got.code != 0 || !strings.Contains(got.out, `+ 1 text LEN:4 "long"`) || !strings.Contains(got.err, "as far as they were kept") {
		t.Errorf("%+v", got)
	}
	got = run(t, dir, "", "replay", "two.tscap", "-query", "op:text conn:2", "-url", url)
	if got.code != 0 || !strings.Contains(got.out, `+ 1 text LEN:1 "2"`) {
		t.Errorf("%+v", got)
	}
}

// TestMockAnswersByShape: to a client of a library, with its own identities; and says what it does not know.
func TestMockAnswersByShape(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", dialogue(true, `> {"id":1,"get":"price"}`, `< {"id":1,"price":7}`))
	url, stop := listening(t, dir, "mock", "a.tscap", "-json", "-check")
	c, _, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for _, m := range []string{"what?\x1b[31m", `{"id":42,"get":"price"}`} {
		if err := c.Write(t.Context(), websocket.MessageText, []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	if _, message, err := c.Read(t.Context()); err != nil || string(message) != `{"id":42,"price":7}` {
		t.Errorf("%q, %v", message, err)
	}
	_ = c.Close(4001, "done")
	got := stop()
	want := `{"conn":1,"match":"none","frames":0,"op":"text","length":10,"text":"what?\u001b[31m"}` + "\n" +
		`{"conn":1,"match":"shape","frames":1,"op":"text","length":23,"text":"{\"id\":42,\"get\":\"price\"}"}` + "\n"
	if got.code != 1 || got.out != want || !strings.Contains(got.err, `#1: nothing in the capture is like text LEN:10 "what?\x1b[31m"`) ||
		!strings.Contains(got.err, "1 message answered: 0 equal to the capture's, 1 of the same shape; 1 matched nothing") {
		t.Errorf("%+v\nwant %s", got, want)
	}
}

// TestMockIsForThisMachine: pages of other origins and requests for other hosts are refused.
func TestMockIsForThisMachine(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", dialogue(true, "> a", "< b"))
	url, stop := listening(t, dir, "mock", "a.tscap", "-allow-origin", "https://ours.test", "-allow-host", "box.lan")
	host, _, _ := strings.Cut(strings.TrimPrefix(url, "ws://"), "/")
	if ip, _, _ := net.SplitHostPort(host); ip != "127.0.0.1" {
		t.Errorf("it listens on %s", host)
	}
	for _, c := range []struct {
		origin, host string
		status       int
	}{
		{"", host, 101},
		{"http://" + host, host, 101},
		{"https://ours.test", host, 101},
		{"https://evil.test", host, 403},
		{"null", host, 403},
		{"", "box.lan", 101},
		{"", "evil.test", 421},
		{"http://evil.test", "evil.test", 421},
	} {
		o := &websocket.DialOptions{Host: c.host, HTTPHeader: http.Header{}}
		if c.origin != "" {
			o.HTTPHeader.Set("Origin", c.origin)
		}
		conn, resp, err := websocket.Dial(t.Context(), url, o)
		if err == nil {
			conn.CloseNow()
		}
		if resp == nil || resp.StatusCode != c.status {
			t.Errorf("%+v: %v, %v", c, resp, err)
		}
	}
	stop()
}

// TestReplayInAPipe: a reader that goes away ends it quietly.
func TestReplayInAPipe(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", dialogue(true, "> a", "< b"))
	url, stop := listening(t, dir, "mock", "a.tscap")
	cmd := exec.CommandContext(t.Context(), "sh", "-c", program+" replay - -url "+url+" -wait 2>said.txt | head -0; "+program+" replay - -url "+url+" -wait <a.tscap 2>>said.txt | head -1")
	cmd.Dir = dir
	cmd.Stdin, _ = os.Open(filepath.Join(dir, "a.tscap"))
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "= 1 text LEN:1 \"b\"\n" {
		t.Errorf("%v: %s", err, out)
	}
	stop()
}
