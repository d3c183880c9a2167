//go:build !js

package codec_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestEachProgramCarriesOnlyWhatItImports: the formats of the subpackages, and what they stand on, are not in this package.
func TestEachProgramCarriesOnlyWhatItImports(t *testing.T) {
	for pkg, absent := range map[string][]string{
		".":               {"fmt", "encoding/json", "net", "os", "log"},
		"./jsoncodec":     {"github.com", "google.golang.org"},
		"./msgpackcodec":  {"github.com/fxamacker", "google.golang.org"},
		"./cborcodec":     {"github.com/tinylib", "google.golang.org"},
		"./protobufcodec": {"github.com/tinylib", "github.com/fxamacker"},
	} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", pkg)
		cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		deps := strings.Fields(string(out))
		if !slices.Contains(deps, "unicode/utf8") {
			t.Fatalf("this is no list of dependencies: %s", out)
		}
		for _, dep := range deps {
			if own := strings.HasPrefix(dep, "github.com/tetherscope/"); own {
				continue
			}
			if slices.ContainsFunc(absent, func(a string) bool { return dep == a || strings.HasPrefix(dep, a+"/") && strings.Contains(a, ".") }) {
				t.Errorf("%s links %s for js", pkg, dep)
			}
		}
	}
}
