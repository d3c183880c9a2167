package cli_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// These tests run the built program, as a shell would: what it prints, what it writes, and its exit codes.

var update = flag.Bool("update", false, "rewrite the golden files")

var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tetherscope")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "tetherscope")
	if out, err := exec.Command("go", "build", "-o", program, "../..").CombinedOutput(); err != nil {
		panic(string(out))
	}
	_ = os.Setenv("XDG_RUNTIME_DIR", filepath.Join(dir, "run")) // where servers and commands meet
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// result is what a run of the program gave.
type result struct {
	code     int
	out, err string
}

func run(t *testing.T, dir, in string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, strings.NewReader(in), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// start is the time of the first record of the captures below.
var start = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC).UnixNano()

const request = "GET /ws?token=s3cret HTTP/1.1\r\nHost: example.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Authorization: Bearer s3cret\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

const response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

// conversation is a handshake, a text each way, a ping that is answered, and a close. wrong adds a masked server frame.
func conversation(wrong bool) []record.Record {
	list := []record.Record{
		{Kind: record.KindRequest, Name: "/ws", Remote: "192.0.2.9:40000", Head: []byte(request)},
		{Kind: record.KindResponse, Head: []byte(response)},
	}
	server := frame.Header{Fin: true}
	if wrong {
		server.Masked, server.Key = true, [4]byte{1, 2, 3, 4}
	}
	client := frame.Header{Fin: true, Masked: true, Key: [4]byte{9, 8, 7, 6}}
	list = append(list, decode(record.Out, client, frame.Text, `{"price":7}`)...)
	list = append(list, decode(record.In, server, frame.Text, "café\x1b[31m")...)
	list = append(list, decode(record.In, frame.Header{Fin: true}, frame.Ping, "p")...)
	client.Key[0]++
	list = append(list, decode(record.Out, client, frame.Pong, "p")...)
	list = append(list, decode(record.In, frame.Header{Fin: true}, frame.Close, "\x03\xe8bye")...)
	list = append(list, record.Record{Kind: record.KindClose, By: record.SideServer, Code: 1000, Reason: "bye"},
		record.Record{Kind: record.KindEnd, By: record.SideServer, Reason: "the server closed"})
	for i := range list {
		list[i].Seq, list[i].Conn, list[i].Time = uint64(i+1), 1, start+int64(i)*1e6
	}
	return list
}

// decode returns the records of one frame, as the decoder sees it.
func decode(dir record.Dir, h frame.Header, op frame.Opcode, payload string) (out []record.Record) {
	h.Opcode = op
	d := frame.NewDecoder(frame.Config{FromClient: dir == record.Out})
	d.Feed(frame.AppendFrame(nil, h, []byte(payload)), func(f *frame.Frame) {
		r := record.Record{Dir: dir}
		r.SetFrame(f)
		out = append(out, r.Clone())
	})
	return out
}

