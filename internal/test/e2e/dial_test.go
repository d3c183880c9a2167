package e2e

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// TestThePanelIsAClientOfAnyServer proves in a real Chromium that the composer opens a server with a certificate of its own: it says what helps, opens it with a
// field and a subprotocol under either choice of trust, sends to it, shows what comes back, and remembers the connection over a reload.
func TestThePanelIsAClientOfAnyServer(t *testing.T) {
	built(t, "dist/panel.wasm")
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"v2"}, InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		for {
			_, p, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), websocket.MessageText, []byte(r.Header.Get("X-Key")+c.Subprotocol()+r.Header.Get("Origin")+string(p))) != nil {
				return
			}
		}
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused certificate is the test's
	srv.StartTLS()
	t.Cleanup(srv.Close)
	url := "wss" + strings.TrimPrefix(srv.URL, "https") + "/chat?room=1"
	s := serve(t, "127.0.0.1:0")
	p := chrome.Open(t, chrome.New(t), s.url+s.LoginPath("/panel/"))
	open := func() {
		t.Helper()
		chrome.Wait(t, p, `document.querySelector('[data-testid="feed"]')?.dataset.state === 'live'`)
		chrome.ClickOn(t, p, `[data-do="compose"]`)
		chrome.Wait(t, p, `document.querySelector('[data-testid="compose-handshake"]') !== null`)
		chrome.Get[any](t, p, `void (document.querySelector('[data-testid="compose-handshake"]').open = true)`)
	}
	write := func(box, text string) {
		t.Helper()
		chrome.Get[any](t, p, `(b => { b.value = `+strconv.Quote(text)+`; b.dispatchEvent(new Event("input", { bubbles: true })); })(document.getElementById("compose-`+box+`"))`)
	}
	sendsAndReceives := func(text string) {
		t.Helper()
		chrome.Wait(t, p, `document.querySelector('[data-testid="compose-dialled"]').textContent.includes(' open')`)
		chrome.Wait(t, p, `document.querySelector('[data-do="compose-set"][data-arg="to=server"]').getAttribute("aria-pressed") === "true"`)
		write("body", text)
		chrome.Wait(t, p, `!document.querySelector('[data-testid="compose-send"]').disabled`)
		chrome.ClickOn(t, p, `[data-testid="compose-send"]`)
		chrome.Wait(t, p, `[...document.querySelectorAll('#grid .row:not([hidden]) .c-preview')].some(c => c.textContent === "s3cretv2`+text+`")`)
	}
	open()
	write("url", url)
	write("header", "X-Key: s3cret")
	write("protocols", "v1, v2")
	chrome.ClickOn(t, p, `[data-testid="compose-dial"]`)
	chrome.Wait(t, p, `document.querySelector('[data-testid="compose-result"]').textContent.includes("give the authority's certificate as CA")`)
	write("ca", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})))
	chrome.ClickOn(t, p, `[data-do="dial-save"]`)
	chrome.Wait(t, p, `document.querySelector('[data-do="dial-load"]') !== null`)
	chrome.ClickOn(t, p, `[data-testid="compose-dial"]`)
	sendsAndReceives("trusted")
	chrome.Wait(t, p, `[...document.querySelectorAll(".conns .conn")].some(e => e.innerText.includes("/chat?room=1") && e.innerText.includes("wss://127.0.0.1:"))`)
	chrome.ClickOn(t, p, `[data-do="close-dialled"]`)
	chrome.Wait(t, p, `document.querySelector('[data-do="close-dialled"]') === null`)
	write("ca", "")
	chrome.ClickOn(t, p, `[data-do="dial-insecure"]`)
	chrome.ClickOn(t, p, `[data-testid="compose-dial"]`)
	sendsAndReceives("not verified")
	if err := p.Navigate(t.Context(), s.url+"/panel/?again"); err != nil {
		t.Fatal(err)
	}
	open()
	chrome.ClickOn(t, p, `[data-do="dial-load"]`)
	chrome.Wait(t, p, `document.getElementById("compose-url").value.endsWith("/chat?room=1") && document.getElementById("compose-ca").value.startsWith("-----BEGIN")`)
	chrome.ClickOn(t, p, `[data-testid="compose-dial"]`)
	sendsAndReceives("remembered")
	if said := p.Exceptions(); len(said) > 0 {
		t.Error(said)
	}
}
