package proc_test

import (
	"os"
	"testing"

	"github.com/tetherscope/tetherscope/internal/bench/proc"
)

// TestThisProcess: its processor time grows while it works, and it has memory; a process that is not there has neither.
func TestThisProcess(t *testing.T) {
	if _, err := os.Stat("/proc/self/task"); err != nil {
		t.Skip("no /proc")
	}
	before := proc.CPU(os.Getpid())
	sum := 0
	for proc.CPU(os.Getpid()) == before && t.Context().Err() == nil {
		for i := range 1_000_000 {
			sum += i
		}
	}
	if proc.Resident(os.Getpid()) < 1<<20 {
		t.Errorf("%d bytes", proc.Resident(os.Getpid()))
	}
	if proc.CPU(-1) != 0 || proc.Resident(-1) != 0 {
		t.Error("a process that is not there used something")
	}
}
