package firststart

import (
	"archive/zip"
	"bufio"
	"context"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

const (
	root    = "../../.."
	module  = "github.com/tetherscope/tetherscope"
	version = "v0.0.1"
)

// patience is how long building everything may take on a busy machine.
const patience = 15 * time.Minute

// TestSourceOf: only a program of go install has a module that can be downloaded again.
func TestSourceOf(t *testing.T) {
	main := debug.Module{Path: module, Version: version}
	for name, c := range map[string]struct {
		info *debug.BuildInfo
		ok   bool
	}{
		"go install":     {&debug.BuildInfo{Main: main}, true},
		"a checkout":     {&debug.BuildInfo{Main: main, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123"}}}, false},
		"go run":         {&debug.BuildInfo{Main: debug.Module{Path: module, Version: "(devel)"}}, false},
		"no information": {nil, false},
	} {
		got, err := sourceOf(c.info)
		if (err == nil) != c.ok || c.ok && got != (source{module, version}) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if !c.ok && !strings.Contains(err.Error(), "make build") {
			t.Errorf("%s: the error does not say what to do: %v", name, err)
		}
	}
}

// TestMissing: a folder without the panel's program is one without the build's assets.
func TestMissing(t *testing.T) {
	if !Missing(fstest.MapFS{"index.html": {}}) || Missing(fstest.MapFS{probe: {}}) {
		t.Error("Missing is wrong about a map of files")
	}
	both := complete{fstest.MapFS{"index.html": {Data: []byte("page")}}, fstest.MapFS{"panel.wasm": {Data: []byte("wasm")}}}
	for name, want := range map[string]string{"index.html": "page", probe: "wasm"} {
		if got, err := fs.ReadFile(both, name); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
}

// TestGoInstall walks the path of a stranger: go install from a module proxy into an empty GOPATH, the first start, which builds
// the pages, the second, which does not, and a start where there is no go command.
func TestGoInstall(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles everything")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	home := t.TempDir()
	proxy := moduleProxy(t)
	env := append(os.Environ(), "HOME="+home, "XDG_CACHE_HOME="+filepath.Join(home, "cache"), "GOPATH="+filepath.Join(home, "go"),
		"GOBIN="+filepath.Join(home, "bin"), "GOMODCACHE=", "GOCACHE="+goEnv(t, "GOCACHE"), "GOFLAGS=-modcacherw", "GOWORK=off",
		"GOSUMDB=off", "GOPROXY=file://"+proxy+",file://"+goEnv(t, "GOMODCACHE")+"/cache/download,"+goEnv(t, "GOPROXY"))
	install := exec.CommandContext(ctx, "go", "install", "-trimpath", module+"@"+version)
	install.Env, install.Dir = env, home
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("go install: %v\n%s", err, out)
	}

	said, get := start(ctx, t, home, env)
	if !strings.Contains(said, "The first start of "+version) {
		t.Errorf("the first start says nothing of what it builds:\n%s", said)
	}
	for path, kind := range map[string]string{"/": "text/html", "/panel.wasm": "application/wasm", "/tether.mjs": "text/javascript", "/wasm_exec.js": "text/javascript"} {
		if code, got, _ := get(path); code != http.StatusOK || !strings.HasPrefix(got, kind) {
			t.Errorf("%s after the first start: %d, %s", path, code, got)
		}
	}
	if said, _ := start(ctx, t, home, env); strings.Contains(said, "first start") {
		t.Errorf("the second start builds again:\n%s", said)
	}

	said, get = start(ctx, t, home, append(env, "PATH=/nowhere", "XDG_CACHE_HOME="+filepath.Join(home, "another")))
	if !strings.Contains(said, "install Go from") {
		t.Errorf("without a go command it does not say what to do:\n%s", said)
	}
	if code, _, body := get("/"); code != http.StatusServiceUnavailable || !strings.Contains(body, "install Go from") {
		t.Errorf("the page without assets: %d, %s", code, body)
	}
	if code, _, _ := get("/healthz"); code != http.StatusOK {
		t.Errorf("/healthz without assets: %d", code)
	}
}

// start starts the installed program. It returns what it printed until it listened, and a function that gets a path from it.
func start(ctx context.Context, t *testing.T, home string, env []string) (said string, get func(path string) (code int, kind, body string)) {
	t.Helper()
	cmd := exec.CommandContext(ctx, filepath.Join(home, "bin", "tetherscope"), "-addr", "127.0.0.1:0")
	cmd.Env, cmd.Dir = env, home
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		await.Return(t, "the killed program to end", func() { _ = cmd.Wait() })
	})
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	lines := bufio.NewScanner(out) // the context's end kills the program, which ends the lines
	for lines.Scan() {
		said += lines.Text() + "\n"
		if base := address.FindString(lines.Text()); base != "" {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return said, func(path string) (int, string, string) { return fetch(ctx, t, base+path) }
		}
	}
	t.Fatalf("the program ended without an address:\n%s", said)
	return "", nil
}

func fetch(ctx context.Context, t *testing.T, url string) (code int, kind, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(text)
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// moduleProxy makes a module proxy in a folder that has this repository as one version, as a release would have it: without
// what the build makes.
func moduleProxy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(at, 0o700); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"list": version + "\n", version + ".info": `{"Version":"` + version + `"}`, version + ".mod": string(mod)} {
		if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Create(filepath.Join(at, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	if err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error { return pack(z, path, d, err) }); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// pack adds a file of the repository to a module's archive.
func pack(z *zip.Writer, path string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	name := strings.TrimPrefix(filepath.ToSlash(path), root+"/")
	if d.IsDir() {
		_, err := os.Stat(filepath.Join(path, "go.mod"))
		if d.Name() == ".git" || d.Name() == "node_modules" || name == "bin" || err == nil && path != root { // another module
			return fs.SkipDir
		}
		return nil
	}
	if !d.Type().IsRegular() || name == ".git" || strings.HasPrefix(name, "static/dist/") && d.Name() != ".gitkeep" {
		return nil
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	w, err := z.Create(module + "@" + version + "/" + name)
	if err == nil {
		_, err = w.Write(body)
	}
	return err
}
