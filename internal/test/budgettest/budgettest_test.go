package budgettest_test

import (
	"runtime"
	"testing"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/internal/test/budgettest"
)

func TestALeaseIsWaitedFor(t *testing.T) {
	owner := new(budget.Lease)
	if !owner.Resize(budget.Packets, 100) || budget.Packets.Used() != 100 {
		t.Fatalf("%d bytes are taken", budget.Packets.Used())
	}
	runtime.KeepAlive(owner)
	budgettest.Returned(t, budget.Packets)
	if used := budget.Packets.Used(); used != 0 {
		t.Errorf("%d bytes are taken", used)
	}
}
