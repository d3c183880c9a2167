//go:build !js

package main_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
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

// live is how many connections the server has under key.
func live(t *testing.T, p *chrome.Page, key string) string {
	t.Helper()
	return run[string](t, p, "const { live } = await (await fetch('/ws/stats?key="+key+"')).json(); return live + '';")
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
			for _, p := range list {
				chrome.Wait(t, p, "got.at(-1) instanceof Blob && got.at(-1).size === 2")
			}
			same(t, run[any](t, list[0], "return [tab.readyState, tab.url === at('/echo?key="+key+"'), tab.bufferedAmount, tab.stats().messagesReceived, tab instanceof WebSocket];"), `[1,true,0,4,true]`)

			same(t, run[any](t, list[1], "tab.close(4000, 'leaving'); const { code, reason, wasClean } = await once(tab, 'close'); return [code, reason, wasClean];"), `[4000,"leaving",true]`)
			run[any](t, list[2], "tab.send('still here'); return null;")
			chrome.Wait(t, list[2], "got.at(-1) === 'still here'")
			chrome.Wait(t, list[0], "got.at(-1) === 'still here'")
			run[any](t, list[1], "tab.reconnect(); await once(tab, 'open'); return null;")
			for _, p := range list {
				run[any](t, p, "tab.close(1000); await once(tab, 'close'); return null;")
			}
			await.Until(t, "the connection ends with the last tab", func() bool { return live(t, list[0], key) == "0" })
		})
	}
}

// TestSharedLeaderDies: the tab that has the connection dies without notice. Another one connects; no tab's message that
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
			await.Until(t, "the dead leader's connection is gone, and one there", func() bool { return live(t, list[1], key) == "1" })
			// A SharedWorker lives in the process of one of the tabs; with a leader it is always the first that died.
			if seen := run[string](t, list[1], "return seen.join();"); seen != "open,disconnect1006,open" && (via == "locks" || seen != "open") {
				t.Errorf("the listeners received %s", seen)
			}
			crash(t, list[1])
			run[any](t, list[2], "tab.send('alone'); return null;")
			chrome.Wait(t, list[2], "got.includes('alone')")
		})
	}
}

// ledger is a server that keeps what it is sent.
type ledger struct {
	mu   sync.Mutex
	said []string
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	for {
		_, b, err := c.Read(r.Context())
		if err != nil {
			return
		}
		l.mu.Lock()
		l.said = append(l.said, string(b))
		l.mu.Unlock()
	}
}

// of returns the numbers that a tab's messages had, in the order in which they came.
func (l *ledger) of(tab int) (numbers []int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, text := range l.said {
		var from, number int
		if _, err := fmt.Sscanf(text, "%d:%d", &from, &number); err == nil && from == tab {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// TestSharedOnce: the tab that has the connection dies while all tabs send. Each message reaches the server once and in
// order, but for those that were handed to the connection that died: some of these may not have arrived.
func TestSharedOnce(t *testing.T) {
	for _, via := range []string{"worker", "locks"} {
		t.Run(via, func(t *testing.T) {
			s := newSite(t)
			book := &ledger{}
			s.calls = book
			list := tabs(t, s, 3, via, "/calls")
			for i, p := range list {
				run[any](t, p, fmt.Sprintf(`
					globalThis.count = 0;
					globalThis.handed = 0; // when a connection was lost: the messages up to this number had been handed over
					tab.on('disconnect', () => { handed = count - tab.stats().queuedMessages; });
					globalThis.talking = setInterval(() => { try { tab.send('%d:' + (count + 1)); count += 1; } catch {} }, 1); // no room: later
					return null;`, i))
			}
			for i := range list {
				chrome.Wait(t, list[i], "count > 60")
			}
			crash(t, list[0])
			for i, p := range list[1:] {
				run[any](t, p, "const before = count; while (count < before + 60) await pause(5); clearInterval(talking); return null;")
				chrome.Wait(t, p, "tab.state === 'open' && tab.bufferedAmount === 0")
				count, handed := run[int](t, p, "return count;"), 0
				var got []int
				await.Until(t, fmt.Sprintf("the last of %d messages of tab %d, unless it was handed to the connection that died", count, i+1), func() bool {
					got, handed = book.of(i+1), run[int](t, p, "return handed;")
					return handed >= count || len(got) > 0 && got[len(got)-1] == count
				})
				lost, next := 0, 1
				for _, n := range got {
					if n < next {
						t.Fatalf("tab %d: message %d came twice, or after %d", i+1, n, next-1)
					}
					for ; next < n; next++ {
						if lost++; next > handed {
							t.Fatalf("tab %d: message %d was lost, though only those up to %d had been handed over", i+1, next, handed)
						}
					}
					next++
				}
				t.Logf("tab %d: %d messages, %d of them lost with the connection", i+1, count, lost)
			}
		})
	}
}

// TestSharedJoinWhileTheLastLeaves: a tab that comes while the last one waits for its closing handshake gets a connection of its own, and
// is not closed with the other.
func TestSharedJoinWhileTheLastLeaves(t *testing.T) {
	s := newSite(t)
	first := tabs(t, s, 1, "worker", "/never-close")[0]
	run[any](t, first, "tab.close(4000); return null;")
	second := tabs(t, s, 1, "worker", "/never-close")[0]
	chrome.Wait(t, first, "tab.state === 'closed'")
	same(t, run[any](t, second, "return [tab.state, seen];"), `["open",["open"]]`)
}

// TestSharedRequests: tabs that ask at once hear each other's answers, and each takes its own.
func TestSharedRequests(t *testing.T) {
	s := newSite(t)
	s.calls = &callServer{}
	list := tabs(t, s, 2, "any", "/calls")
	for i, p := range list {
		run[any](t, p, fmt.Sprintf("globalThis.answers = Promise.all([1, 2, 3].map((n) => tab.request('double', { n: n + %d }))); return null;", 100*i))
	}
	for i, want := range []string{"[2,4,6]", "[202,204,206]"} {
		same(t, run[any](t, list[i], "return (await answers).map(({ n }) => n);"), want)
	}
}

// crash ends the process of a tab.
func crash(t *testing.T, p *chrome.Page) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_ = p.Call(ctx, "Page.crash", nil, nil) // a page that crashes does not answer
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
