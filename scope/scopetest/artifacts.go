package scopetest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

// artifacts returns the test's folder of artifacts with go test -artifacts, which keeps it, else one in the system's temporary folder.
func artifacts(t testing.TB) string {
	if f := flag.Lookup("test.artifacts"); f != nil && f.Value.String() == "true" {
		return t.ArtifactDir()
	}
	return filepath.Join(os.TempDir(), "tetherscope-tests")
}