// write makes a capture file in dir.
func write(t *testing.T, dir, name string, list []record.Record) {
	t.Helper()
	var b bytes.Buffer
	w := file.NewWriter(&b)
	for i := range list {
		if err := w.Write(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestShow(t *testing.T) {
	t.Setenv("TZ", "UTC")
	dir := t.TempDir()
	write(t, dir, "a.tscap", conversation(true))
	got := run(t, dir, "", "show", "a.tscap")
	golden(t, "testdata/show.golden", got.out)
	if got.code != 0 || got.err != "" || strings.Contains(got.out, "s3cret") || strings.Contains(got.out, "\x1b") {
		t.Errorf("%+v", got)
	}
	for query, want := range map[string]string{
		"dir:in op:text":    "1",
		"$.price>5":         "1",
		"lint":              "1",
		"rtt>0ms":           "1",
		"kind:close":        "1",
		"near:2 code=1000":  "5",
		"op:binary":         "0",
		"path:/ws op:close": "1",
		"after:3 op:pong":   "3",
	} {
		got := run(t, dir, "", "show", "-query", query, "a.tscap")
		if n := strings.Count(got.out, "\n"); got.code != 0 || string(rune('0'+n)) != want {
			t.Errorf("%s: %d lines, want %s: %+v", query, n, want, got)
		}
	}
	lines := run(t, dir, "", "show", "-json", "a.tscap")
	if again := run(t, dir, lines.out, "show", "-"); again.out != got.out {
		t.Errorf("JSON lines that are shown again differ:\n%s", again.out)
	}
}

func TestLint(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "wrong.tscap", conversation(true))
	write(t, dir, "right.tscap", conversation(false))
	if got := run(t, dir, "", "lint", "right.tscap"); got != (result{}) {
		t.Errorf("%+v", got)
	}
	write(t, dir, "lossy.tscap", append(conversation(false),
		record.Record{Seq: 90, Time: 9, Conn: 1, Kind: record.KindBroken, Dir: record.In, Reason: "9 bytes are missing in the capture"}))
	if got := run(t, dir, "", "lint", "lossy.tscap"); got != (result{}) {
		t.Errorf("what a capture lacks violates no rule: %+v", got)
	}
	want := "wrong.tscap 4 #1 ↓ frame: masked server frame (RFC 6455 §5.1)\n"
	if got := run(t, dir, "", "lint", "wrong.tscap"); got != (result{code: 1, out: want}) {
		t.Errorf("%+v", got)
	}
	if got := run(t, dir, "", "lint", "wrong.tscap", "-quiet"); got != (result{code: 1}) {
		t.Errorf("%+v", got)
	}
	if got := run(t, dir, "", "lint", "-ignore", "masked server", "wrong.tscap"); got != (result{}) {
		t.Errorf("%+v", got)
	}
	if got := run(t, dir, "", "lint", "-json", "wrong.tscap"); got.code != 1 || !strings.Contains(got.out, `"rule":"masked server frame","section":"RFC 6455 §5.1"`) {
		t.Errorf("%+v", got)
	}
}

// TestConvertThereAndBack: through every format and back to JSON lines, nothing is lost.
func TestConvertThereAndBack(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", conversation(true))
	plain := run(t, dir, "", "convert", "-secrets", "a.tscap", "-")
	if plain.code != 0 || strings.Count(plain.out, "\n") != 9 || !strings.Contains(plain.out, "s3cret") {
		t.Fatalf("%+v", plain)
	}
	for _, name := range []string{"b.jsonl", "b.har", "b.tscap"} {
		if got := run(t, dir, "", "convert", "-secrets", "a.tscap", name); got != (result{}) {
			t.Fatalf("%+v", got)
		}
		if got := run(t, dir, "", "convert", "-secrets", name, "-"); got != plain {
			t.Errorf("%s:\n%+v", name, got)
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
		if got := run(t, dir, "", "convert", "-force", "a.tscap", name); got != (result{}) {
			t.Fatalf("%+v", got)
		}
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || bytes.Contains(b, []byte("s3cret")) {
			t.Errorf("%s holds a secret: %v", name, err)
		}
	}
}

// TestPacketsThereAndBack: what cannot stand in a packet is the closing words of TCP; all else comes back.
func TestPacketsThereAndBack(t *testing.T) {
	t.Setenv("TZ", "UTC")
	dir := t.TempDir()
	write(t, dir, "a.tscap", conversation(true))
	if got := run(t, dir, "", "convert", "a.tscap", "a.pcapng"); got != (result{}) {
		t.Fatalf("%+v", got)
	}
	lines := func(name string) []string {
		return strings.Split(run(t, dir, "", "show", name).out, "\n")[:7]
	}
	if got, want := lines("a.pcapng"), lines("a.tscap"); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWrongUseIsSaidAndDoesNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", conversation(false))
	write(t, dir, "there.har", conversation(false))
	for _, c := range []struct{ args, want string }{
		{"convert a.tscap", "want a source and a target, not 1 names"},
		{"convert a.tscap ./a.tscap", "./a.tscap is the source itself: name another file"},
		{"convert a.tscap there.har", "there.har exists already: choose another name, or add -force"},
		{"convert a.tscap b.txt", "b.txt: the name must end with one of .tscap, .jsonl, .har, .pcapng"},
		{"convert none.tscap b.har", "none.tscap: no such file"},
		{"convert -query dri:in a.tscap b.har", "did you mean dir"},
		{"show a.tscap b.tscap", "want one source, not 2"},
		{"show .", "is a folder: name a capture file"},
		{"show -nonsense", "there is no flag -nonsense"},
		{"show http://127.0.0.1:1", "no tetherscope server answers at http://127.0.0.1:1"},
		{"record -o x.har", "record a .tscap file, then convert it"},
		{"record a.tscap", "want one server"},
	} {
		got := run(t, dir, "", strings.Fields(c.args)...)
		if got.code != 2 || got.out != "" || !strings.Contains(got.err, c.want) {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
	if got := run(t, dir, "not a capture", "show", "-"); got.code != 2 || !strings.Contains(got.err, "not a capture in any format") {
		t.Errorf("%+v", got)
	}
	if files, _ := os.ReadDir(dir); len(files) != 2 {
		t.Errorf("%d files, want 2", len(files))
	}
}

func TestDamageIsReportedAndTheRestIsDone(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", conversation(true))
	file, err := os.ReadFile(filepath.Join(dir, "a.tscap"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cut.tscap"), file[:len(file)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	got := run(t, dir, "", "convert", "cut.tscap", "-")
	if got.code != 3 || strings.Count(got.out, "\n") != 8 || !strings.Contains(got.err, "the file ends inside a batch") {
		t.Errorf("%+v", got)
	}
	if got := run(t, dir, "", "lint", "cut.tscap"); got.code != 1 {
		t.Errorf("%+v", got)
	}
}

// TestConvertNeverDestroysACapture: not its source, by whatever name, and no target that stands there when the source turns
// out to be no capture.
func TestConvertNeverDestroysACapture(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", conversation(false))
	write(t, dir, "b.har", conversation(false))
	if err := os.WriteFile(filepath.Join(dir, "junk"), []byte("no capture at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.tscap", filepath.Join(dir, "c.har")); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	for line, want := range map[string]string{
		"a.tscap a.tscap": "a.tscap is the source itself: name another file",
		"a.tscap c.har":   "c.har is the source itself: name another file",
		"junk b.har":      "not a capture in any format",
		"junk new.har":    "not a capture in any format",
	} {
		got := run(t, dir, "", append([]string{"convert", "-force"}, strings.Fields(line)...)...)
		if got.code != 2 || !strings.Contains(got.err, want) {
			t.Errorf("%s: %+v", line, got)
		}
		if after := contents(t, dir); !maps.Equal(after, before) {
			t.Fatalf("%s changed the files", line)
		}
	}
}

// contents returns the files of a folder by name.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range list {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}

func TestHelpTeaches(t *testing.T) {
	for _, name := range []string{"record", "show", "lint", "convert", "replay", "mock", "send"} {
		got := run(t, t.TempDir(), "", name, "-help")
		if got.code != 0 || got.err != "" || !strings.Contains(got.out, "Exit codes: 0") || !strings.Contains(got.out, "Flags:") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestWrongCommandsAndFlags: a line says what is wrong, and where help is.
func TestWrongCommandsAndFlags(t *testing.T) {
	for line, want := range map[string]string{
		"shwo today.tscap": `tetherscope: there is no command "shwo"`,
		"show -qury x":     "tetherscope show: there is no flag -qury: did you mean -query? (tetherscope show -help lists the flags)\n",
		"record -for soon": `invalid value "soon" for flag -for`,
	} {
		got := run(t, t.TempDir(), "", strings.Fields(line)...)
		if got.code != 2 || got.out != "" || !strings.Contains(got.err, want) {
			t.Errorf("%s: %+v", line, got)
		}
	}
}

// TestAPipeThatClosesEndsTheCommand: as with every other program, head is enough.
func TestAPipeThatClosesEndsTheCommand(t *testing.T) {
	dir := t.TempDir()
	var many []record.Record
	for i := range 20_000 {
		r := conversation(false)[2]
		r.Seq = uint64(i + 1)
		many = append(many, r)
	}
	write(t, dir, "many.tscap", many)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", program+" show many.tscap | head -1; "+program+" show -json many.tscap | head -1")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "\n") != 2 {
		t.Errorf("%v: %s", err, out)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o700), os.WriteFile(name, []byte(got), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || got != string(want) {
		t.Errorf("%s (-update rewrites it): %v\n got %s\nwant %s", name, err, got, want)
	}
}
