package chrome

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"
)

// RequireTools is the environment variable that, set to anything, makes a test without its tools fail where it would
// be skipped. CI sets it, so that no test is skipped unseen.
const RequireTools = "TETHERSCOPE_REQUIRE_TOOLS"

// waitLimit bounds [Wait] and [Get]: far beyond what a loaded machine needs, well below go test's own limit.
const waitLimit = 2 * time.Minute

// TB is the part of testing.TB that this package needs, so that it need not link the testing package into commands.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Cleanup(f func())
	Context() context.Context
}

// New gives a test a browser and closes it when the test ends: a private part of the one that all tests of the package
// have when its TestMain called [Share], else, or with arguments, one of its own. Without Chromium the test is skipped,
// or fails if [RequireTools] is set.
func New(t TB, extraArgs ...string) *Browser {
	t.Helper()
	if len(extraArgs) > 0 || !shared.on {
		return Own(t, extraArgs...)
	}
	b, err := shared.part(t.Context())
	return ready(t, b, err)
}

// Own starts a browser that no other test has: for one that ends it, or counts its processes.
func Own(t TB, extraArgs ...string) *Browser {
	t.Helper()
	b, err := Start(t.Context(), Options{Args: extraArgs})
	return ready(t, b, err)
}

func ready(t TB, b *Browser, err error) *Browser {
	t.Helper()
	if errors.Is(err, ErrNotInstalled) && os.Getenv(RequireTools) == "" {
		t.Skipf("%v", err)
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(b.Close)
	return b
}

// Open opens url in a new tab, closes it when the test ends, and fails the test if that does not work.
func Open(t TB, b *Browser, url string) *Page {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	p, err := b.Page(ctx, url)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = p.Close(ctx) // the test may have closed it, or the browser
	})
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

// Wait waits until an expression is truthy in the page and fails the test when that takes longer than two minutes.
func Wait(t TB, p *Page, expression string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	if err := p.WaitFor(ctx, expression); err != nil {
		t.Fatalf("%v", err)
	}
}

// ClickOn waits until an element matches the CSS selector and is enabled, and clicks on the first one by its click method. The
// look and the click are one expression, so a page that draws itself again between them cannot take the element away.
// It fails the test when none is there within two minutes.
func ClickOn(t TB, p *Page, selector string) {
	t.Helper()
	Wait(t, p, "(e => !!e && !e.disabled && (e.click(), true))(document.querySelector("+strconv.Quote(selector)+"))")
}
