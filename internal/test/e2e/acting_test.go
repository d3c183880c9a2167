package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/static"
)

// acted is a panel over one proxied connection whose ends are bare TCP.
type acted struct {
	page           *chrome.Page
	client, server net.Conn
}

// actOn starts a server with a raw target, joins a raw client with it, and opens the composer on the connection.
func actOn(t *testing.T) *acted {
	t.Helper()
	built(t, "dist/panel.wasm")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	target, err := proxy.ParseTarget("raw=ws://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var printed frameLog
	ctx, cancel := context.WithCancel(context.Background())
	url, done := make(chan string, 1), make(chan error, 1)
	cfg := server.Config{Addr: "127.0.0.1:0", Assets: static.Files, Targets: []proxy.Target{target}}
	go func() { done <- server.Run(ctx, cfg, &printed, func(u string) { url <- u }) }()
	t.Cleanup(func() {
		cancel()
		if err := await.Receive(t, done); err != nil {
			t.Error(err)
		}
	})
	await.Receive(t, url)
	panel := regexp.MustCompile(`panel +(http\S+)`).FindStringSubmatch(printed.String())[1]
	door := regexp.MustCompile(`ws://(\S+?)/?  for programs`).FindStringSubmatch(printed.String())
	if door == nil {
		t.Fatalf("no door in\n%s", printed.String())
	}
	a := &acted{page: chrome.Open(t, chrome.New(t), panel)}
	chrome.Wait(t, a.page, `document.querySelector('[data-testid="feed"]')?.dataset.state === 'live'`)
	if a.client, err = net.Dial("tcp", door[1]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.client.Close() })
	_, _ = fmt.Fprintf(a.client, "GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", door[1])
	if a.server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.server.Close() })
	for _, c := range []net.Conn{a.client, a.server} {
		_ = c.SetDeadline(time.Now().Add(5 * time.Minute))
	}
	rawHead(t, a.server)
	_, _ = io.WriteString(a.server, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
	rawHead(t, a.client)
	chrome.Wait(t, a.page, `document.querySelector('[data-conn].open') !== null`)
	a.click(t, `[data-do="compose"]`)
	chrome.Wait(t, a.page, `document.querySelector('[data-target][aria-pressed="true"]') !== null`)
	return a
}

// rawHead reads an HTTP head, and nothing behind it.
func rawHead(t *testing.T, r io.Reader) {
	t.Helper()
	var head []byte
	for one := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, one[0]) {
		if _, err := io.ReadFull(r, one); err != nil {
			t.Fatalf("%q: %v", head, err)
		}
	}
}

