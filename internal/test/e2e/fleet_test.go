package e2e

import (
	"net/url"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/server/fleet"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// TestOnePanelShowsTheFleet: the panel of a node shows the connections of another one, a column appears that says which rows are whose, and
// node:b leaves those of the node b.
func TestOnePanelShowsTheFleet(t *testing.T) {
	secret := fleet.Secret(strings.Repeat("s", 32))
	member := func(name string, peers ...string) *running {
		return serve(t, "127.0.0.1:0", func(c *server.Config) {
			c.App.Node, c.PeerSecret = name, secret
			for _, p := range peers {
				u, err := url.Parse(p)
				if err != nil {
					t.Fatal(err)
				}
				c.Peers = append(c.Peers, u)
			}
		})
	}
	b := member("b")
	a := member("a", b.url)
	p := openPanel(t, a)
	const heads = `[...document.querySelectorAll(".grid .head [data-column]")].filter(e => !e.hidden).map(e => e.dataset.column)`
	const cells = `[...document.querySelectorAll(".grid .row:not([hidden]) .c-node:not([hidden])")].map(e => e.textContent)`
	for name, s := range map[string]*running{"a": a, "b": b} {
		peer := dial(t, s.addr, "/ws/echo", "", 7)
		peer.message(frame.Text, []byte("of "+name))
		peer.wait(1, frame.Text)
	}
	chrome.Wait(t, p, heads+`.includes("node")`)
	chrome.Wait(t, p, `(c => c.filter(n => n === "a").length >= 4 && c.filter(n => n === "b").length >= 4)(`+cells+`)`)
	chrome.Get[any](t, p, `void (() => { const box = document.querySelector("#filter"); box.value = "node:b op:text"; box.dispatchEvent(new Event("input", { bubbles: true })); })()`)
	chrome.Wait(t, p, `(c => c.length === 2 && c.every(n => n === "b"))(`+cells+`)`)
	chrome.Wait(t, p, `(c => c.length === 2 && c.every(n => n === "of b"))([...document.querySelectorAll(".grid .row:not([hidden]) .c-preview")].map(e => e.textContent))`)
	if bad := p.Exceptions(); len(bad) > 0 {
		t.Errorf("the panel threw: %v", bad)
	}
}
