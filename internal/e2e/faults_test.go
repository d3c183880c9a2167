package e2e

import (
	"fmt"
	"io"
	"testing"

	"github.com/tetherscope/tetherscope/internal/chrome"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// TestFaultsAndHeldFramesInThePanel: from a real panel in Chromium, switches and a text put rules in force that bare TCP peers
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
		chrome.Wait(t, a.page, fmt.Sprintf(`document.querySelectorAll('[data-testid="held"] li').length === %d`, n))
	}
	write := func(text string) {
		t.Helper()
		chrome.Wait(t, a.page, `document.getElementById('faults-text') !== null`)
		chrome.Get[bool](t, a.page, fmt.Sprintf(`(() => { const box = document.getElementById('faults-text'); box.value = %s; box.dispatchEvent(new Event('input', { bubbles: true })); return true; })()`, quote(text)))
	}
	a.click(t, `[data-do="faults"]`)
	state("Nothing is in force")

	write("dir:in\nlost => explode")
	a.click(t, `[data-do="faults-arm"]`)
	chrome.Wait(t, a.page, `document.querySelector('[data-testid="faults-problem"]')?.textContent.startsWith('line 1, column 1: a rule is')`)
	write("lost => drop")
	a.click(t, `[data-do="faults-arm"]`)
	state("1 rule in force")
	say("lost")
	say("found")
	hear("found")
	a.click(t, `[data-testid="faults-presets"] [data-arg="6"]`) // split in 3
	state("2 rules in force")
	say("abc")
	for _, want := range []string{"a", "b", "c"} {
		hear(want)
	}

	write(`"stop" => hold 10m`)
	a.click(t, `[data-do="faults-arm"]`)
	state("1 rule in force")
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
	a.click(t, `[data-testid="held"] li:nth-child(2) [data-do="held-discard"]`)
	held(2)
	a.click(t, `[data-testid="held"] li:nth-child(2) [data-do="held-forward"]`)
	hear("stop 3")
	held(1)
	a.click(t, `[data-do="held-edit"]`)
	chrome.Wait(t, a.page, `document.getElementById('compose-body')?.value === 'stop 1'`)
	a.write(t, "body", "edited")
	chrome.Wait(t, a.page, `document.querySelector('[data-testid="compose-send"]')?.textContent.includes('in place')`)
	a.click(t, `[data-do="compose-send"]`)
	hear("edited")
	a.click(t, `[data-do="faults"]`)
	held(0)
	a.click(t, `[data-do="faults-off"]`)
	state("Nothing is in force")
	say("stop is free")
	hear("stop is free")
}
