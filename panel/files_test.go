//go:build !js

// These tests prove in a real Chromium that captures of every kind are opened beside the live one, and that damage is told
// and the rest kept.
package panel_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture"
	"github.com/tetherscope/tetherscope/internal/chrome"
	"github.com/tetherscope/tetherscope/internal/record"
)

// drop drops a file on the panel, as a person does.
func drop(t *testing.T, p *chrome.Page, name string, content []byte) {
	t.Helper()
	chrome.Get[bool](t, p, `(() => {
		const data = new DataTransfer();
		data.items.add(new File([Uint8Array.from(atob("`+base64.StdEncoding.EncodeToString(content)+`"), (c) => c.charCodeAt(0))], `+quote(name)+`));
		document.body.dispatchEvent(new DragEvent("dragover", { dataTransfer: data, bubbles: true, cancelable: true }));
		return !document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
	})()`)
	chrome.Wait(t, p, `document.querySelector("[data-testid=banner] .name").textContent === `+quote(name)+` && document.querySelector("[data-testid=banner]").dataset.state === "reading done"`)
}

const bannerText = `document.querySelector("[data-testid=banner]").innerText`

// conversation is a handshake, a secret in it, and a payload that would be markup if anybody took it for that.
func conversation() []record.Record {
	nasty := message(record.In, `</script><script>globalThis.owned = 1</script><img src=x onerror="globalThis.owned = 2"><!--`)
	list := []record.Record{
		{Kind: record.KindRequest, Conn: 1, Name: "/ws?token=SECRET", Remote: "127.0.0.1:5000", Head: []byte("GET /ws?token=SECRET HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\n" +
			"Connection: Upgrade\r\nCookie: id=SECRET\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")},
		{Kind: record.KindResponse, Conn: 1, Dir: record.In, Head: []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")},
		message(record.In, "first"), nasty,
	}
	for i := range list {
		list[i].Seq, list[i].Time = uint64(i+1), 1_767_323_045_000_000_000+int64(i)*1_000_000
	}
	list[3].Message, list[3].Offset = 2, 7
	return list
}

type writer interface {
	Write(*record.Record) error
	Close() error
}

func written(t *testing.T, w writer, out *bytes.Buffer) []byte {
	t.Helper()
	for _, r := range conversation() {
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestFilesAreLookedAtBesideTheLiveCapture: every format that is dropped shows; live records that come meanwhile do not
// mix with them and are there afterwards.
func TestFilesAreLookedAtBesideTheLiveCapture(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	wide(t, p)
	s.send(message(record.Out, "live one"))
	hears(t, p, "live one")

	var b [4]bytes.Buffer
	packets, err := capture.NewWriter(&b[3], "test")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"a.tscap":  written(t, record.NewFileWriter(&b[0]), &b[0]),
		"a.jsonl":  written(t, record.NewJSONLWriter(&b[1]), &b[1]),
		"a.har":    written(t, record.NewHARWriter(&b[2], "test"), &b[2]),
		"a.pcapng": written(t, packets, &b[3]),
	} {
		drop(t, p, name, content)
		hears(t, p, "↓ text", "first")
		if rows := strings.Join(chrome.Get[[]string](t, p, told), "\n"); strings.Contains(rows, "live") {
			t.Errorf("%s: live records among those of the file:\n%s", name, rows)
		}
	}
	s.send(message(record.Out, "live two"))

	har, err := os.ReadFile("../internal/record/testdata/har/chrome.har")
	if err != nil {
		t.Fatal(err)
	}
	drop(t, p, "chrome.har", har)
	hears(t, p, "↑ text – – – Hello") // Chrome tells of messages: nobody knows their frames

	chrome.Get[bool](t, p, `(document.querySelector('[data-do="back"]').click(), true)`)
	hears(t, p, "live two")
	hears(t, p, "live one")
	chrome.Wait(t, p, `document.querySelector("[data-testid=banner]").classList.contains("off")`)
}

// TestDamagedFilesAreToldAndKept: what cannot be read is told with its place, what can is shown, and what is no capture at
// all says so.
func TestDamagedFilesAreToldAndKept(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	wide(t, p)
	var b bytes.Buffer
	lines := written(t, record.NewJSONLWriter(&b), &b)
	drop(t, p, "cut.jsonl", append(append([]byte{}, lines[:len(lines)-20]...), "\n{\"v\":1,\n"...))
	hears(t, p, "↓ text", "first")
	if text := chrome.Get[string](t, p, bannerText); !strings.Contains(text, "line 4, column") || !strings.Contains(text, "damaged") {
		t.Errorf("the banner says %q", text)
	}
	drop(t, p, "noise.bin", bytes.Repeat([]byte{0xFF, 0, 7}, 5000))
	chrome.Wait(t, p, bannerText+`.includes("not a capture in any format")`)
	har, err := os.ReadFile("../internal/record/testdata/har/mitmproxy.har")
	if err != nil {
		t.Fatal(err)
	}
	drop(t, p, "cut.har", har[:len(har)-10])
	chrome.Wait(t, p, bannerText+`.includes("byte")`)
	if bad := p.Exceptions(); len(bad) > 0 {
		t.Errorf("the panel threw: %v", bad)
	}
}
