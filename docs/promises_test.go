package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/testnames"
)

// proofs is what a line of promises.md names: a folder and the tests in it.
var proofs = regexp.MustCompile("`([\\w/]+)`: ((?:Test\\w+(?:, )?)+)")

// TestEveryPromiseHasItsTests: each line of the tables names at least one test, and each test that it names is in that folder.
func TestEveryPromiseHasItsTests(t *testing.T) {
	text, err := os.ReadFile("promises.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]map[string]bool{}
	promises := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| promise |") {
			continue
		}
		promises++
		found := proofs.FindAllStringSubmatch(line, -1)
		if len(found) == 0 {
			t.Errorf("no test proves %s", line)
		}
		for _, m := range found {
			dir := m[1]
			if known[dir] == nil {
				known[dir] = testnames.In(t, filepath.Join(root, dir))
			}
			for name := range strings.SplitSeq(m[2], ", ") {
				if !known[dir][name] {
					t.Errorf("%s has no %s, which is to prove %s", dir, name, line)
				}
			}
		}
	}
	if promises < 30 {
		t.Errorf("%d promises were found", promises)
	}
}
