//go:build !js

// These tests prove in a real Chromium that captures of every kind are opened beside the live one, that damage is reported and
// the rest kept, and that a shared file opens from a disk, without a network, and holds payloads as data only.
package panel_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// drop drops a file on the panel, as a person does.
func drop(t *testing.T, p *chrome.Page, name string, content []byte) {
	t.Helper()
	dropAll(t, p, name, map[string][]byte{name: content})
}

// dropAll drops files at once, and waits until they are read under a name that includes name.
func dropAll(t *testing.T, p *chrome.Page, name string, files map[string][]byte) {
	t.Helper()
	var add strings.Builder
	for name, content := range files {
		add.WriteString(`data.items.add(new File([Uint8Array.from(atob("` + base64.StdEncoding.EncodeToString(content) + `"), (c) => c.charCodeAt(0))], ` + quote(name) + `));`)
	}
	chrome.Get[bool](t, p, `(() => {
		const data = new DataTransfer();
		`+add.String()+`
		document.body.dispatchEvent(new DragEvent("dragover", { dataTransfer: data, bubbles: true, cancelable: true }));
		return !document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
	})()`)
	chrome.Wait(t, p, `document.querySelector("[data-testid=banner] .name").textContent.includes(`+quote(name)+`) && document.querySelector("[data-testid=banner]").dataset.state === "reading done"`)
}

const bannerText = `document.querySelector("[data-testid=banner]").innerText`

// conversation is a handshake, a secret in it, and a payload that would be markup if it were inserted as HTML.
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

// TestFilesAreShownBesideTheLiveCapture: every format that is dropped shows; live records that come meanwhile do not
// mix with them and are there afterwards.
func TestFilesAreShownBesideTheLiveCapture(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	wide(t, p)
	s.send(message(record.Out, "live one"))
	waitForRow(t, p, "live one")

	var b [4]bytes.Buffer
	packets, err := pcap.NewWriter(&b[3], "test")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"a.tscap":  written(t, file.NewWriter(&b[0]), &b[0]),
		"a.jsonl":  written(t, file.NewJSONLWriter(&b[1]), &b[1]),
		"a.har":    written(t, file.NewHARWriter(&b[2], "test"), &b[2]),
		"a.pcapng": written(t, packets, &b[3]),
	} {
		drop(t, p, name, content)
		waitForRow(t, p, "↓ text", "first")
		if rows := strings.Join(chrome.Get[[]string](t, p, rowTexts), "\n"); strings.Contains(rows, "live") {
			t.Errorf("%s: live records among those of the file:\n%s", name, rows)
		}
	}
	chrome.Wait(t, p, `document.querySelector("[data-testid=feed]").innerText.trim() === "file"`)
	s.send(message(record.Out, "live two"))

	har, err := os.ReadFile("../internal/capture/file/testdata/har/chrome.har")
	if err != nil {
		t.Fatal(err)
	}
	drop(t, p, "chrome.har", har)
	waitForRow(t, p, "↑ text – – – Hello") // Chrome lists messages: their frames are unknown

	chrome.ClickOn(t, p, `[data-do="back"]`)
	waitForRow(t, p, "live two")
	waitForRow(t, p, "live one")
	chrome.Wait(t, p, `document.querySelector("[data-testid=banner]").classList.contains("off")`)
}

// TestDamageIsReportedAndTheRestKept: what cannot be read is reported with its place, what can is shown, and what is no capture at
// all says so.
func TestDamageIsReportedAndTheRestKept(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	wide(t, p)
	var b bytes.Buffer
	lines := written(t, file.NewJSONLWriter(&b), &b)
	drop(t, p, "cut.jsonl", append(append([]byte{}, lines[:len(lines)-20]...), "\n{\"v\":1,\n"...))
	waitForRow(t, p, "↓ text", "first")
	chrome.Wait(t, p, bannerText+`.includes("line 4, column") && `+bannerText+`.includes("damaged")`)
	drop(t, p, "noise.bin", bytes.Repeat([]byte{0xFF, 0, 7}, 5000))
	chrome.Wait(t, p, bannerText+`.includes("not a capture in any format")`)
	har, err := os.ReadFile("../internal/capture/file/testdata/har/mitmproxy.har")
	if err != nil {
		t.Fatal(err)
	}
	drop(t, p, "cut.har", har[:len(har)-10])
	chrome.Wait(t, p, bannerText+`.includes("byte")`)
	if bad := p.Exceptions(); len(bad) > 0 {
		t.Errorf("the panel threw: %v", bad)
	}
}

