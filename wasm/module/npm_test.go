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

	"github.com/tetherscope/tetherscope/internal/chrome"
	"github.com/tetherscope/tetherscope/internal/wstest"
)

// npmInstall copies testdata/from into a new folder and installs what its package.json pins, and the further packages.
// It skips the test with -short, and where npm has no registry, unless [chrome.RequireTools] is set.
func npmInstall(t *testing.T, from string, further ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs packages from npm, which -short does not fetch")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/"+from)); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"install", "--prefer-offline", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"}, further...)
	install := exec.CommandContext(t.Context(), "npm", args...)
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		if os.Getenv(chrome.RequireTools) == "" {
			t.Skipf("npm install, which needs a registry: %v\n%s", err, out)
		}
		t.Fatalf("npm install: %v\n%s", err, out)
	}
	return dir
}

// command runs a program in dir to its end.
func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
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

// TestPackage: the tarball that `make npm` makes installs and works in a page by itself, with Vite while developing and
// built, and with webpack: each from a server with a strict Content-Security-Policy.
func TestPackage(t *testing.T) {
	tarball := command(t, ".", "node", "../../ci/npm.mjs", t.TempDir(), built)
	dir := npmInstall(t, "npm", tarball)
	checkBuildInfo(t, filepath.Join(dir, "node_modules/@tetherscope/tether"))
	bare := filepath.Join(dir, "bare")
	if err := os.CopyFS(filepath.Join(bare, "tether"), os.DirFS(filepath.Join(dir, "node_modules/@tetherscope/tether"))); err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(dir, "main.js"))
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{
		"bare/main.js":      strings.Replace(string(source), "'@tetherscope/tether'", "'./tether/tether.mjs'", 1),
		"bare/index.html":   "<!doctype html><script type=module src=main.js></script>",
		"packed/index.html": "<!doctype html><script src=/main.js></script>",
	} {
		_ = os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700)
		if err := os.WriteFile(filepath.Join(dir, path), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name  string
		pages func(t *testing.T) http.Handler
	}{
		{"script type=module", func(*testing.T) http.Handler { return http.FileServer(http.Dir(bare)) }},
		{"Vite, built", func(t *testing.T) http.Handler {
			command(t, dir, "node_modules/.bin/vite", "build", "--logLevel", "error")
			return http.FileServer(http.Dir(filepath.Join(dir, "dist")))
		}},
		{"Vite, developing", func(t *testing.T) http.Handler { return viteDev(t, dir) }},
		{"webpack", func(t *testing.T) http.Handler {
			command(t, dir, "node", "pack.mjs")
			return http.FileServer(http.Dir(filepath.Join(dir, "packed")))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := chrome.Open(t, chrome.New(t), serveStrictly(t, c.pages(t))+"/")
			chrome.Wait(t, p, "globalThis.result")
			same(t, chrome.Get[any](t, p, "result"), `[2,"hello","undefined"]`)
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
		_ = cmd.Wait()
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
	for _, name := range []string{"tether.wasm", "tether.mjs", "tether.mjs.map", "tether-engine.mjs", "tether-worker.mjs", "tether.d.ts"} {
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
	got := command(t, built, "node", "--no-experimental-websocket", "--input-type=module", "-e", `
		delete globalThis.WebSocket;
		const { TetherSocket } = await import('./tether.mjs');
		try { new TetherSocket('ws://x'); } catch (error) { console.log(error.name + ': ' + error.message); }`)
	if want := "NotSupportedError: tether: this environment has no WebSocket"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
