package script

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/tetherscope/tetherscope/internal/script/worker"
)

// TestMain makes the test binary a worker, as the program is one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == WorkerArg {
		os.Exit(worker.Run(os.Stdin, os.Stdout))
	}
	goleak.VerifyTestMain(m)
}
