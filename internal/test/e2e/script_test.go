package e2e

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// TestTheScriptIsShownInThePanel proves in a real Chromium that the panel shows the script and what it has done, tries it on the capture, switches it
// off so that messages pass, and says the error of a saved file with its position.
func TestTheScriptIsShownInThePanel(t *testing.T) {
	file := filepath.Join(t.TempDir(), "upper.star")
	save := func(source string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save("def message(m):\n    if m.dir == \"out\":\n        return m.data.upper()\n")
	scripting := server.Scripting{File: file}
	if err := scripting.Open(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(scripting.Close)
	s := serve(t, "127.0.0.1:0", func(c *server.Config) { c.Script = scripting })
	p := openPanel(t, s)
	c, _, err := websocket.Dial(t.Context(), "ws://"+s.addr+"/ws/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	exchange := func(text, want string) {
		t.Helper()
		if err := c.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(t.Context()); err != nil || string(got) != want {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	}
	exchange("loud", "LOUD")
	chrome.ClickOn(t, p, `[data-do="faults"]`)
	const section = `document.querySelector('[data-testid="script"]')`
	chrome.Wait(t, p, section+`?.textContent.includes("upper.star")`)
	chrome.Wait(t, p, section+`.querySelector('[data-testid="script-counts"]').textContent.startsWith("2 calls, 1 changed, 0 dropped")`)
	chrome.ClickOn(t, p, `[data-do="try-script"]`)
	chrome.Wait(t, p, section+`.querySelector(".trial del")?.textContent === "loud" && `+section+`.querySelector(".trial ins").textContent === "LOUD"`)
	chrome.ClickOn(t, p, `[data-do="script"]`)
	chrome.Wait(t, p, section+`.querySelector('[data-do="script"]').getAttribute("aria-pressed") === "false" && `+section+`.textContent.includes("off: messages pass")`)
	exchange("quiet", "quiet")
	chrome.ClickOn(t, p, `[data-do="script"]`)
	chrome.Wait(t, p, section+`.querySelector('[data-do="script"]').getAttribute("aria-pressed") === "true"`)
	save("def message(m):\n    return nothing\n")
	chrome.Wait(t, p, section+`.querySelector('[data-testid="script-problem"]').textContent.includes("upper.star:2:12: undefined: nothing")`)
	exchange("stays", "STAYS")
	if said := p.Exceptions(); len(said) > 0 {
		t.Error(said)
	}
}
