package e2e

import (
	"os"
	"testing"

	scripts "github.com/tetherscope/tetherscope/internal/script"
	"github.com/tetherscope/tetherscope/internal/script/worker"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// TestMain makes the test binary a script's worker, too, as the program is one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == scripts.WorkerArg {
		os.Exit(worker.Run(os.Stdin, os.Stdout))
	}
	os.Exit(chrome.Share(m))
}
