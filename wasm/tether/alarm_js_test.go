package tether

import (
	"syscall/js"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestAWorkerThatDiesIsReplaced: a browser may end a worker without a word. No alarm is lost, and another worker rings the next
// ones.
func TestAWorkerThatDiesIsReplaced(t *testing.T) {
	if js.Global().Get("Worker").IsUndefined() {
		t.Skip("there are no workers here")
	}
	a := newAlarms().(*workerAlarms)
	defer a.close()
	ring := func() <-chan struct{} {
		rang := make(chan struct{})
		a.after(time.Millisecond, func() { close(rang) })
		return rang
	}
	await.Closed(t, ring()) // starts the worker
	await.Until(t, "the worker runs", func() bool { return a.runs })
	old := a.worker
	old.Call("terminate")
	for range mostStrikes {
		await.Closed(t, ring())
	}
	if a.worker.Equal(old) {
		t.Fatal("the dead worker is still there")
	}
	await.Until(t, "the worker runs", func() bool { return a.runs })
	await.Closed(t, ring())
	if len(a.pending) != 0 {
		t.Errorf("%d alarms are left", len(a.pending))
	}
}
