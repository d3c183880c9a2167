// These tests prove that a copied command, pasted into a shell, sends exactly the captured bytes and does nothing else.
package model

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// stub stands in for websocat and curl: it keeps its arguments, each ended by NUL, and for websocat its standard input.
const stub = `#!/bin/sh
printf '%s\0' "$@" >"$STUB_OUT/${0##*/}.argv"
case "$0" in */websocat) cat >"$STUB_OUT/websocat.stdin";; esac
`

// shellBed runs commands in an empty directory with stubs on the PATH.
type shellBed struct{ bin, out, work string }

func newShellBed(t *testing.T) shellBed {
	t.Helper()
	if runtime.GOOS == "js" {
		t.Skip("WASM has no shell to ask")
	}
	s := shellBed{t.TempDir(), t.TempDir(), t.TempDir()}
	for _, name := range [...]string{"websocat", "curl"} {
		if err := os.WriteFile(filepath.Join(s.bin, name), []byte(stub), 0o700); err != nil { //nolint:gosec // a program for this test
			t.Fatal(err)
		}
	}
	return s
}

// run runs a command and returns what the stub of that name was given. A file in the working directory, or a word on
// standard output or error, is something that the command should not have done.
func (s shellBed) run(t *rapid.T, command, name string) (argv []string, stdin []byte) {
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = s.work
	cmd.Env = []string{"PATH=" + s.bin + ":" + os.Getenv("PATH"), "STUB_OUT=" + s.out, "HOME=/nowhere", "X=expanded"}
	said, err := cmd.CombinedOutput()
	left, _ := os.ReadDir(s.work)
	if err != nil || len(said) > 0 || len(left) > 0 {
		t.Fatalf("%s\ngives %q, %v, %v", command, said, err, left)
	}
	given, err := os.ReadFile(filepath.Join(s.out, name+".argv"))
	if err != nil {
		t.Fatal(err)
	}
	stdin, _ = os.ReadFile(filepath.Join(s.out, "websocat.stdin"))
	return strings.Split(strings.TrimSuffix(string(given), "\x00"), "\x00"), stdin
}

// drawHostile draws bytes of which a shell, a terminal or curl might make something.
func drawHostile(t *rapid.T, name string) []byte {
	piece := rapid.OneOf(
		rapid.SliceOfN(rapid.Byte(), 0, 20),
		rapid.Map(rapid.SampledFrom([]string{
			"'", "'; touch pwned; '", "$(touch pwned)", "`touch pwned`", "$X", "\n touch pwned\n", "\x03touch pwned\r", "\x1b[201~touch pwned\r", "\x15", "\x7f", "\u009b6n",
			"{a,b}", "[1-9]", "%s%d\\n", "\\", "\"", "!!", "-", "--help", "#", "&", ";", "|", ">pwned", "\t", "\x00", "\u202e", "\u200b", "ä", "😀", " ", "/../", "?a=b",
		}), func(s string) []byte { return []byte(s) }),
	)
	return bytes.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, name), nil)
}

// lineOf takes out of b what would end a header line.
func lineOf(b []byte) string {
	return strings.TrimSpace(string(bytes.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == 0 || r == ',' {
			return -1
		}
		return r
	}, bytes.ToValidUTF8(b, nil))))
}

// checkPaste fails on a command with a byte that acts on a terminal before a shell reads it.
func checkPaste(t *rapid.T, command string) {
	if !utf8.ValidString(command) {
		t.Fatalf("not UTF-8: %q", command)
	}
	for _, r := range command {
		if r < 0x20 && r != '\t' || r >= 0x7F && r < 0xA0 || r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF {
			t.Fatalf("%U in %q", r, command)
		}
	}
}

