package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// foreignPage is what a page of another origin tries: to read pages and endpoints, and to open sockets, by a name that its owner
// has pointed at this machine and by this machine's own. It returns what worked.
const foreignPage = `(async () => {
  const port = %s, token = 'token.guessed', got = [];
  for (const host of ['evil.test', '127.0.0.1', 'localhost']) {
    for (const path of ['/', '/panel/', '/metrics', '/healthz', '/api/tap', '/api/session', '/api/conns', '/api/rules', '/api/script', '/api/script/try', '/api/requests/check', '/api/requests/run', '/api/intercepted', '/api/budget', '/app/dev-token', '/app/ticket', '/dev/events',
        '//evil.test/', '/?target=http://169.254.169.254/', '/http://127.0.0.1/']) {
      for (const method of ['GET', 'POST']) {
        try {
          const answer = await fetch('http://' + host + ':' + port + path, { method, body: method === 'POST' ? '{"user":"ada"}' : undefined });
          got.push([method, host, path, answer.status, (await answer.text()).slice(0, 40)].join(' '));
        } catch {} // what the browser does not let the page read
      }
    }
    for (const path of ['/ws/echo', '/ws/demo', '/ws/resume', '/ws/bin', '/ws/chat', '/api/tap']) {
      await new Promise((done) => {
        const socket = new WebSocket('ws://' + host + ':' + port + path, path === '/api/tap' ? ['tetherscope.tap.v1', token] : []);
        socket.onmessage = ({ data }) => got.push(['message', host, path, data].join(' '));
        socket.onopen = () => socket.send('{"type":"echo","message":"x"}');
        socket.onclose = ({ code }) => { if (code !== 1006 && code !== 4000) got.push(['close', host, path, code].join(' ')); done(); };
      });
    }
  }
  return got.join('\n');
})()`

// TestForeignPagesInChromiumGetNothing: the rows of the threat table that a page can try (Origin, Host, DNS rebinding, requests of other sites, guessed
// tokens, open proxy) from a page of another site, of another port of this machine and of a target, in a browser that asks no user before a page connects
// to this machine. 4000 is the application's own word for it, and all it says.
func TestForeignPagesInChromiumGetNothing(t *testing.T) {
	target := newCareless(t, "alpha")
	own, pages, _, _ := tappedServer(t, "127.0.0.1:0", true, target)
	own = strings.TrimSuffix(own, "/")
	_, port, err := net.SplitHostPort(strings.TrimPrefix(own, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>evil</title>")
	}))
	t.Cleanup(foreign.Close)
	b := chrome.New(t, "--host-resolver-rules=MAP evil.test 127.0.0.1", "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests")
	_, foreignPort, err := net.SplitHostPort(foreign.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, url, title string }{
		{"another site", "http://evil.test:" + foreignPort + "/", "evil"},
		{"another port of this machine", foreign.URL + "/", "evil"},
		{"another name of this machine", "http://localhost:" + foreignPort + "/", "evil"},
		{"a target", pages[0] + "/", "alpha"},
	} {
		p := chrome.Open(t, b, c.url)
		if title := chrome.Get[string](t, p, `document.title`); title != c.title {
			t.Fatalf("%s: the page is %q", c.from, title)
		}
		if got := chrome.Get[string](t, p, fmt.Sprintf(foreignPage, port)); got != "" {
			t.Errorf("a page of %s got:\n%s", c.from, got)
		}
	}
	if got := target.received(); strings.Contains(got, "POST") || strings.Contains(got, "/api/") || strings.Contains(got, "169.254") {
		t.Errorf("the target received what was meant for the server:\n%s", got)
	}
	rebound := chrome.Open(t, b, "http://evil.test:"+port+"/panel/") // the page itself by the foreign name
	if text := chrome.Get[string](t, rebound, `document.documentElement.outerHTML`); !strings.Contains(text, "does not answer to that Host") || strings.Contains(text, "key.js") {
		t.Errorf("the server answers to a foreign name: %.200s", text)
	}
	if chrome.Get[int](t, chrome.Open(t, b, own+"/"), `fetch('/healthz').then(r => r.status)`) != http.StatusOK {
		t.Error("our own page gets nothing either: this proves nothing")
	}
}

// TestNoMessageReachesAPrototype: names that mean something to JavaScript arrive as data in a page's codec and in the panel, and
// no object changes.
func TestNoMessageReachesAPrototype(t *testing.T) {
	built(t, "dist/panel.wasm", "dist/tether.wasm")
	s := serve(t, "127.0.0.1:0")
	b := chrome.New(t)
	page := chrome.Open(t, b, s.url+"/")
	got := chrome.Get[string](t, page, `(async () => {
	  const { TetherSocket } = await import('/tether.mjs');
	  const socket = new TetherSocket('ws://' + location.host + '/ws/echo', [], { codec: 'json', resilient: true });
	  const data = await new Promise((received, fail) => {
	    socket.on('message', ({ data }) => received(data));
	    socket.on('decodeerror', fail);
	    socket.on('open', () => socket.send(JSON.parse('{"type":"prototype","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')));
	  });
	  socket.close();
	  return JSON.stringify([data.type, Object.hasOwn(data, '__proto__'), ({}).polluted ?? 'clean', [].polluted ?? 'clean']);
	})()`)
	if got != `["prototype",true,"clean","clean"]` {
		t.Errorf("the page: %s", got)
	}
	panel := chrome.Open(t, b, s.url+s.LoginPath("/panel/"))
	chrome.Wait(t, panel, `document.querySelector('#grid')?.textContent.includes('__proto__') === true`)
	if got := chrome.Get[string](t, panel, `String(({}).polluted ?? 'clean')`); got != "clean" {
		t.Errorf("the panel's objects have what a message said: %s", got)
	}
}
