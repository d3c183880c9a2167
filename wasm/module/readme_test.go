//go:build !js

package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/chrome"
)

// readme returns the one block of that language in the README that imports tether.mjs.
func readme(t *testing.T, language string) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(m[1], "./tether.mjs") {
			return m[1]
		}
	}
	t.Fatalf("the README has no block of %s with tether.mjs", language)
	return ""
}

// readmeTypes writes the README's TypeScript to a file from which its imports are found, and returns the path.
func readmeTypes(t *testing.T) string {
	t.Helper()
	assets, err := filepath.Abs(static)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "readme.ts")
	source := strings.ReplaceAll(readme(t, "ts"), "from './", "from '"+assets+"/")
	if err := os.WriteFile(path, []byte(source+"\nexport {};\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestReadme: the README's JavaScript does in a page what it says there. (TestTypesCompile compiles its TypeScript.)
func TestReadme(t *testing.T) {
	p := newSite(t).page(t)
	source := strings.ReplaceAll(readme(t, "js"), "ws://127.0.0.1:7316/ws/echo", "/ws/echo")
	source = strings.Replace(source, "import { TetherSocket } from './tether.mjs';", "const { TetherSocket } = await import('/tether.mjs');", 1)
	chrome.Get[any](t, p, "(async () => {"+source+"globalThis.ws = ws; })()")
	chrome.Wait(t, p, "ws.stats().messagesReceived === 1")
	if said := strings.Join(p.Console(), "\n"); said != "log: Object" {
		t.Errorf("the console has %q", said)
	}
}
