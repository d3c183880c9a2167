//go:build !js

package main_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/chrome"
)

// tabs opens n tabs that share one socket, and waits until all are open.
func tabs(t *testing.T, s *site, n int, via, path string) []*chrome.Page {
	t.Helper()
	list := make([]*chrome.Page, n)
	for i := range list {
		list[i] = s.page(t)
		run[any](t, list[i], fmt.Sprintf(`
			globalThis.tab = new TetherSocket(at(%q), [], { shared: { name: 'test', via: %q }, resilient: fast });
			globalThis.got = [];
			globalThis.seen = [];
			tab.on('message', ({ data }) => got.push(data));
			tab.on('*', ({ type, code }) => { if (type !== 'statechange' && type !== 'message') seen.push(type + (code ?? '')); });
			await once(tab, 'open');
			return null;`, path, via))
	}
	return list
}

// live is how many connections the server has under key, and how many it has had.
func live(t *testing.T, p *chrome.Page, key string) string {
	t.Helper()
	return run[string](t, p, "const { live, accepted, total } = await (await fetch('/ws/stats?key="+key+"')).json(); return live + '';")
}

// TestShared: three real tabs have one connection, and each is a socket of its own.
func TestShared(t *testing.T) {
	for _, via := range []string{"worker", "locks"} {
		t.Run(via, func(t *testing.T) {
			s := newSite(t)
			key := "shared-" + via
			list := tabs(t, s, 3, via, "/echo?key="+key)
			if got := live(t, list[0], key); got != "1" {
				t.Errorf("%s connections for three tabs", got)
			}
			for i, p := range list {
				run[any](t, p, "tab.send('from "+strconv.Itoa(i)+"'); return null;")
				for _, other := range list {
					chrome.Wait(t, other, "got.at(-1) === 'from "+strconv.Itoa(i)+"'")
				}
			}
			run[any](t, list[1], "tab.send(new Uint8Array([1, 2])); return null;")
			chrome.Wait(t, list[2], "got.at(-1) instanceof Blob && got.at(-1).size === 2")
			same(t, run[any](t, list[0], "return [tab.readyState, tab.url === at('/echo?key="+key+"'), tab.bufferedAmount, tab.stats().messagesReceived, tab instanceof WebSocket];"), `[1,true,0,4,true]`)

			same(t, run[any](t, list[1], "tab.close(4000, 'leaving'); const { code, reason, wasClean } = await once(tab, 'close'); return [code, reason, wasClean];"), `[4000,"leaving",true]`)
			run[any](t, list[2], "tab.send('still here'); return null;")
			chrome.Wait(t, list[2], "got.at(-1) === 'still here'")
			chrome.Wait(t, list[0], "got.at(-1) === 'still here'")
			run[any](t, list[1], "tab.reconnect(); await once(tab, 'open'); return null;")
			for _, p := range list {
				run[any](t, p, "tab.close(1000); await once(tab, 'close'); return null;")
			}
			if got := run[bool](t, list[0], "for (let i = 0; i < 100; i += 1) { const { live } = await (await fetch('/ws/stats?key="+key+"')).json(); if (live === 0) return true; await pause(20); } return false;"); !got {
				t.Error("the connection outlives the last tab")
			}
		})
	}
}

// TestSharedLeaderDies: the tab that has the connection dies without a word. Another one connects; nobody's message that
// had not been handed over is lost, and the listeners of the others go on.
func TestSharedLeaderDies(t *testing.T) {
	for _, via := range []string{"worker", "locks"} {
		t.Run(via, func(t *testing.T) {
			s := newSite(t)
			key := "leader-" + via
			list := tabs(t, s, 3, via, "/echo?key="+key)
			crash(t, list[0])
			for i, p := range list[1:] {
				run[any](t, p, "tab.send('survivor "+strconv.Itoa(i)+"'); return null;")
			}
			for _, p := range list[1:] {
				chrome.Wait(t, p, "got.includes('survivor 0') && got.includes('survivor 1')")
				chrome.Wait(t, p, "tab.state === 'open' && tab.bufferedAmount === 0")
			}
			if got := live(t, list[1], key); got != "1" {
				t.Errorf("%s connections after the leader died", got)
			}
			// A SharedWorker lives in the process of one of the tabs; with a leader it is always the first that died.
			if seen := run[string](t, list[1], "return seen.join();"); seen != "open,disconnect1006,open" && (via == "locks" || seen != "open") {
				t.Errorf("the listeners heard %s", seen)
			}
			crash(t, list[1])
			run[any](t, list[2], "tab.send('alone'); return null;")
			chrome.Wait(t, list[2], "got.includes('alone')")
		})
	}
}

// crash ends the process of a tab.
func crash(t *testing.T, p *chrome.Page) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_ = p.Call(ctx, "Page.crash", nil, nil) // whoever dies does not answer
}

// TestSharedEnds: what ends the connection for good ends it for every tab; wrong uses are refused at once.
func TestSharedEnds(t *testing.T) {
	s := newSite(t)
	list := []*chrome.Page{s.page(t), s.page(t)}
	for _, p := range list {
		run[any](t, p, `globalThis.tab = new TetherSocket(at('/stall?key=ends'), [], { shared: 'ends', resilient: { ...fast, connectTimeout: 400, maxAttempts: 2 } });
			globalThis.end = once(tab, 'close').then(({ code }) => [code, tab.state]);
			return null;`)
	}
	for _, p := range list {
		same(t, run[any](t, p, "return end;"), `[1006,"closed"]`)
	}
	same(t, run[any](t, list[0], `
		const refusal = (...args) => { try { new TetherSocket(...args); return 'nothing'; } catch (error) { return error.name; } };
		const shared = { shared: true };
		const socket = new TetherSocket(at('/echo'), [], { shared: 'quota', resilient: { queueMessages: 1 } });
		const quota = (() => { try { socket.send('a'); socket.send('b'); } catch (error) { return error.name; } })();
		socket.close();
		return [refusal('ws://x/#f', [], shared), refusal('ftp://x', [], shared), refusal('ws://[', [], shared), refusal('/x', ['a', 'a'], shared), refusal('/x', ['a b'], shared),
			refusal(() => '/x', [], shared), refusal('/x', [], { shared: 5 }), refusal('/x', [], { shared: true, resilient: false }), refusal('/x', [], { shared: { via: 'air' } }), quota];`),
		`["SyntaxError","SyntaxError","SyntaxError","SyntaxError","SyntaxError","TypeError","TypeError","TypeError","TypeError","QuotaExceededError"]`)
}
