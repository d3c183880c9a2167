package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	imported = regexp.MustCompile(`from '\./([\w./-]+)'`)
	loaded   = regexp.MustCompile(`src="/?([\w./-]+)"`)
	scripts  = regexp.MustCompile(`importScripts\("/?([\w./-]+)"\)`)
)

// TestScriptsParse: each block of JavaScript is a module that Node can parse, and what it imports is there. What they do is shown
// by TestReadme of wasm/module in a page; TypeScript is compiled by TestTypesCompile there.
func TestScriptsParse(t *testing.T) {
	for _, b := range blocksOf(t, "js") {
		path := filepath.Join(t.TempDir(), "block.mjs")
		if err := os.WriteFile(path, []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), "node", "--check", path).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", b.at, err, out)
		}
	}
	for _, b := range blocksOf(t, "js", "ts") {
		for _, m := range imported.FindAllStringSubmatch(b.text, -1) {
			servedFile(t, b.at, m[1])
		}
	}
}

// TestPagesLoadWhatIsServed: each script that a block of HTML loads is a file that the server serves.
func TestPagesLoadWhatIsServed(t *testing.T) {
	for _, b := range blocksOf(t, "html") {
		found := loaded.FindAllStringSubmatch(b.text, -1)
		if len(found) == 0 {
			t.Errorf("%s: it loads nothing: say what this test should look for", b.at)
		}
		for _, m := range found {
			servedFile(t, b.at, m[1])
		}
	}
	for _, d := range documents(t) {
		for _, m := range scripts.FindAllStringSubmatch(d.text, -1) {
			servedFile(t, d.name, m[1])
		}
	}
}

// bundled are files that the build makes, each by its source.
var bundled = map[string]string{"tether.mjs": "tether/index.mjs"}

func servedFile(t *testing.T, at, name string) {
	t.Helper()
	if source, ok := bundled[name]; ok {
		name = source
	}
	for _, end := range []string{"", ".d.ts"} {
		if _, err := os.Stat(filepath.Join(root, "static", strings.TrimPrefix(name, "/")+end)); err == nil {
			return
		}
	}
	t.Errorf("%s: %s is not in static", at, name)
}