func (a *acted) click(t *testing.T, selector string) {
	t.Helper()
	chrome.ClickOn(t, a.page, selector)
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// set presses a switch, "name=value", until it is as wanted.
func (a *acted) set(t *testing.T, arg string, on bool) {
	t.Helper()
	selector := fmt.Sprintf(`[data-do="compose-set"][data-arg=%s]`, quote(arg))
	switch name, value, _ := strings.Cut(arg, "="); name {
	case "fin", "force":
		selector = `[data-do="compose-` + name + `"]`
	case "rsv", "conn":
		selector = fmt.Sprintf(`[data-do="compose-%s"][data-arg=%s]`, name, quote(value))
	}
	button := `document.querySelector('` + selector + `')`
	chrome.Wait(t, a.page, button+` !== null`)
	chrome.Get[bool](t, a.page, fmt.Sprintf(`((%s.getAttribute('aria-pressed') === 'true') !== %t && %[1]s.click(), true)`, button, on))
	chrome.Wait(t, a.page, fmt.Sprintf(`(%s.getAttribute('aria-pressed') === 'true') === %t`, button, on))
}

// write puts text into a box, as typing does.
func (a *acted) write(t *testing.T, box, text string) {
	t.Helper()
	chrome.Wait(t, a.page, fmt.Sprintf(`document.getElementById('compose-%s') !== null`, box))
	chrome.Get[bool](t, a.page, fmt.Sprintf(`(() => { const box = document.getElementById('compose-%s'); if (box.value !== %s) { box.value = %[2]s; box.dispatchEvent(new Event('input', { bubbles: true })); } return true; })()`, box, quote(text)))
}

// TestThePeerReceivesWhatThePanelSends: from a real panel in Chromium, every opcode, flag and way to cut, in both directions, is
// on the wire of bare TCP peers byte for byte; what the protocol forbids shows its section and leaves only when forced.
func TestThePeerReceivesWhatThePanelSends(t *testing.T) {
	a := actOn(t)
	a.set(t, "form=hex", true)
	a.set(t, "inside=force", true)
	a.write(t, "key", "01020304")
	masked := func(b ...byte) (out []byte) {
		for i, c := range b {
			out = append(out, c^byte(i%4+1))
		}
		return out
	}
	type sending struct {
		to, op, body, split, sizes string
		fin                        bool
		rsv                        byte
		want                       []byte
		forbidden                  string // a section that must be shown
	}
	var all []sending
	for i, op := range []string{"text", "binary", "close", "ping", "pong", "0x3", "0x4", "0x5", "0x6", "0x7", "0xB", "0xC", "0xD", "0xE", "0xF"} {
		code := []byte{1, 2, 8, 9, 10, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15}[i]
		s := sending{op: op, to: "client", body: "03 e8 41", fin: true, want: []byte{0x80 | code, 3, 3, 0xE8, 'A'}}
		if i == 0 {
			s.body, s.want = "41", []byte{0x81, 1, 'A'}
		}
		if i > 4 {
			s.forbidden = "RFC 6455 §5.2"
		}
		all = append(all, s)
		s.to = "server"
		s.want = append([]byte{s.want[0], 0x80 | s.want[1], 1, 2, 3, 4}, masked(s.want[2:]...)...)
		all = append(all, s)
	}
	all = append(all,
		sending{to: "client", op: "text", body: "41 42 43", fin: true, rsv: 4, want: []byte{0xC1, 3, 'A', 'B', 'C'}, forbidden: "RFC 6455 §5.2"},
		sending{to: "server", op: "ping", fin: true, rsv: 3, want: []byte{0xB9, 0x80, 1, 2, 3, 4}, forbidden: "RFC 6455 §5.2"},
		sending{to: "client", op: "ping", want: []byte{9, 0}, forbidden: "RFC 6455 §5.5"},
		sending{to: "client", op: "text", body: "41 42 43 44 45", fin: true, split: "2", want: []byte{1, 2, 'A', 'B', 0x80, 3, 'C', 'D', 'E'}},
		sending{to: "client", op: "binary", body: "41 42 43", fin: true, sizes: "0, 1", want: []byte{2, 0, 0, 1, 'A', 0x80, 2, 'B', 'C'}},
		sending{to: "client", op: "text", body: "41", want: []byte{1, 1, 'A'}, forbidden: "RFC 6455 §5.4"},
		sending{to: "client", op: "continuation", body: "42", fin: true, want: []byte{0x80, 1, 'B'}, forbidden: "RFC 6455 §5.4"},
	)
	for _, s := range all {
		a.set(t, "to="+s.to, true)
		a.set(t, "op="+s.op, true)
		a.set(t, "fin=", s.fin)
		for _, bit := range []byte{4, 2, 1} {
			a.set(t, fmt.Sprintf("rsv=%d", bit), s.rsv&bit != 0)
		}
		a.write(t, "body", s.body)
		a.write(t, "split", s.split)
		a.write(t, "sizes", s.sizes)
		chrome.Wait(t, a.page, `document.querySelector('[data-testid="compose-hex"]').textContent === `+quote(fmt.Sprintf("% x", s.want)))
		warned := chrome.Get[string](t, a.page, `document.querySelector('[data-testid="compose-problems"]:not(.off)')?.textContent ?? ''`)
		if !strings.Contains(warned, s.forbidden) || (warned != "") != (s.forbidden != "") {
			t.Errorf("%+v: the warning is %q", s, warned)
		}
		if s.forbidden != "" {
			if !chrome.Get[bool](t, a.page, `document.querySelector('[data-testid="compose-send"]').disabled`) {
				t.Errorf("%+v: can be sent without being forced", s)
			}
			a.set(t, "force=", true)
		}
		chrome.Wait(t, a.page, `!document.querySelector('[data-testid="compose-send"]').disabled`)
		a.click(t, `[data-testid="compose-send"]`)
		peer := a.client
		if s.to == "server" {
			peer = a.server
		}
		got := make([]byte, len(s.want))
		if _, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, s.want) {
			t.Fatalf("%+v: the peer got % x, %v; the panel says %q", s, got, err,
				chrome.Get[string](t, a.page, `document.querySelector('[data-testid="compose-result"]').textContent`))
		}
	}
	chrome.Get[bool](t, a.page, keepExport)
	if err := a.page.SetViewport(t.Context(), 1600, 900); err != nil { // wide enough for the notes
		t.Fatal(err)
	}
	chrome.Wait(t, a.page, `[...document.querySelectorAll('#grid .row.acted:not([hidden]) .c-note:not([hidden])')].some((c) => c.textContent.includes('injected'))`)
}

