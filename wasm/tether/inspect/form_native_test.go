//go:build !js

package inspect

import (
	"encoding/hex"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record/recordtest"
)

// TestTapWritesTheForm: static/tap.js writes, byte for byte, what the table of the binary form says. Package record is held
// to the same table.
func TestTapWritesTheForm(t *testing.T) {
	script := filepath.Join("testdata", "form.mjs")
	out, err := exec.CommandContext(t.Context(), "node", script, filepath.Join("..", "..", "..", "static", "tap.js")).Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	batch, err := hex.DecodeString(string(out))
	if err != nil {
		t.Fatal(err)
	}
	recordtest.Compare(t, batch, recordtest.Page(t))
}
