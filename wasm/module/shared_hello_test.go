//go:build !js

package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// doorman is a server that lets in a client whose first message is "auth NAME", which it answers with "welcome", and that then echoes.
type doorman struct {
	mu    sync.Mutex
	names []string // that were let in
}

func (d *doorman) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	for first := true; ; first = false {
		kind, b, err := c.Read(r.Context())
		if err != nil {
			return
		}
		if first {
			var name string
			if _, err := fmt.Sscanf(string(b), "auth %s", &name); err != nil {
				_ = c.Close(4401, "say who you are")
				return
			}
			d.mu.Lock()
			d.names = append(d.names, name)
			d.mu.Unlock()
			b = []byte("welcome")
		}
		if c.Write(r.Context(), kind, b) != nil {
			return
		}
	}
}

// in returns who was let in, in order.
func (d *doorman) in() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string{}, d.names...)
}

// greeters opens tabs that share a socket to a doorman, with patience as the connect timeout in milliseconds. Tab n speaks with the body that
// hello returns for it.
func greeters(t *testing.T, s *site, n int, via string, patience int, hello func(tab int) string) []*chrome.Page {
	t.Helper()
	list := make([]*chrome.Page, n)
	for i := range list {
		list[i] = s.page(t)
		run[any](t, list[i], fmt.Sprintf(`
			globalThis.got = [];
			globalThis.seen = [];
			globalThis.begun = 0;
			globalThis.aborted = [];
			globalThis.tab = new TetherSocket(at('/calls'), [], { shared: { name: 'hello', via: %q }, resilient: { ...fast, connectTimeout: %d,
				async hello({ send, answer, signal, attempt }) { begun += 1; signal.onabort = () => aborted.push(signal.reason.name); %s } } });
			tab.on('message', ({ data }) => got.push(data));
			tab.on('*', ({ type, message, code }) => { if (type === 'error' || type === 'close') seen.push(message ?? code); });
			return null;`, via, patience, hello(i)))
		if i == 0 {
			chrome.Wait(t, list[0], "begun > 0") // so that it has joined before the others
		}
		// A hub that knows a tab waits for the tab's lock.
		chrome.Wait(t, list[i], fmt.Sprintf("(await navigator.locks.query()).pending.filter(({ name }) => name.startsWith('tether:member:')).length >= %d", i+1))
	}
	return list
}

func polite(tab int) string {
	return fmt.Sprintf("send('auth tab%d'); if (await answer() !== 'welcome') throw new Error('not welcome'); return ['subscribe'];", tab)
}

// TestSharedHello: one tab speaks first on each connection, before what any tab has queued, and hears the answer alone; when it is gone,
// another one speaks.
func TestSharedHello(t *testing.T) {
	for _, via := range []string{"worker", "locks"} {
		t.Run(via, func(t *testing.T) {
			s := newSite(t)
			door := &doorman{}
			s.calls = door
			list := greeters(t, s, 2, via, 60_000, func(tab int) string {
				return "while (!globalThis.go && " + fmt.Sprint(tab) + " === 0) await pause(5);" + polite(tab)
			})
			run[any](t, list[0], "tab.send('queued'); globalThis.go = true; return null;")
			for _, p := range list {
				chrome.Wait(t, p, "tab.state === 'open'")
			}
			for i, p := range list {
				run[any](t, p, fmt.Sprintf("tab.send('from %d'); return null;", i))
			}
			for _, p := range list {
				chrome.Wait(t, p, "got.includes('from 0') && got.includes('from 1')")
			}
			if first := run[string](t, list[0], "return got.slice(0, 2).join();"); first != "subscribe,queued" {
				t.Errorf("the first messages are %s", first)
			}
			same(t, door.in(), `["tab0"]`)
			crash(t, list[0])
			run[any](t, list[1], "tab.send('alone'); return null;")
			chrome.Wait(t, list[1], "got.includes('alone')")
			if via == "locks" { // the connection died with the tab
				same(t, door.in(), `["tab0","tab1"]`)
			}
			run[any](t, list[1], "tab.reconnect(); await once(tab, 'open'); tab.close(); await once(tab, 'close'); return null;")
			if names := door.in(); names[len(names)-1] != "tab1" {
				t.Errorf("let in: %v", names)
			}
		})
	}
}

// TestSharedHelloFails: a tab that hangs or leaves while it speaks makes the attempt fail, and another one speaks; an error that is permanent
// ends the socket for every tab.
func TestSharedHelloFails(t *testing.T) {
	for name, c := range map[string]struct {
		first string // what tab 0 says
		then  string // what happens to it
	}{
		"hangs":  {"await new Promise(() => {});", ""},
		"throws": {"throw new Error('no token');", ""},
		"leaves": {"await new Promise(() => {});", "tab.close(); return null;"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			door := &doorman{}
			s.calls = door
			list := greeters(t, s, 2, "worker", 1000, func(tab int) string {
				if tab == 0 {
					return c.first
				}
				return polite(tab)
			})
			if c.then != "" {
				run[any](t, list[0], c.then)
			}
			chrome.Wait(t, list[1], "tab.state === 'open'")
			same(t, slices.Compact(door.in()), `["tab1"]`) // where its first words took a second, it said them again
			if name != "throws" {
				chrome.Wait(t, list[0], "aborted[0] === 'AbortError'")
			}
		})
	}
	t.Run("permanent", func(t *testing.T) {
		s := newSite(t)
		s.calls = &doorman{}
		list := greeters(t, s, 2, "worker", 1000, func(int) string {
			return "while (!globalThis.go) await pause(5); throw Object.assign(new Error('not welcome'), { permanent: true });"
		})
		run[any](t, list[0], "globalThis.go = true; return null;")
		for _, p := range list {
			chrome.Wait(t, p, "seen.length === 2")
			same(t, run[any](t, p, "return seen;"), `["not welcome",1006]`)
		}
	})
}