func TestACopiedCommandSendsThePayloadAndExecutesNothing(t *testing.T) {
	bed := newShellBed(t)
	rapid.Check(t, func(t *rapid.T) {
		content, target, origin := drawHostile(t, "payload"), drawHostile(t, "target"), lineOf(drawHostile(t, "origin"))
		target = bytes.Map(func(r rune) rune {
			if r <= ' ' || unicode.IsSpace(r) {
				return -1
			}
			return r
		}, bytes.ToValidUTF8(target, nil))
		opcode := rapid.SampledFrom([]frame.Opcode{frame.Text, frame.Binary}).Draw(t, "opcode")
		head := "GET /x" + string(target) + " HTTP/1.1\r\nHost: example.test:9\r\nOrigin: " + origin + "\r\nSec-WebSocket-Protocol: p\r\n\r\n"
		m := New(Options{})
		feed(m, 1, record.Record{Time: 1, Conn: 1, Kind: record.KindRequest, Name: "/x", Head: []byte(head)}, data(record.Out, opcode, content))
		m.Update(Select{1})
		command := m.Update(CopyAs{FormWebsocat})[0].(PutClipboard).Text
		checkPaste(t, command)
		argv, stdin := bed.run(t, command, "websocat")
		if !bytes.Equal(stdin, content) {
			t.Fatalf("%s\nsends %q, want %q", command, stdin, content)
		}
		url := strings.TrimPrefix(argv[len(argv)-1], "ws")
		if plain := unescapeURL(url); plain != "://example.test:9/x"+string(target) {
			t.Fatalf("%s\nopens %q, want target %q", command, url, target)
		}

		command = m.Update(CopyAs{FormCurl})[0].(PutClipboard).Text
		checkPaste(t, command)
		argv, _ = bed.run(t, command, "curl")
		given := "\x00" + strings.Join(argv, "\x00") + "\x00"
		for _, want := range []string{"http" + url, "--globoff", "--path-as-is"} {
			if !strings.Contains(given, "\x00"+want+"\x00") {
				t.Fatalf("%s\nlacks %q in %q", command, want, argv)
			}
		}
		if origin != "" && !strings.Contains(given, "\x00Origin: "+origin+"\x00") {
			t.Fatalf("%s\nlacks the origin %q in %q", command, origin, argv)
		}
	})
}

// unescapeURL undoes %XX where shellAddress wrote it: a "%" of the address stays as it is.
func unescapeURL(s string) string {
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if b, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil && (b <= ' ' || b >= 0x7F || b == '#') {
				out = append(out, byte(b))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// A text with a line break is sent as one text message, and none is cut at the size of websocat's buffer.
func TestTheCommandSendsOneMessageOfTheSameType(t *testing.T) {
	for _, c := range []struct {
		content string
		isText  bool
		want    string
	}{
		{"a\tb", true, "printf '%s' 'a\tb' | websocat -n -1"},
		{"a\nb", true, "printf '%s' 'YQpi' | base64 -d | websocat -t --no-line -n -1"},
		{"\x7f", true, "printf '%s' 'fw==' | base64 -d | websocat -t --no-line -n -1"},
		{"\u009b", true, "printf '%s' 'wps=' | base64 -d | websocat -t --no-line -n -1"},
		{"\xff", true, "printf '%s' '/w==' | base64 -d | websocat -b -n -1"},
		{"a", false, "printf '%s' 'YQ==' | base64 -d | websocat -b -n -1"},
	} {
		if got := websocatInput([]byte(c.content), c.isText); got != c.want {
			t.Errorf("%q: %s, want %s", c.content, got, c.want)
		}
	}
	if got := websocatInput(make([]byte, websocatBuffer+1), false); !strings.HasSuffix(got, " -B 65537") {
		t.Errorf("65,537 bytes: …%s", got[len(got)-40:])
	}
}

// Literals and JSON lines have escapes where a terminal or an editor would act, and still mean the same.
func TestCopiedLiteralsHaveNoHiddenCharacters(t *testing.T) {
	const content = "\x1b[31m\x7f\u009b\u202e\u2066\u200b\ufeff\U000e0041ä😀"
	for _, f := range [...]Form{FormGo, FormJS} {
		got := literal([]byte(content), f)
		if i := strings.IndexFunc(got, format.Hidden); i >= 0 {
			t.Errorf("%v has a hidden character at %d: %q", f, i, got)
		}
		if back, err := strconv.Unquote(got); f == FormGo && (err != nil || back != content) {
			t.Errorf("%s is %q, %v", got, back, err)
		}
	}
	var back string
	if err := json.Unmarshal([]byte(literal([]byte(content), FormJS)), &back); err != nil || back != content {
		t.Errorf("JavaScript literal is %q, %v", back, err)
	}
	m := New(Options{})
	feed(m, 1, text(record.Out, content))
	m.Update(Select{0})
	line := m.Update(CopyAs{FormJSON})[0].(PutClipboard).Text
	var row struct{ Text, Payload string }
	if err := json.Unmarshal([]byte(line), &row); err != nil || strings.ContainsFunc(line, format.Hidden) {
		t.Errorf("%q: %v", line, err)
	}
}
