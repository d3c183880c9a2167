package e2e

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// TestTargetsAreManagedInThePanel proves in a real Chromium that a person adds a target by keyboard and is shown what helps against a wrong one, that its
// connections are captured, and that removing it ends them with a marked row.
func TestTargetsAreManagedInThePanel(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		for {
			kind, p, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, p) != nil {
				return
			}
		}
	}))
	t.Cleanup(srv.Close)
	s := serve(t, "127.0.0.1:0")
	p := openPanel(t, s)
	press := func(keys ...string) {
		t.Helper()
		for _, k := range keys {
			if err := p.Press(t.Context(), k); err != nil {
				t.Fatal(err)
			}
		}
	}
	write := func(box, text string) {
		t.Helper()
		chrome.Get[any](t, p, `(b => { b.focus(); b.select(); })(document.getElementById("target-`+box+`"))`)
		if err := p.Type(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		chrome.Wait(t, p, `document.getElementById("target-`+box+`").value === `+strconv.Quote(text))
	}
	const add, list = `document.querySelector('[data-do="add-target"]')`, `document.querySelectorAll('[data-target]').length`
	press(",")
	chrome.Wait(t, p, add+`?.disabled === true`)
	write("name", "shop")
	write("url", "ws"+strings.TrimPrefix(srv.URL, "http")+"/live")
	write("port", s.addr[strings.LastIndex(s.addr, ":")+1:])
	chrome.Wait(t, p, add+`.disabled === false`)
	chrome.Get[any](t, p, `void `+add+`.focus()`)
	press("Enter")
	chrome.Wait(t, p, `document.querySelector('[data-testid="target-problem"]').textContent.includes('Port is taken by this server itself (-addr ')`)
	chrome.Get[any](t, p, `(b => { b.focus(); b.select(); })(document.getElementById("target-port"))`)
	press("Backspace")
	chrome.Wait(t, p, `document.getElementById("target-port").value === ""`)
	chrome.Get[any](t, p, `void `+add+`.focus()`)
	press("Enter")
	chrome.Wait(t, p, list+` === 1 && document.getElementById("target-name").value === ""`)
	chrome.Wait(t, p, `document.querySelector('[data-testid="targets-keep"]').textContent.includes('"shop" = "ws://127.0.0.1:')`)
	address := strings.TrimPrefix(chrome.Get[string](t, p, `document.querySelector('[data-target="shop"] code[title^="Also "]').title`), "Also ")
	c, _, err := websocket.Dial(t.Context(), address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Write(t.Context(), websocket.MessageText, []byte("through the new target")); err != nil {
		t.Fatal(err)
	}
	if _, b, err := c.Read(t.Context()); err != nil || string(b) != "through the new target" {
		t.Fatalf("%q, %v", b, err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _, _ = c.Read(t.Context()) // until the end
		_ = c.CloseNow()
	}()
	chrome.Wait(t, p, `document.querySelector('[data-target="shop"]').textContent.includes("1 open")`)
	chrome.ClickOn(t, p, `[data-do="remove-target"]`)
	chrome.Wait(t, p, list+` === 0`)
	await.Closed(t, ended)
	press("Escape")
	chrome.Wait(t, p, `document.querySelector('[data-testid="targets"]') === null`)
	chrome.Wait(t, p, `[...document.querySelectorAll('#grid .row:not([hidden]) .c-preview')].some(c => c.textContent.includes("through the new target"))`)
	chrome.Wait(t, p, `[...document.querySelectorAll('#grid .row:not([hidden]) .c-preview')].some(c => c.textContent.includes("its target shop was removed"))`)
	if said := p.Exceptions(); len(said) > 0 {
		t.Error(said)
	}
}
