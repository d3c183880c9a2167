//go:build !js

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// documented returns the blocks of that language in the documents that import tether.mjs.
func documented(t *testing.T, language string) (blocks []string) {
	t.Helper()
	for _, name := range []string{"README.md", "docs/js.md"} {
		text, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "./tether.mjs") {
				blocks = append(blocks, m[1])
			}
		}
	}
	if len(blocks) == 0 {
		t.Fatalf("the documents have no block of %s with tether.mjs", language)
	}
	return blocks
}

// documentedTypes writes the documents' TypeScript to files from which its imports are found, and returns their paths.
func documentedTypes(t *testing.T) (paths []string) {
	t.Helper()
	assets, err := filepath.Abs(static)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i, block := range documented(t, "ts") {
		path := filepath.Join(dir, fmt.Sprintf("block%d.ts", i))
		source := strings.ReplaceAll(block, "from './", "from '"+assets+"/")
		if err := os.WriteFile(path, []byte(source+"\nexport {};\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// TestReadme: the JavaScript of the README and its guide does in a page what they say. (TestTypesCompile compiles their
// TypeScript.)
func TestReadme(t *testing.T) {
	for _, block := range documented(t, "js") {
		p := newSite(t).page(t)
		source := strings.ReplaceAll(block, "ws://127.0.0.1:7316/ws/echo", "/ws/echo")
		source = strings.Replace(source, "import { TetherSocket } from './tether.mjs';", "const { TetherSocket } = await import('/tether.mjs');", 1)
		chrome.Get[any](t, p, "(async () => {"+source+"globalThis.ws = ws; })()")
		chrome.Wait(t, p, "ws.stats().messagesReceived === 1")
		if log := strings.Join(p.Console(), "\n"); log != "log: Object" {
			t.Errorf("the console has %q", log)
		}
	}
}
