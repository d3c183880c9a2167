//go:build !js

package main_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestModuleStaysSmall: the packages that would each add a fifth or more to what a page downloads are not linked.
func TestModuleStaysSmall(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", ".")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "github.com/tetherscope/tetherscope/wasm/tether") {
		t.Fatal("the list of packages is not that of the module")
	}
	for _, heavy := range []string{"fmt", "net/http", "net/url", "encoding/json", "log/slog", "regexp", "text/template"} {
		if slices.Contains(deps, heavy) {
			t.Errorf("the module links %s", heavy)
		}
	}
}
