//go:build !js

// These tests prove in a real Chromium, one for each promise of the panel, that what was on the wire can be seen and
// understood: how frames belong together, which bytes mean what, what answers what.
package panel_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/chrome"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// clickOn clicks the first element that a selector finds, once it is there.
func clickOn(t *testing.T, p *chrome.Page, selector string) {
	t.Helper()
	chrome.Wait(t, p, fmt.Sprintf(`document.querySelector(%q) !== null`, selector))
	chrome.Get[any](t, p, fmt.Sprintf(`void document.querySelector(%q).click()`, selector))
}

// parts is a message of three frames with a ping and a text of the other side between them.
func parts() []record.Record {
	list := []record.Record{
		message(record.In, "one "), message(record.In, "two "), message(record.Out, "between"), message(record.In, "three"),
	}
	for n, i := range []int{0, 1, 3} {
		r := &list[i]
		r.Message, r.Final, r.Header.Fin, r.Frames = 43, n == 2, n == 2, 0
		if n > 0 {
			r.Header.Opcode = frame.Continuation
		}
	}
	whole := "one two three"
	list[3].Frames, list[3].Body, list[3].Wire, list[3].Inflated = 3, []byte(whole), uint64(len(whole)), uint64(len(whole))
	return list
}

func TestFragmentsAreLinkedToTheirMessageAndToEachOther(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	s.send(parts()...)
	keys(t, p, "v")
	chrome.Wait(t, p, rows("note")+`.join() === "frag 1/3 → msg 43,frag 2/3 → msg 43,,frag 3/3 → msg 43"`)
	glyphs := `[...document.querySelectorAll(".grid .row:not([hidden]) .c-type")].map(e => getComputedStyle(e, "::before").content.slice(1, 2)).join("")`
	chrome.Wait(t, p, glyphs+` === "┌├o└"`)
	keys(t, p, "Home", "1")
	chrome.Wait(t, p, `[...document.querySelectorAll("[data-testid=fragments] button")].map(b => b.textContent.split(" ")[0]).join() === "1,2,3"`)
	chrome.Wait(t, p, `document.querySelectorAll(".grid .row.kin").length === 2`)
	clickOn(t, p, "[data-testid=fragments] button:nth-child(2)")
	chrome.Wait(t, p, activeID+` === "2"`)
	keys(t, p, "p")
	chrome.Wait(t, p, activeID+` === "4" && document.querySelector("[data-testid=text]")?.textContent === "one two three"`)
	keys(t, p, "[", "[")
	chrome.Wait(t, p, activeID+` === "1"`)
	keys(t, p, "]")
	chrome.Wait(t, p, activeID+` === "2"`)
}

// The columns that tell when, which way, what and how long are there at the widths of ordinary windows, the detail open.
func TestTimeStaysInSightInOrdinaryWindows(t *testing.T) {
	_, p := working(t)
	keys(t, p, "Home")
	for _, width := range []int{1920, 1440, 1366, 1280, 1024} {
		if err := p.SetViewport(t.Context(), width, 800); err != nil {
			t.Fatal(err)
		}
		for _, column := range strings.Fields("time delta dir type length preview") {
			chrome.Wait(t, p, fmt.Sprintf(`document.querySelector(".head .c-%s").getBoundingClientRect().width > 10`, column))
		}
		if got := chrome.Get[string](t, p, rows("time")+`[0]`); len(got) != len("15:04:05.000") {
			t.Errorf("%d pixels: time is %q", width, got)
		}
		cut := `[...document.querySelectorAll(".row:not([hidden]) .c-time")].some(e => e.scrollWidth > e.clientWidth)`
		if chrome.Get[bool](t, p, cut) {
			t.Errorf("%d pixels: the time is cut", width)
		}
	}
}

func TestTheGapOfOneDirectionIsAColumn(t *testing.T) {
	_, p := working(t)
	if err := p.SetViewport(t.Context(), 1800, 800); err != nil {
		t.Fatal(err)
	}
	keys(t, p, ".")
	chrome.Get[any](t, p, `void [...document.querySelectorAll(".colmenu > div")].find(e => e.textContent.includes("Δ dir")).querySelector("input").click()`)
	keys(t, p, "Escape", "Home")
	chrome.Wait(t, p, rows("way")+`.slice(0, 4).join() === ",,+20.0 ms,+20.0 ms"`)
}
