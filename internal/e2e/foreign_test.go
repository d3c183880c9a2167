package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/chrome"
)

// foreignPage is what a page of another origin tries: to read pages and endpoints, and to open sockets, by a name that its owner
// has pointed at this machine and by this machine's own. It returns what worked.
const foreignPage = `(async () => {
  const port = %s, token = 'token.guessed', got = [];
  for (const host of ['evil.test', '127.0.0.1', 'localhost']) {
    for (const path of ['/', '/panel/', '/metrics', '/healthz', '/api/tap', '/app/dev-token', '/app/ticket', '/dev/events']) {
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

// TestAForeignPageInChromiumGetsNothing: DNS rebinding and foreign origins in a browser that asks nobody before a page connects
// to this machine. 4000 is the application's own word for it, and all it says.
func TestAForeignPageInChromiumGetsNothing(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	_, port, err := net.SplitHostPort(s.addr)
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
	p := chrome.Open(t, b, "http://evil.test:"+foreignPort+"/")
	if title := chrome.Get[string](t, p, `document.title`); title != "evil" {
		t.Fatalf("the foreign page is %q", title)
	}
	if got := chrome.Get[string](t, p, fmt.Sprintf(foreignPage, port)); got != "" {
		t.Errorf("the foreign page got:\n%s", got)
	}
	rebound := chrome.Open(t, b, "http://evil.test:"+port+"/panel/") // the page itself by the foreign name
	if text := chrome.Get[string](t, rebound, `document.documentElement.outerHTML`); !strings.Contains(text, "does not answer to that Host") || strings.Contains(text, "tetherscope-token") {
		t.Errorf("the server answers to a foreign name: %.200s", text)
	}
	if chrome.Get[int](t, chrome.Open(t, b, s.url+"/"), `fetch('/healthz').then(r => r.status)`) != http.StatusOK {
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
	  const data = await new Promise((heard, fail) => {
	    socket.on('message', ({ data }) => heard(data));
	    socket.on('decodeerror', fail);
	    socket.on('open', () => socket.send(JSON.parse('{"type":"prototype","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')));
	  });
	  socket.close();
	  return JSON.stringify([data.type, Object.hasOwn(data, '__proto__'), ({}).polluted ?? 'clean', [].polluted ?? 'clean']);
	})()`)
	if got != `["prototype",true,"clean","clean"]` {
		t.Errorf("the page: %s", got)
	}
	panel := chrome.Open(t, b, s.url+"/panel/")
	chrome.Wait(t, panel, `document.querySelector('#grid')?.textContent.includes('__proto__') === true`)
	if got := chrome.Get[string](t, panel, `String(({}).polluted ?? 'clean')`); got != "clean" {
		t.Errorf("the panel's objects have what a message said: %s", got)
	}
}