// TestActingByKeyboard: e takes the selected row into the composer, Ctrl+Enter sends it, r sends a row again at once; a
// repetition stops; a connection that has ended says so.
func TestActingByKeyboard(t *testing.T) {
	a := actOn(t)
	press := func(key string) {
		t.Helper()
		if err := a.page.Press(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	receive := func(peer net.Conn, want string) {
		t.Helper()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(peer, got); err != nil || string(got) != want {
			t.Fatalf("%q, %v, want %q", got, err, want)
		}
	}
	a.click(t, `[data-do="compose"]`)
	_, _ = io.WriteString(a.server, "\x81\x07{\"a\":1}")
	receive(a.client, "\x81\x07{\"a\":1}")
	chrome.Wait(t, a.page, `[...document.querySelectorAll('#grid .row:not([hidden]) .c-preview')].some((c) => c.textContent.includes('"a":1'))`)
	chrome.Get[bool](t, a.page, `(document.getElementById('grid').focus(), true)`)
	press("End")
	press("j")
	press("r")
	receive(a.client, "\x81\x07{\"a\":1}")
	press("e")
	chrome.Wait(t, a.page, `document.getElementById('compose-body')?.value === '{"a":1}' && document.activeElement.id === 'compose-body'`)
	a.write(t, "body", `{"a":2}`)
	press("ctrl+Enter")
	receive(a.client, "\x81\x07{\"a\":2}")
	a.write(t, "body", `{"a":}`)
	chrome.Wait(t, a.page, `document.querySelector('[data-testid="compose-error"]').textContent.startsWith('line 1, column 6: not JSON')`)
	a.write(t, "body", `{"a":3}`)
	a.write(t, "every", "20")
	a.write(t, "count", "1000")
	chrome.Wait(t, a.page, `!document.querySelector('[data-do="compose-repeat"]').disabled`)
	a.click(t, `[data-do="compose-repeat"]`)
	receive(a.client, "\x81\x07{\"a\":3}\x81\x07{\"a\":3}")
	chrome.Wait(t, a.page, `!document.querySelector('[data-do="compose-stop"]').classList.contains('off')`)
	a.click(t, `[data-do="compose-stop"]`)
	chrome.Wait(t, a.page, `document.querySelector('[data-testid="compose-result"]').textContent.startsWith('Repeated ')`)
	a.write(t, "title", "three")
	a.click(t, `[data-do="compose-save"]`)
	chrome.Wait(t, a.page, `localStorage.getItem('tetherscope.templates')?.includes('three')`)

	a.write(t, "url", "/ws/echo")
	a.click(t, `[data-testid="compose-dial"]`)
	chrome.Wait(t, a.page, `document.querySelector('[data-testid="compose-dialled"]').textContent.includes('/ws/echo open')`)
	chrome.Wait(t, a.page, `document.querySelector('[data-target="2"][aria-pressed="true"]')?.textContent === '#2 /ws/echo'`)
	a.click(t, `[data-do="close-dialled"]`)
	chrome.Wait(t, a.page, `document.querySelector('[data-target="2"]') === null`)

	a.set(t, "conn=1", true)
	a.click(t, `[data-arg="rst="]`)
	if _, err := io.Copy(io.Discard, a.client); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("the client saw %v", err)
	}
	chrome.Wait(t, a.page, `document.querySelector('.compose .gone')?.textContent === 'connection 1 has ended'`)
	if said := a.page.Exceptions(); len(said) > 0 {
		t.Error(said)
	}
}
