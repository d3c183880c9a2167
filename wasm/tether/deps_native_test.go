//go:build !js

package tether_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestTheBrowserLinksNothingLarge: every js program that imports tether carries what tether imports.
func TestTheBrowserLinksNothingLarge(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", ".", "../codec")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "syscall/js") {
		t.Fatal("this is not the list of a js build:", deps)
	}
	for _, large := range []string{"fmt", "net", "net/http", "net/url", "encoding/json", "log", "log/slog", "os", "text/template"} {
		if slices.Contains(deps, large) {
			t.Errorf("tether links %s for js", large)
		}
	}
}

// TestWhoDoesNotResumeDoesNotCarryIt: the linker drops the layer from a js program that does not name WithResume.
func TestWhoDoesNotResumeDoesNotCarryIt(t *testing.T) {
	if testing.Short() {
		t.Skip("links a program twice")
	}
	for option, carries := range map[string]bool{"": false, ", tether.WithResume(tether.Resume{})": true} {
		dir := filepath.Join("testdata", "carry"+strconv.Itoa(len(option)))
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		source := `package main

import (
	"context"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

func main() {
	c, _ := tether.New("ws://x", codec.String()` + option + `)
	_ = c.Run(context.Background())
}
`
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(t.TempDir(), "program.wasm")
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", out, "./"+dir)
		cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		program, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(program, []byte("tetherscope/wasm/internal/session.(*Session).Receive")); got != carries {
			t.Errorf("with %q the program of %d bytes carries the layer: %v", option, len(program), got)
		}
	}
}