// TestFilesDroppedAtOnceAreOneCapture: a HAR file and the file that it names.
func TestFilesDroppedAtOnceAreOneCapture(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	wide(t, p)
	files := map[string][]byte{}
	for _, name := range []string{"playwright_attach.har", "0a1b2c3d.jsonl"} {
		b, err := os.ReadFile("../internal/capture/file/testdata/cases/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	dropAll(t, p, "", files)
	waitForRow(t, p, "↑ text", "hi")
	chrome.Wait(t, p, bannerText+`.includes("and 1 other file")`)
	if text := chrome.Get[string](t, p, bannerText); strings.Contains(text, "damaged") {
		t.Errorf("the banner says %q", text)
	}
}

// TestWhatIsPassedOverIsSaid: a packet file in which nothing can be read says why in the banner, and what to do.
func TestWhatIsPassedOverIsSaid(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	file, err := os.ReadFile("../internal/capture/pcap/testdata/cases/dns_over_tcp.pcap")
	if err != nil {
		t.Fatal(err)
	}
	drop(t, p, "dns.pcap", file)
	chrome.Wait(t, p, bannerText+`.includes("Passed over: 1 TCP connection: no WebSocket")`)
}

// TestASharedFileOpensAnywhere: the HTML file holds the panel and the shown rows, opens from a disk in a fresh profile
// without a network, breaks no policy, runs nothing of a payload and holds no credential; it says that it can run no requests.
func TestASharedFileOpensAnywhere(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	s.send(conversation()...)
	waitForRow(t, p, "first")
	chrome.Get[bool](t, p, `(() => {
		URL.createObjectURL = (blob) => (blob.text().then((text) => { globalThis.shared = text; }), "about:blank#kept");
		HTMLAnchorElement.prototype.click = () => {};
		document.querySelector('[data-do="save"][data-arg="html"]').click();
		return true;
	})()`)
	waitLong(t, p, `globalThis.shared !== undefined || document.querySelector(".status .note").innerText.includes("could not")`)
	if note := chrome.Get[string](t, p, `document.querySelector(".status .note").innerText`); strings.Contains(note, "could not") {
		t.Fatal(note)
	}
	page := chrome.Get[string](t, p, `globalThis.shared`)
	for _, word := range []string{"SECRET", "onerror", "owned", "{{TOKEN}}"} {
		if strings.Contains(page, word) {
			t.Errorf("the file has %q in it as it is", word)
		}
	}
	name := filepath.Join(t.TempDir(), "shared.html")
	if err := os.WriteFile(name, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	q := chrome.Open(t, chrome.New(t, "--host-resolver-rules=MAP * ~NOTFOUND"), "")
	for _, call := range []string{"Network.enable", "Log.enable"} {
		if err := q.Call(t.Context(), call, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Call(t.Context(), "Network.emulateNetworkConditions", map[string]any{"offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}, nil); err != nil {
		t.Fatal(err)
	}
	asked, logged := q.Events("Network.requestWillBeSent"), q.Events("Log.entryAdded")
	if err := q.Navigate(t.Context(), "file://"+name); err != nil {
		t.Fatal(err)
	}
	wide(t, q)
	waitForRow(t, q, "↓ text", "first")
	waitForRow(t, q, "↓ text", "</script><script>globalThis.owned")
	waitForRow(t, q, "request", "GET /ws?token=[hidden]")
	if got := chrome.Get[any](t, q, `globalThis.owned ?? null`); got != nil {
		t.Errorf("a payload ran: %v", got)
	}
	chrome.Wait(t, q, `document.querySelector("[data-testid=feed]").innerText.includes("shared")`)
	keys(t, q, "Q")
	chrome.Wait(t, q, `document.querySelector("[data-testid=requests-without]")?.textContent.includes("tetherscope requests run FILE") && document.querySelector("[data-testid=requests-run]") === null`)
	for _, e := range asked() {
		if !strings.Contains(string(e), "file://") && !strings.Contains(string(e), `"url":"data:`) && !strings.Contains(string(e), `"url":"blob:`) {
			t.Errorf("the file asked for %.300s", e)
		}
	}
	for _, e := range logged() {
		t.Errorf("the browser says %.400s", e)
	}
	if bad := q.Exceptions(); len(bad) > 0 {
		t.Errorf("the page threw: %v", bad)
	}
}

// waitLong waits for what takes a browser seconds on a quiet machine: packing the program.
func waitLong(t *testing.T, p *chrome.Page, expression string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if err := p.WaitFor(ctx, expression); err != nil {
		t.Fatal(err)
	}
}

// TestTheFileMenuStaysInSight: wherever the toolbar wraps, the whole menu can be reached.
func TestTheFileMenuStaysInSight(t *testing.T) {
	p := newStub(t).watch(t)
	chrome.ClickOn(t, p, `[data-testid=file-menu]`)
	chrome.Wait(t, p, `document.querySelector(".pop .menu:not(.off)") !== null`)
	for width := 360; width <= 1400; width += 40 {
		if err := p.SetViewport(t.Context(), width, 700); err != nil {
			t.Fatal(err)
		}
		chrome.Wait(t, p, fmt.Sprintf(`innerWidth === %d && (b => b.width > 0 && b.left >= 0 && b.right <= innerWidth)(document.querySelector(".pop .menu:not(.off)").getBoundingClientRect())`, width))
	}
}
