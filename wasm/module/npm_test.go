//go:build !js

package main_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/internal/test/npm"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
)

// tarball makes the package as `make npm` does and returns its path.
func tarball(t *testing.T) string {
	t.Helper()
	return strings.Fields(npm.Run(t, ".", "node", "../../ci/npm.mjs", t.TempDir(), built))[0]
}

// serveStrictly serves pages under the strict policy, and the scripts of wstest under /ws/.
func serveStrictly(t *testing.T, pages http.Handler) string {
	t.Helper()
	ws := wstest.New()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path, ok := strings.CutPrefix(r.URL.Path, "/ws/"); ok {
			r.URL.Path = "/" + path
			ws.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", strict)
		pages.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		ws.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// installed is a folder with the package and everything of testdata/npm.
type installed struct {
	t   *testing.T
	dir string
}

// files serves a folder of it.
func (in installed) files(folder string) http.Handler {
	return http.FileServer(http.Dir(filepath.Join(in.dir, folder)))
}

// write puts a file into it.
func (in installed) write(path, content string) {
	in.t.Helper()
	path = filepath.Join(in.dir, path)
	_ = os.MkdirAll(filepath.Dir(path), 0o700)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		in.t.Fatal(err)
	}
}

// copy copies files of it into one of its folders.
func (in installed) copy(to string, paths ...string) {
	in.t.Helper()
	for _, path := range paths {
		content, err := os.ReadFile(filepath.Join(in.dir, path))
		if err != nil {
			in.t.Fatal(err)
		}
		in.write(filepath.Join(to, filepath.Base(path)), string(content))
	}
}

// prepare gives a folder the page that loads its main.js, and what is not a bundler's task to find.
func (in installed) prepare(folder, script string, further ...string) {
	in.write(folder+"/index.html", "<!doctype html>"+script)
	in.copy(folder, append(further, "public/recorder.mjs")...)
}

const (
	asModule  = "<script type=module src=main.js></script>"
	ofPackage = "node_modules/@tetherscope/tether/"
)

// bundlers make a folder with a page each, which behaves as testdata/npm/main.js says.
var bundlers = []struct {
	name string
	page func(in installed) http.Handler
}{
	{"script type=module", func(in installed) http.Handler {
		if err := os.CopyFS(filepath.Join(in.dir, "bare/tether"), os.DirFS(filepath.Join(in.dir, ofPackage))); err != nil {
			in.t.Fatal(err)
		}
		source, err := os.ReadFile(filepath.Join(in.dir, "main.js"))
		if err != nil {
			in.t.Fatal(err)
		}
		in.prepare("bare", asModule)
		in.write("bare/main.js", strings.Replace(string(source), "'@tetherscope/tether'", "'./tether/tether.mjs'", 1))
		return in.files("bare")
	}},
	{"Vite, built", func(in installed) http.Handler { return in.files("dist") }},
	{"Vite, developing", func(in installed) http.Handler { return viteDev(in.t, in.dir) }},
	{"webpack", func(in installed) http.Handler {
		npm.Run(in.t, in.dir, "node", "pack.mjs")
		in.prepare("packed", "<script src=/main.js></script>")
		return in.files("packed")
	}},
	{"esbuild", func(in installed) http.Handler {
		npm.Run(in.t, ".", "go", "tool", "-modfile=../../ci/tools.mod", "esbuild", "main="+filepath.Join(in.dir, "with-url.js"),
			"--outdir="+filepath.Join(in.dir, "built"), "--bundle", "--minify", "--format=esm", "--loader:.wasm=file", "--public-path=/", "--log-level=warning")
		in.prepare("built", asModule, ofPackage+"tether-worker.mjs")
		return in.files("built")
	}},
	{"rollup", func(in installed) http.Handler {
		npm.Run(in.t, in.dir, "node_modules/.bin/rollup", "-c", "rollup.config.mjs", "--silent", "--failAfterWarnings")
		in.prepare("rolled", asModule, ofPackage+"tether-worker.mjs")
		return in.files("rolled")
	}},
}

// TestPackage: the tarball that `make npm` makes installs and is a good package in the eyes of publint and attw; it works in a page by itself and
// with bundlers, each from a server with a strict Content-Security-Policy and without a warning; its bindings work in their frameworks.
func TestPackage(t *testing.T) {
	file := tarball(t)
	in := installed{t, npm.Install(t, "testdata/npm", file)}
	checkBuildInfo(t, filepath.Join(in.dir, ofPackage))
	t.Run("publint", func(t *testing.T) { npm.Run(t, in.dir, "node_modules/.bin/publint", "run", file, "--strict") })
	t.Run("attw", func(t *testing.T) {
		npm.Run(t, in.dir, "node_modules/.bin/attw", file, "--profile", "esm-only", "--no-definitely-typed", "--format", "ascii")
	})
	t.Run("rendered by a server", func(t *testing.T) {
		if got, want := npm.Run(t, in.dir, "node", "render.mjs"), "<p>connecting</p><p>connecting</p>"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	if out := npm.Run(t, in.dir, "node_modules/.bin/vite", "build", "--logLevel", "warn"); out != "" {
		t.Errorf("Vite warns:\n%s", out)
	}
	for _, c := range bundlers {
		t.Run(c.name, func(t *testing.T) {
			p := chrome.Open(t, chrome.New(t), serveStrictly(t, c.page(installed{t, in.dir}))+"/")
			chrome.Wait(t, p, "globalThis.result")
			same(t, chrome.Get[any](t, p, "result"), `[2,"hello","undefined"]`)
		})
	}
	for _, name := range []string{"react", "svelte", "vue"} {
		t.Run(name, func(t *testing.T) {
			p := chrome.Open(t, chrome.New(t), serveStrictly(t, in.files("dist"))+"/"+name+".html")
			chrome.Wait(t, p, "globalThis.result")
			same(t, chrome.Get[any](t, p, "result"), `[2,1,""]`)
		})
	}
}

// viteDev starts Vite's development server and returns a proxy to it.
func viteDev(t *testing.T, dir string) http.Handler {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "node_modules/vite/bin/vite.js", "--host", "127.0.0.1", "--port", "0")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		await.Return(t, "the killed server to end", func() { _ = cmd.Wait() })
	})
	address := regexp.MustCompile(`http://[\d.:]+`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if at := address.FindString(lines.Text()); at != "" {
			target, err := url.Parse(at)
			if err != nil {
				t.Fatal(err)
			}
			return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
		}
	}
	t.Fatal("Vite did not say where it serves")
	return nil
}

