package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/server/gateway"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// buildProgram builds the program that users run.
func buildProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "tetherscope")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../..").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// site is an HTTPS server whose page opens a WebSocket from itself, from a frame, and from a dedicated, a shared and a service
// worker. Each says where it is from, and the server notes who has had its echo.
type site struct {
	*httptest.Server
	echoed chan string
}

const siteSocket = `const say = (from) => { const ws = new WebSocket("wss://" + location.host + "/ws");
  ws.onopen = () => ws.send("from the " + from);
  ws.onmessage = (e) => ws.send("echoed to the " + from); };
`

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{echoed: make(chan string, 100)}
	s.Server = httptest.NewTLSServer(s.pages())
	t.Cleanup(s.Close)
	return s
}

// newSite2 is newSite over HTTP/2, WebSockets included. It counts those that come over HTTP/2.
func newSite2(t *testing.T) (s *site, over2 *atomic.Int32) {
	t.Helper()
	s, over2 = &site{echoed: make(chan string, 100)}, new(atomic.Int32)
	streams, inner := gateway.New("https"), &http.Server{Handler: s.pages()}
	next := streams.Handler(s.pages())
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			over2.Add(1)
		}
		next.ServeHTTP(w, r)
	}))
	gateway.Configure(s.Config)
	s.EnableHTTP2 = true
	s.StartTLS()
	done := make(chan struct{})
	go func() { defer close(done); _ = inner.Serve(streams) }()
	t.Cleanup(func() { s.Close(); _ = inner.Close(); await.Closed(t, done) })
	return s, over2
}

// pages are what a site serves.
func (s *site) pages() http.Handler {
	page := func(body string) string {
		return "<!doctype html><title>site</title><script>" + siteSocket + body + "</script>"
	}
	files := map[string]string{
		"/":      page(`say("page"); document.write('<iframe src="/frame"></iframe>'); new Worker("/worker.js"); new SharedWorker("/shared.js"); navigator.serviceWorker.register("/service.js");`),
		"/frame": page(`say("frame");`), "/worker.js": siteSocket + `say("worker");`, "/shared.js": siteSocket + `say("shared worker");`, "/service.js": siteSocket + `say("service worker");`,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ws" {
			s.socket(w, r)
			return
		}
		text, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if strings.HasSuffix(r.URL.Path, ".js") {
			w.Header().Set("Content-Type", "text/javascript")
		}
		_, _ = w.Write([]byte(text))
	})
}

func (s *site) socket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // an extension's origin is its own
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(1 << 20)
	for {
		kind, body, err := c.Read(r.Context())
		if err != nil {
			return
		}
		if from, ok := strings.CutPrefix(string(body), "echoed to the "); ok {
			s.echoed <- from
		} else if c.Write(r.Context(), kind, body) != nil {
			return
		}
	}
}

// TestBrowseShowsEverySocketOfTheBrowser: a browser that browse started, with a fresh profile, trusts this run's certificate, and the
// WebSockets of the page, a frame, three kinds of worker, and an extension's page and worker are recorded over wss. The end of the program ends the browser and removes
// its profile.
func TestBrowseShowsEverySocketOfTheBrowser(t *testing.T) {
	chrome.New(t) // skips, or fails, where there is no Chromium
	s := newSite(t)
	dir := s.extension(t)
	browseSite(t, s, "--load-extension="+dir+" --disable-extensions-except="+dir, append(ofSite, "extension's page", "extension's worker"))
}

// ofSite is where the WebSockets of a site are opened.
var ofSite = []string{"page", "frame", "worker", "shared worker", "service worker"}

