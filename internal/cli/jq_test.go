package cli_test

import (
	"bytes"
	"compress/flate"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// squeezed is a handshake with permessage-deflate and a compressed text message.
func squeezed(t *testing.T, text string) []record.Record {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte(text))
	_ = w.Flush()
	packed := bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xFF, 0xFF})
	answer := strings.Replace(response, "\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", 1)
	list := []record.Record{
		{Kind: record.KindRequest, Name: "/ws", Head: []byte(request)},
		{Kind: record.KindResponse, Head: []byte(answer)},
		{
			Kind: record.KindFrame, Dir: record.In, Payload: packed, Body: []byte(text), Message: 1, Final: true, Frames: 1, Compressed: true,
			Header: frame.Header{Fin: true, Rsv: frame.RSV1, Opcode: frame.Text, Length: uint64(len(packed)), Size: 2},
			Wire:   uint64(len(packed)), Inflated: uint64(len(text)),
		},
	}
	for i := range list {
		list[i].Seq, list[i].Time, list[i].Conn = uint64(i+1), start+int64(i), 1
	}
	return list
}

// TestDocumentedJqLines: the lines for jq in the help of show and convert print the text of a compressed message.
func TestDocumentedJqLines(t *testing.T) {
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("there is no jq here")
	}
	dir := t.TempDir()
	const text = "again and again and again and again"
	var b bytes.Buffer
	w := file.NewWriter(&b)
	for _, r := range squeezed(t, text) {
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "today.tscap"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := run(t, dir, "", "convert", "today.tscap", "from-chrome.har"); r.code != 0 {
		t.Fatal(r.err)
	}
	for _, command := range []string{"show", "convert"} {
		help := run(t, dir, "", "help", command)
		line := regexp.MustCompile(`tetherscope (` + command + `[^|\n]*)\| (jq (-r )?'[^']*')`).FindStringSubmatch(help.out + help.err)
		if line == nil {
			t.Fatalf("the help of %s has no line for jq:\n%s%s", command, help.out, help.err)
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", program+" "+line[1]+" | "+line[2])
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), text) {
			t.Errorf("%s| %s: %v\n%s", line[1], line[2], err, out)
		}
	}
}
