// These tests prove that what is copied means the same bytes where it is pasted: shell and JavaScript read it back.
package model

import (
	"encoding/base64"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

func TestForms(t *testing.T) {
	for _, c := range []struct {
		content []byte
		form    Form
		want    string
	}{
		{[]byte("a\"b\n"), FormPlain, "a\"b\n"},
		{[]byte{0xCA, 0xFE}, FormPlain, "ca fe"},
		{[]byte{0xCA, 0xFE}, FormHex, "cafe"},
		{[]byte("hi"), FormBase64, "aGk="},
		{[]byte("a\"b\n"), FormGo, `"a\"b\n"`},
		{[]byte{0xCA, 0}, FormGo, "[]byte{0xca, 0x00}"},
		{[]byte("</script>"), FormJS, `"\u003c/script\u003e"`},
		{[]byte{0xCA, 0}, FormJS, "Uint8Array.of(0xca, 0x00)"},
		{[]byte{1, 2}, FormC, "unsigned char payload[2] = {0x01, 0x02};"},
	} {
		if got := literal(c.content, c.form); got != c.want {
			t.Errorf("%q as %v: %s, want %s", c.content, c.form, got, c.want)
		}
	}
}

func TestTheCommandSendsTheSameBytesToTheSameAddress(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("WASM has no shell to ask")
	}
	request := record.Record{Time: 1, Conn: 1, Kind: record.KindRequest, Name: "/x", Head: []byte("GET /x?a='b' HTTP/1.1\r\nHost: example.test:9\r\nCookie: secret=1\r\n\r\n")}
	for _, content := range [][]byte{[]byte("it's $HOME `id` \\n %d \n'"), {0, 1, 0xFF}, nil} {
		m := New(Options{})
		feed(m, 1, request, data(record.Out, frame.Text, content))
		m.Update(Select{1})
		command := m.Update(CopyAs{FormWebsocat})[0].(PutClipboard).Text
		if strings.Contains(command, "secret") {
			t.Fatalf("a cookie is in %s", command)
		}
		m.Update(Select{0})
		if got, want := m.Update(CopyAs{FormWebsocat})[0].(PutClipboard).Text, "websocat "+shellQuote("ws://example.test:9/x?a='b'"); got != want {
			t.Errorf("of the request: %s, want %s", got, want)
		}
		curl := m.Update(CopyAs{FormCurl})[0].(PutClipboard).Text
		asked, err := exec.Command("sh", "-c", "curl() { printf '%s\\n' \"$@\"; }\n"+curl).Output()
		if !strings.Contains(string(asked), "\nhttp://example.test:9/x?a='b'\n") || !strings.Contains(string(asked), "\nUpgrade: websocket\n") || strings.Contains(curl, "secret") {
			t.Errorf("%s\ngives %q, %v", curl, asked, err)
		}
		// A function in the place of websocat says what it was given.
		out, err := exec.Command("sh", "-c", "websocat() { base64 -w0; for a; do :; done; printf ' %s' \"$a\"; }\n"+command).Output()
		if want := base64.StdEncoding.EncodeToString(content) + " ws://example.test:9/x?a='b'"; err != nil || string(out) != want {
			t.Errorf("%s\ngives %q, %v; want %q", command, out, err, want)
		}
	}
}
