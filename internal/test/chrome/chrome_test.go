package chrome

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/cdp"
)

// These tests prove that the driver reports truly what a real browser does: values, exceptions, console, input, media,
// pixels, events; and that nothing of the browser outlives Close.

func page(t *testing.T, html string) (*Browser, *Page) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>t</title>" + html))
	}))
	t.Cleanup(srv.Close)
	b := New(t)
	return b, Open(t, b, srv.URL)
}

func TestPageReportsWhatHappenedInIt(t *testing.T) {
	_, p := page(t, `<button onclick="console.log('clicked', 7, {a:1})">go</button><input>
		<script>addEventListener("keydown", e => { globalThis.keys = (globalThis.keys ?? "") + e.key + (e.ctrlKey ? "!" : "") })</script>`)
	ctx := t.Context()

	if got := Get[int](t, p, "new Promise(f => setTimeout(() => f(6*7), 10))"); got != 42 {
		t.Errorf("a promise gave %d, want 42", got)
	}
	var thrown *EvalError
	if err := p.Eval(ctx, "null.x", nil); !errors.As(err, &thrown) || !strings.Contains(thrown.Exception, "TypeError") {
		t.Errorf("an exception gave %v, want an EvalError with TypeError", err)
	}
	if err := p.Click(ctx, "button"); err != nil {
		t.Fatal(err)
	}
	// The browser answers a click and the page reports its console, over ways of their own: ask the page something first.
	Get[any](t, p, "null")
	if got := p.Console(); len(got) != 1 || !strings.HasPrefix(got[0], "log: clicked 7") {
		t.Errorf("console %q, want one line that begins with %q", got, "log: clicked 7")
	}
	if err := p.Click(ctx, "#missing"); err == nil || !strings.Contains(err.Error(), "no element matches") {
		t.Errorf("a click on nothing gave %v", err)
	}
	Get[any](t, p, `void setTimeout(() => { throw new Error("boom") })`)
	for deadline := time.Now().Add(waitLimit); len(p.Exceptions()) == 0 && time.Now().Before(deadline); {
		time.Sleep(pollEvery)
	}
	if got := p.Exceptions(); len(got) != 1 || !strings.Contains(got[0], "boom") {
		t.Errorf("exceptions %q, want one with boom", got)
	}

	for _, key := range []string{"ArrowDown", "j", "ctrl+k"} {
		if err := p.Press(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	if got := Get[string](t, p, "keys"); got != "ArrowDownjk!" {
		t.Errorf("keys %q, want %q", got, "ArrowDownjk!")
	}
	if err := p.Press(ctx, "NoSuchKey"); err == nil {
		t.Error("an unknown key was pressed")
	}
	Get[any](t, p, `void document.querySelector("input").focus()`)
	if err := p.Type(ctx, "héllo"); err != nil {
		t.Fatal(err)
	}
	if got := Get[string](t, p, `document.querySelector("input").value`); got != "héllo" {
		t.Errorf("typed %q, want héllo", got)
	}
}

func TestScreenshotHasTheSizeAndTheScheme(t *testing.T) {
	_, p := page(t, `<style>:root{color-scheme:light dark;background:#fff}@media(prefers-color-scheme:dark){:root{background:#000}}</style>`)
	for _, dark := range []bool{false, true} {
		b, err := p.Screenshot(t.Context(), "", 320, 200, dark)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if s := img.Bounds().Size(); s.X != 320 || s.Y != 200 {
			t.Errorf("size %v, want 320×200", s)
		}
		if r, _, _, _ := img.At(5, 5).RGBA(); (r == 0) != dark {
			t.Errorf("dark=%v but the background's red is %d", dark, r)
		}
	}
}

func TestEventsAndOffline(t *testing.T) {
	b, p := page(t, "")
	requests := p.Events("Network.requestWillBeSent")
	ctx := t.Context()
	if err := p.SetOffline(ctx, true); err != nil {
		t.Fatal(err)
	}
	if Get[bool](t, p, "navigator.onLine") {
		t.Error("onLine is true while offline")
	}
	if err := p.SetOffline(ctx, false); err != nil {
		t.Fatal(err)
	}
	Get[int](t, p, "fetch('/x').then(r => r.status)")
	if all := bytes.Join(rawBytes(requests()), nil); bytes.Count(all, []byte(`/x"`)) < 1 {
		t.Errorf("no Network.requestWillBeSent event for /x in %s", all)
	}
	second := Open(t, b, "about:blank")
	if got := Get[string](t, second, "location.href"); got != "about:blank" {
		t.Errorf("second tab is at %s", got)
	}
}

func rawBytes(list []json.RawMessage) [][]byte {
	out := make([][]byte, len(list))
	for i, raw := range list {
		out[i] = raw
	}
	return out
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	b, p := page(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := p.WaitFor(ctx, "window.never"); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "window.never") {
		t.Errorf("WaitFor gave %v", err)
	}
	if err := p.Navigate(t.Context(), "http://127.0.0.1:1/"); err == nil || !strings.Contains(err.Error(), "ERR_") {
		t.Errorf("a page that is not there gave %v", err)
	}
	var refused *cdp.Error
	if err := p.Call(t.Context(), "No.such", nil, nil); !errors.As(err, &refused) || refused.Method != "No.such" {
		t.Errorf("an unknown command gave %v", err)
	}
	b.Close()
	if err := p.Eval(t.Context(), "1", nil); err == nil {
		t.Error("Eval worked after Close")
	}
	t.Setenv("CHROME", "/no/such/browser")
	if _, err := Start(t.Context(), Options{}); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("Start without a browser gave %v, want ErrNotInstalled", err)
	}
}

func TestNothingOutlivesClose(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	b, p := page(t, "")
	Get[int](t, p, "1")
	list, err := b.Processes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 2 {
		t.Fatalf("only %d processes listed", len(list))
	}
	b.Close()
	b.Close()
	for _, proc := range list {
		if alive(proc.ID) {
			t.Errorf("%s process %d is still alive", proc.Type, proc.ID)
		}
	}
	if _, err := os.Stat(b.profile); !os.IsNotExist(err) {
		t.Errorf("the profile is still there: %v", err)
	}
}

// alive reports whether a process runs; a zombie waiting to be collected does not.
func alive(pid int) bool {
	for range 100 {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil || strings.Contains(string(b), ") Z ") {
			return false
		}
		time.Sleep(20 * time.Millisecond)
	}
	return true
}

// TestPartsShareNothing: tests that have parts of one browser do not meet, what one leaves goes with it, and a browser
// that died is replaced.
func TestPartsShareNothing(t *testing.T) {
	b, p := page(t, "")
	url := Get[string](t, p, `location.href`)
	var s sharedBrowser
	s.b = b
	part := func() (*Browser, *Page) {
		t.Helper()
		b, err := s.part(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b, Open(t, b, url)
	}
	one, p1 := part()
	Get[any](t, p1, `void (document.cookie = localStorage.mine = "one", globalThis.received = [], globalThis.radio = new BroadcastChannel("radio"), radio.onmessage = e => received.push(e.data))`)
	two, p2 := part()
	if one.process != two.process {
		t.Error("two parts are two processes")
	}
	if got := Get[string](t, p2, `(new BroadcastChannel("radio").postMessage("two"), document.cookie + localStorage.length)`); got != "0" {
		t.Errorf("the second part has %q of the first", got)
	}
	again := Open(t, one, url)
	if got := Get[string](t, again, `(new BroadcastChannel("radio").postMessage("again"), document.cookie + localStorage.mine)`); got != "oneone" {
		t.Errorf("another tab of the first part has %q", got)
	}
	Wait(t, p1, `received.length > 0`)
	if got := Get[[]string](t, p1, `received`); len(got) != 1 || got[0] != "again" {
		t.Errorf("the first part received %q", got)
	}
	one.Close()
	if err := p1.Eval(t.Context(), "1", nil); err == nil {
		t.Error("a tab outlives its part")
	}
	if Get[int](t, p2, "1") != 1 {
		t.Error("the other part is gone too")
	}
	b.Close()
	third, p3 := part()
	t.Cleanup(s.close)
	if third.process == b.process || Get[int](t, p3, "1") != 1 {
		t.Error("the browser that ended is still given away")
	}
}
