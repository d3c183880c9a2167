// Package npm gives tests packages of npm, as a lock file pins them, and runs what is in them.
package npm

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// Install copies the folder from into a new one and installs what its package-lock.json pins, and the further packages, which
// are files of ours. No script of a package runs. It skips the test with -short, and where npm has no registry, unless
// [chrome.RequireTools] is set.
func Install(t *testing.T, from string, further ...string) (dir string) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs packages from npm, which -short does not fetch")
	}
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	install(t, dir, "ci")
	if len(further) > 0 {
		install(t, dir, append([]string{"install", "--no-save"}, further...)...)
	}
	return dir
}

func install(t *testing.T, dir string, args ...string) {
	t.Helper()
	args = append(args, "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error")
	cmd := exec.CommandContext(t.Context(), "npm", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		if os.Getenv(chrome.RequireTools) == "" {
			t.Skipf("npm %s, which needs a registry: %v\n%s", args[0], err, out)
		}
		t.Fatalf("npm %s: %v\n%s", args[0], err, out)
	}
}

// Run runs a program in dir to its end and returns what it prints, without the space around it.
func Run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