// extension makes an extension whose service worker opens a WebSocket to the site, and a page of its own that does the same.
func (s *site) extension(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	script := strings.ReplaceAll(siteSocket, "location.host", `"`+strings.TrimPrefix(s.URL, "https://")+`"`)
	for name, text := range map[string]string{
		"manifest.json": `{"manifest_version": 3, "name": "Sockets", "version": "1", "background": {"service_worker": "worker.js"}}`,
		"worker.js":     script + `say("extension's worker"); chrome.tabs.create({ url: chrome.runtime.getURL("page.html") });`,
		"page.html":     `<!doctype html><title>extension</title><script src="page.js"></script>`,
		"page.js":       script + `say("extension's page");`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestBrowseOverHTTP2: with -h2, Chromium opens the same WebSockets over HTTP/2, and so does the proxy on its way to the server.
func TestBrowseOverHTTP2(t *testing.T) {
	chrome.New(t)
	s, over2 := newSite2(t)
	records := browseSite(t, s, "", ofSite, "-h2")
	if n := strings.Count(records, `:method: CONNECT\r\n:protocol: websocket\r\n:scheme: https\r\n`); n != 5 {
		t.Errorf("%d handshakes over HTTP/2 are recorded, want 5:\n%s", n, records)
	}
	if n := over2.Load(); n != 5 {
		t.Errorf("%d handshakes reached the server over HTTP/2, want 5", n)
	}
}

// browseSite browses a site, with further arguments of the browser, until all that open WebSockets had their echo, ends the program, and returns what was recorded.
func browseSite(t *testing.T, s *site, arguments string, all []string, flags ...string) (records string) {
	t.Helper()
	program, dir := buildProgram(t), t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	words := append([]string{"browse", "-insecure-upstream", "-record", "seen.tscap", "-browser-args", "--headless=new --no-sandbox --disable-gpu " + arguments}, flags...)
	cmd := exec.CommandContext(ctx, program, append(words, s.URL+"/")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	want := map[string]bool{}
	for _, from := range all {
		want[from] = true
	}
	for len(want) > 0 {
		select {
		case from := <-s.echoed:
			delete(want, from)
		case <-ctx.Done():
			t.Fatalf("no echo came back to %v", want)
		}
	}
	if profiles, _ := filepath.Glob(filepath.Join(dir, "tetherscope-browser-*")); len(profiles) != 1 {
		t.Errorf("the profiles are %q", profiles)
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := await.Receive(t, ended); err != nil {
		t.Errorf("the program ends with %v\n%s", err, said.String())
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "tetherscope-browser-*")); len(left) != 0 {
		t.Errorf("a profile is left: %q", left)
	}
	records = show(t, program, filepath.Join(dir, "seen.tscap"))
	for _, from := range all {
		if n := strings.Count(records, `"from the `+from+`"`); n != 2 {
			t.Errorf("the message of the %s is recorded %d times, want 2", from, n)
		}
	}
	return records
}

// show returns the frames of a capture as JSON lines.
func show(t *testing.T, program, capture string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, "convert", capture, "-").Output()
	if err != nil {
		t.Fatalf("convert: %v", err)
	}
	return string(out)
}

// nodeClient connects as the package ws does: with a function of its own that makes the connection, past every agent.
const nodeClient = `const [url] = process.argv.slice(2);
const secure = url.startsWith('wss:');
const http = require(secure ? 'https' : 'http');
const net = require('net'), tls = require('tls'), { randomBytes } = require('crypto');
const u = new URL(url);
const connect = (o) => secure ? tls.connect({ ...o, path: undefined, servername: '' }) : net.connect({ ...o, path: o.socketPath });
const r = http.request({ host: u.hostname, port: u.port, path: u.pathname, createConnection: connect,
  headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13, 'Sec-WebSocket-Key': randomBytes(16).toString('base64') } });
r.on('upgrade', (res, socket) => {
  const text = Buffer.from('from node ' + u.protocol), key = randomBytes(4);
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), key, Buffer.from(text.map((b, i) => b ^ key[i % 4]))]));
  socket.once('data', (d) => { console.log(d.subarray(2).toString()); socket.destroy(); process.exit(7); });
});
r.on('error', (e) => { console.error(String(e)); process.exit(1); });
r.end();
setTimeout(() => { console.error('no answer'); process.exit(2); }, 60000);
`

// TestRunReachesPrograms: Node, past its agents, curl, and a Go program ask the proxy and trust this run's certificate because of their environment alone;
// the exit code and the output are the command's.
func TestRunReachesPrograms(t *testing.T) {
	program, dir := buildProgram(t), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "client.js"), []byte(nodeClient), 0o600); err != nil {
		t.Fatal(err)
	}
	secure := newSite(t)
	plain := httptest.NewServer(secure.Config.Handler)
	defer plain.Close()
	run := func(words ...string) (code int, out, records string) {
		t.Helper()
		capture := filepath.Join(t.TempDir(), "seen.tscap")
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, program, append([]string{"run", "-insecure-upstream", "-record", capture, "--"}, words...)...)
		cmd.Dir = dir
		var errs strings.Builder
		cmd.Stderr = &errs
		text, err := cmd.Output()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if t.Failed() || cmd.ProcessState.ExitCode() == 1 {
			t.Log(errs.String())
		}
		return cmd.ProcessState.ExitCode(), string(text), show(t, program, capture)
	}
	for _, base := range []string{plain.URL, secure.URL} {
		url := strings.Replace(base, "http", "ws", 1) + "/ws"
		code, out, records := run("node", "client.js", url)
		message := "from node " + url[:strings.Index(url, "/")]
		if code != 7 || out != message+"\n" || strings.Count(records, `"`+message+`"`) != 2 {
			t.Errorf("node to %s: exit code %d, output %q, records\n%s", url, code, out, records)
		}
	}
	if _, err := exec.LookPath("curl"); err == nil {
		if code, out, _ := run("curl", "-sS", secure.URL+"/frame"); code != 0 || !strings.Contains(out, `say("frame")`) {
			t.Errorf("curl: exit code %d, %q", code, out)
		}
	}
	if code, out, _ := run("sh", "-c", "echo $HTTPS_PROXY; exit 3"); code != 3 || !strings.HasPrefix(out, "http://127.0.0.1:") {
		t.Errorf("sh: exit code %d, %q", code, out)
	}
	if code, _, _ := run("/no/such/command"); code != 1 {
		t.Errorf("a command that is not there: exit code %d", code)
	}
}
