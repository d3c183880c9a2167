//go:build !js

package tether_test

import (
	"os"
	"os/exec"
	"slices"
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
