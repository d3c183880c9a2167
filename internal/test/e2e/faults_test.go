package e2e

import (
	"fmt"
	"io"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// TestFaultsAndHeldFramesInThePanel: from a real panel in Chromium, switches and a text activate rules that bare TCP peers
// feel; a held frame waits through a reload of the panel, and is forwarded, dropped, or replaced by what the composer makes of it.
func TestFaultsAndHeldFramesInThePanel(t *testing.T) {
	a := actOn(t)
	say := func(s string) {
		_, _ = a.server.Write(frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text}, []byte(s)))
	}
	hear := func(want string) {
		t.Helper()
		head := make([]byte, 2)
		if _, err := io.ReadFull(a.client, head); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, head[1]&0x7f)
		if _, err := io.ReadFull(a.client, got); err != nil || string(got) != want {
			t.Fatalf("the client hears %q, %v; want %q", got, err, want)
		}
	}
	state := func(text string) {
		t.Helper()
		chrome.Wait(t, a.page, fmt.Sprintf(`document.querySelector('[data-testid="faults-state"]')?.textContent.includes(%s)`, quote(text)))
	}
	held := func(n int) {
		t.Helper()
		chrome.Wait(t, a.page, fmt.Sprintf(`document.querySelectorAll('[data-testid="intercepted"] li').length === %d`, n))
	}
	write := func(text string) {
		t.Helper()
		chrome.Wait(t, a.page, `document.getElementById('faults-text') !== null`)
		chrome.Get[bool](t, a.page, fmt.Sprintf(`(() => { const box = document.getElementById('faults-text'); box.value = %s; box.dispatchEvent(new Event('input', { bubbles: true })); return true; })()`, quote(text)))
	}
	a.click(t, `[data-do="faults"]`)
	state("No rules active")

	write("dir:in\nlost => explode")
	a.click(t, `[data-do="apply-rules"]`)
	chrome.Wait(t, a.page, `document.querySelector('[data-testid="faults-problem"]')?.textContent.startsWith('line 1, column 1: a rule is')`)
	write("lost => drop")
	a.click(t, `[data-do="apply-rules"]`)
	state("1 rule active")
	say("lost")
	say("found")
	hear("found")
	a.click(t, `[data-testid="faults-presets"] [data-arg="6"]`) // split in 3
	state("2 rules active")
	say("abc")
	for _, want := range []string{"a", "b", "c"} {
		hear(want)
	}

	chrome.Wait(t, a.page, `[...document.querySelectorAll('#grid .row')].some((r) => r.textContent.includes('abc'))`) // it is captured, and here
	write(`"abc" => replace /b/_/`)
	a.click(t, `[data-do="try-rules"]`)
	chrome.Wait(t, a.page, `(document.querySelector('[data-testid="faults-trial"] li')?.textContent ?? '').includes('1 record matches, 1 would change')`)
	chrome.Wait(t, a.page, `document.querySelector('[data-testid="faults-trial"] del').textContent === 'abc' && document.querySelector('[data-testid="faults-trial"] ins').textContent === 'a_c'`)
	a.click(t, `[data-testid="faults-trial"] [data-do="seek"]`)
	chrome.Wait(t, a.page, `document.querySelector('#grid .row.selected')?.textContent.includes('abc')`)
	state("2 rules active")

	write(`"stop" => hold 10m`)
	chrome.Wait(t, a.page, `document.querySelector('[data-testid="faults-trial"] li') === null`)
	a.click(t, `[data-do="apply-rules"]`)
	state("1 rule active")
	for _, s := range []string{"stop 1", "go", "stop 2", "stop 3"} {
		say(s)
	}
	hear("go")
	held(3)
	chrome.Get[bool](t, a.page, `(globalThis.before = true, location.reload(), true)`)
	chrome.Wait(t, a.page, `!globalThis.before && document.readyState === "complete"`)
	chrome.Wait(t, a.page, `document.querySelector('[data-testid="feed"]')?.dataset.state === 'live'`)
	a.click(t, `[data-do="faults"]`)
	held(3)
	a.click(t, `[data-testid="intercepted"] li:nth-child(2) [data-do="drop-frame"]`)
	held(2)
	a.click(t, `[data-testid="intercepted"] li:nth-child(2) [data-do="forward-frame"]`)
	hear("stop 3")
	held(1)
	a.click(t, `[data-do="edit-frame"]`)
	chrome.Wait(t, a.page, `document.getElementById('compose-body')?.value === 'stop 1'`)
	a.write(t, "body", "edited")
	chrome.Wait(t, a.page, `document.querySelector('[data-testid="compose-send"]')?.textContent.includes("Replace")`)
	a.click(t, `[data-do="compose-send"]`)
	hear("edited")
	a.click(t, `[data-do="faults"]`)
	held(0)
	a.click(t, `[data-do="clear-rules"]`)
	state("No rules active")
	say("stop is free")
	hear("stop is free")
}
