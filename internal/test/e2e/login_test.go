package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// TestTheTokenIsForOneBrowser: in Chromium the printed address gives a browser the panel's feed, also after a reload and, with the same
// secret, after a restart of the server; the address leaves no key in the address bar; another browser gets none by it.
func TestTheTokenIsForOneBrowser(t *testing.T) {
	built(t, "dist/panel.wasm")
	const live, refused = `document.querySelector('[data-testid="feed"]')?.dataset.state === 'live'`, `document.querySelector('[data-testid="feed"]')?.dataset.state === 'stopped'`
	secret := func(c *server.Config) { c.Secret = "s" }
	s := serve(t, "127.0.0.1:0", secret)
	address := s.url + s.LoginPath("/panel/")
	b := chrome.New(t)
	p := chrome.Open(t, b, address)
	chrome.Wait(t, p, live)
	if at := chrome.Get[string](t, p, `location.href + document.cookie`); at != s.url+"/panel/" {
		t.Errorf("the page is at %s", at)
	}
	if err := p.Navigate(t.Context(), s.url+"/panel/?reload"); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, live)
	other := chrome.Open(t, chrome.New(t), address)
	chrome.Wait(t, other, refused)
	s.stop()
	serve(t, s.addr, secret)
	chrome.Wait(t, p, refused) // restarted: it has another token
	chrome.ClickOn(t, p, `[data-do=reload]`)
	chrome.Wait(t, p, live)
}

// TestALinkWithAKeySelectsItsRow: the address that the server prints and #rec=N behind it lead a browser to that record, at its first
// visit and, with the next key, when it has the panel in its cache.
func TestALinkWithAKeySelectsItsRow(t *testing.T) {
	built(t, "dist/panel.wasm")
	s := serve(t, "127.0.0.1:0")
	c, _, err := websocket.Dial(t.Context(), "ws://"+s.addr+"/ws/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	for i := range 500 { // records 3, 4; 5, 6; …: each goes out and comes back
		if err := c.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, "message %d", i)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b := chrome.New(t)
	for _, i := range []int{100, 200} {
		fragment := fmt.Sprintf("#rec=%d", 3+2*i)
		p := chrome.Open(t, b, s.url+s.LoginPath("/panel/")+fragment)
		chrome.Wait(t, p, fmt.Sprintf(`document.querySelector(".row.selected:not([hidden]) .c-preview")?.textContent === "message %d"`, i))
		chrome.Wait(t, p, fmt.Sprintf(`location.href === %q`, s.url+"/panel/"+fragment))
	}
	p := chrome.Open(t, b, s.url+"/panel/?key=used#rec=7") // the browser has a key already
	chrome.Wait(t, p, `document.querySelector(".row.selected:not([hidden]) .c-preview")?.textContent === "message 2"`)
}

// TestAnotherLocalPortGetsNoToken: a server at another port of the same host, which another user may run, receives the browser's cookie,
// and gets neither the token with it nor, by its pages, an answer.
func TestAnotherLocalPortGetsNoToken(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	cookies := make(chan string, 16)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, feed.SessionPath) {
			cookies <- r.Header.Get("Cookie")
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>another</title>")
	}))
	t.Cleanup(other.Close)
	b := chrome.New(t)
	s.logIn(t, b)
	p := chrome.Open(t, b, other.URL+feed.SessionPath)
	cookie := ""
	select {
	case cookie = <-cookies:
	default:
		t.Fatal("the page was not asked for")
	}
	if !strings.Contains(cookie, "tetherscope-") {
		t.Errorf("the other port received %q: this proves less than it says", cookie)
	}
	_, value, _ := strings.Cut(cookie, "=")
	for _, key := range []string{"", value} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+feed.SessionPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Cookie", cookie)
		req.Header.Set(feed.KeyHeader, key)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("the cookie and the key %q: %s", key, res.Status)
		}
	}
	got := chrome.Get[string](t, p, fmt.Sprintf(`(async () => {
	  const got = [localStorage.getItem("tetherscope.key") ?? ""];
	  for (const init of [{ credentials: "include" }, { mode: "no-cors", credentials: "include" }]) {
	    await fetch(%q, init).then(async (r) => got.push(await r.text())).catch(() => {});
	  }
	  return got.join("");
	})()`, s.url+feed.SessionPath))
	if got != "" {
		t.Errorf("the page of the other port got %q", got)
	}
}
