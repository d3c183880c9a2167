package chrome

import (
	"context"
	"errors"
	"os"
	"time"
)

// RequireTools is the environment variable that, set to anything, makes a test without its tools fail where it would
// be skipped. CI sets it, so that no test is skipped unseen.
const RequireTools = "TETHERSCOPE_REQUIRE_TOOLS"

// waitLimit bounds [Wait] and [Get]: far beyond what a loaded machine needs, well below go test's own limit.
const waitLimit = 30 * time.Second

// TB is the part of testing.TB that this package needs, so that it need not link the testing package into commands.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Cleanup(f func())
	Context() context.Context
}

// New starts a browser for a test and closes it when the test ends. Without Chromium the test is skipped, or fails if
// [RequireTools] is set.
func New(t TB, extraArgs ...string) *Browser {
	t.Helper()
	b, err := Start(t.Context(), Options{Args: extraArgs})
	if errors.Is(err, ErrNotInstalled) && os.Getenv(RequireTools) == "" {
		t.Skipf("%v", err)
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(b.Close)
	return b
}

// Open opens url in a new tab and fails the test if that does not work.
func Open(t TB, b *Browser, url string) *Page {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	p, err := b.Page(ctx, url)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return p
}

// Get evaluates an expression in the page, awaits it, and returns its value. It fails the test if that does not work.
func Get[T any](t TB, p *Page, expression string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	var v T
	if err := p.Eval(ctx, expression, &v); err != nil {
		t.Fatalf("%v", err)
	}
	return v
}

// Wait waits until an expression is truthy in the page and fails the test when that takes longer than 30 seconds.
func Wait(t TB, p *Page, expression string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	if err := p.WaitFor(ctx, expression); err != nil {
		t.Fatalf("%v", err)
	}
}