// checkBuildInfo: the package says which Go built it, and what is in it.
func checkBuildInfo(t *testing.T, dir string) {
	t.Helper()
	var info struct {
		GoVersion string            `json:"goVersion"`
		SHA256    map[string]string `json:"sha256"`
	}
	b, err := os.ReadFile(filepath.Join(dir, "build-info.json"))
	if err == nil {
		err = json.Unmarshal(b, &info)
	}
	if err != nil {
		t.Fatal(err)
	}
	if info.GoVersion != runtime.Version() {
		t.Errorf("built with %s, this is %s", info.GoVersion, runtime.Version())
	}
	for _, name := range []string{"tether.wasm", "tether.mjs", "tether.mjs.map", "tether-engine.mjs", "tether-worker.mjs", "tether.d.ts", "react.mjs"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(b); info.SHA256[name] != hex.EncodeToString(sum[:]) {
			t.Errorf("%s is not the file that build-info.json lists", name)
		}
	}
}

// TestImportWithoutWebSocket: a server that renders pages may import the module.
func TestImportWithoutWebSocket(t *testing.T) {
	got := npm.Run(t, built, "node", "--no-experimental-websocket", "--input-type=module", "-e", `
		delete globalThis.WebSocket;
		const { TetherSocket } = await import('./tether.mjs');
		try { new TetherSocket('ws://x'); } catch (error) { console.log(error.name + ': ' + error.message); }`)
	if want := "NotSupportedError: tether: this environment has no WebSocket (Node has one since 22): give the option WebSocket, for example the class of the package ws"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
