package e2e

import (
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// TestWholePayloadsInThePanel proves in Chromium that a person raises what is kept of a payload, that the rest of a long message
// is loaded when its row is selected, without a reload, and that the filter finds what stands at its end.
func TestWholePayloadsInThePanel(t *testing.T) {
	s := serve(t, "127.0.0.1:0", func(c *server.Config) { c.MaxMessage, c.RingSize = 8<<20, 64<<20 })
	p := openPanel(t, s)
	chrome.ClickOn(t, p, `[data-do="settings"]`)
	chrome.Wait(t, p, `document.querySelector("#snap")?.value === "1048576"`)
	chrome.Get[any](t, p, `void (() => { const box = document.querySelector("#snap"); box.value = String(4 << 20); box.dispatchEvent(new Event("change", { bubbles: true })); })()`)
	chrome.Wait(t, p, `(async () => (await (await fetch("/api/snap", { headers: { "X-Tetherscope-Token": await tetherscopePage.token() } })).json()).bytes === 4 << 20)()`)
	chrome.ClickOn(t, p, `[data-testid="settings"] .shut`)

	text := strings.Repeat("0123456789abcdef", 3<<16) + "needle"
	c := dial(t, s.addr, "/ws/echo", "", 1)
	c.message(frame.Text, []byte(text))
	c.wait(1, frame.Text)
	shows(t, p, 2)
	note := `document.querySelector('#grid .row.text .c-note')?.textContent`
	chrome.Wait(t, p, note+`.startsWith("loaded: 1.00 MiB of 3.00 MiB")`)
	chrome.ClickOn(t, p, `#grid .row.text .c-preview`)
	chrome.Wait(t, p, note+` === ""`)
	chrome.Get[any](t, p, `void (() => { const box = document.querySelector("#filter"); box.value = "needle"; box.dispatchEvent(new Event("input", { bubbles: true })); })()`)
	chrome.Wait(t, p, `document.querySelector('[data-counter="shown"] .value').textContent === "2"`)
	var lengths []int
	for _, r := range exportRows(t, p) {
		if r.Kind == "frame" && r.Text != nil {
			lengths = append(lengths, len(*r.Text))
		}
	}
	if len(lengths) != 2 || lengths[0] != len(text) || lengths[1] != len(text) {
		t.Errorf("exported messages of %v bytes, sent %d", lengths, len(text))
	}
}
