//go:build !js

package panel_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// captureOf makes a capture of one connection on which the server says these texts.
func captureOf(t *testing.T, texts ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := file.NewWriter(&out)
	list := conversation()[:2]
	for i, text := range texts {
		r := message(record.In, text)
		r.Message, r.Offset = uint64(i+1), uint64(200*i)
		list = append(list, r)
	}
	for i := range list {
		list[i].Seq, list[i].Time = uint64(i+1), 1_767_323_045_000_000_000+int64(i)*1_000_000
		if err := w.Write(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const (
	compareDone = `document.querySelector("[data-testid=compare]")?.dataset.state === "done"`
	compareText = `document.querySelector("[data-testid=compare]").innerText`
)

func press(t *testing.T, p *chrome.Page, key string) {
	t.Helper()
	if err := p.Press(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

// TestTwoCapturesAreCompared proves that two captures that are opened together are compared by a click or a key, that what is listed can be
// chosen, that a click leads to the frame, and that the comparison is there when one comes back.
func TestTwoCapturesAreCompared(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	wide(t, p)
	dropAll(t, p, "and 1 other file", map[string][]byte{
		"before.tscap": captureOf(t, `{"type":"trade","id":1,"price":5}`, `{"type":"quote"}`, "same"),
		"after.tscap":  captureOf(t, `{"type":"trade","id":22,"price":6}`, "same", "<b>bye</b>"),
	})
	chrome.ClickOn(t, p, `[data-testid=compare-open]`)
	chrome.Wait(t, p, compareDone)
	chrome.Wait(t, p, compareText+`.includes("$.price")`)
	text := chrome.Get[string](t, p, compareText)
	for _, want := range []string{"after.tscap", "before.tscap", "The captures differ.", "$.id (in 1 of 1)", `{"type":"quote"}`, "<b>bye</b>"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, " same\n") {
		t.Errorf("equal messages are listed:\n%s", text)
	}
	first := chrome.Get[string](t, p, `document.querySelector(".compared .file").textContent`)
	chrome.ClickOn(t, p, `[data-do="swap-compared"]`)
	chrome.Wait(t, p, `document.querySelector(".compared .file").textContent !== `+quote(first)+` && `+compareDone)
	chrome.ClickOn(t, p, `.compared .chip.same`)
	chrome.Wait(t, p, `[...document.querySelectorAll(".sides .row .text")].some((e) => e.textContent === "same")`)
	chrome.ClickOn(t, p, `.compared .chip.changed`)
	chrome.Wait(t, p, `!`+compareText+`.includes("$.price")`)

	chrome.ClickOn(t, p, `.sides .row.new .b button`)
	chrome.Wait(t, p, `!document.querySelector("[data-testid=compare]") && [...document.querySelectorAll(".row.selected")].some((r) => r.innerText.includes("quote") || r.innerText.includes("bye"))`)
	press(t, p, "D")
	chrome.Wait(t, p, compareDone)
	press(t, p, "Escape")
	chrome.Wait(t, p, `!document.querySelector("[data-testid=compare]")`)

	chrome.ClickOn(t, p, `[data-do="back"]`)
	chrome.Wait(t, p, `document.querySelector("[data-testid=compare-open]").getClientRects().length === 0`)
	press(t, p, "D")
	chrome.Wait(t, p, `document.body.innerText.includes("Open two captures together")`)
}
