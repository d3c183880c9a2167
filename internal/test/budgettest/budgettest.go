package budgettest

import (
	"runtime"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// Returned waits until nothing of a share is taken. What an owner has leased is returned when the owner is collected, so a test that
// counts begins with what others before it have left.
func Returned(t await.TB, s *budget.Share) {
	t.Helper()
	await.Until(t, "everything that was taken of the budget is returned", func() bool {
		runtime.GC()
		return s.Used() == 0
	})
}
