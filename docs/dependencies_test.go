package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryDependencyHasAReason: CONTRIBUTING's table has each module that go.mod requires directly, and no other.
func TestEveryDependencyHasAReason(t *testing.T) {
	required := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(read(t, "go.mod"), -1) {
		required[m[1]] = true
	}
	table := read(t, "CONTRIBUTING.md")
	for module := range required {
		if !strings.Contains(table, "| `"+module) {
			t.Errorf("CONTRIBUTING.md does not say why %s is there", module)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z.]+/[^`]+)` \\|").FindAllStringSubmatch(table, -1) {
		if module := m[1]; !required[module] && !required[filepath.Dir(module)] {
			t.Errorf("CONTRIBUTING.md explains %s, which go.mod does not require", module)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
