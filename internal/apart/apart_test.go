package apart_test

import (
	"log"
	"os"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/apart"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestServeReturnsAtOnce, and releases when the connection is over.
func TestServeReturnsAtOnce(t *testing.T) {
	over, released := make(chan struct{}), make(chan struct{})
	apart.Serve(func() { close(released) }, func() { await.Closed(t, over) })
	select {
	case <-released:
		t.Error("released while it is served")
	default:
	}
	close(over)
	await.Closed(t, released)
}

// TestAPanicEndsOneConnection: it is printed with its place, and what the connection took is given back.
func TestAPanicEndsOneConnection(t *testing.T) {
	var printed strings.Builder
	log.SetOutput(&printed)
	defer log.SetOutput(os.Stderr)
	released := make(chan struct{})
	apart.Serve(func() { close(released) }, func() { panic("on purpose") })
	await.Closed(t, released)
	if !strings.Contains(printed.String(), "on purpose") || !strings.Contains(printed.String(), "apart_test.go") {
		t.Errorf("printed: %q", printed.String())
	}
}
