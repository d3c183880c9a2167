package e2e

import (
	"strconv"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// requestsBox is a JavaScript expression that writes a text into a box of the requests.
func requestsBox(name, text string) string {
	return `(b => { b.value = ` + strconv.Quote(text) + `; b.dispatchEvent(new Event("input", { bubbles: true })); })(document.getElementById("requests-` + name + `"))`
}

// TestRequestsAreRunInThePanel proves in a real Chromium that requests are written, checked and run in the panel: a variable is asked for, each step
// has its outcome, a failed one its reason and place, a click on one leads to its row, a field of the handshake is nowhere on the screen; that a run can be stopped,
// that the text is there again under its name after a reload, and that a browser that stores nothing is named.
func TestRequestsAreRunInThePanel(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	p := openPanel(t, s)
	if err := p.SetViewport(t.Context(), 1600, 1000); err != nil {
		t.Fatal(err)
	}
	text := `[[request]]
name = "echo"
url = "` + "ws://" + s.addr + `/ws/echo"
header = ["X-Key: {{key}}"]
[[request.step]]
send = "first step"
[[request.step]]
expect = '"first step"'
[[request]]
name = "fails"
url = "` + "ws://" + s.addr + `/ws/echo"
within = "300ms"
[[request.step]]
send = "one"
[[request.step]]
expect = '"two"'
[[request.step]]
send = "three"
`
	open := func() {
		t.Helper()
		if err := p.Press(t.Context(), "Q"); err != nil {
			t.Fatal(err)
		}
		chrome.Wait(t, p, `document.activeElement?.id === "requests-text"`)
	}
	open()
	chrome.Get[any](t, p, requestsBox("text", text))
	chrome.Get[any](t, p, requestsBox("name", "two echoes"))
	chrome.ClickOn(t, p, `[data-testid="requests-check"]`)
	chrome.Wait(t, p, `document.getElementById("requests-var-key") !== null && document.querySelectorAll('[data-testid="requests-outline"] li').length === 2`)
	chrome.Get[any](t, p, requestsBox("var-key", "s3cret-value"))
	chrome.ClickOn(t, p, `[data-do="keep-requests"]`)
	chrome.Wait(t, p, `document.querySelector('[data-testid="requests-kept"]').textContent.includes("two echoes")`)
	chrome.ClickOn(t, p, `[data-testid="requests-run"]`)
	chrome.Wait(t, p, `document.querySelector('[data-testid="requests-state"]').textContent === "1 passed, 1 failed"`)
	const steps = `[...document.querySelectorAll('[data-testid="requests-steps"] .step')]`
	if got := chrome.Get[string](t, p, steps+`.map(s => s.classList[1].slice(3)).join(" ")`); got != "passed passed passed passed passed failed skipped" {
		t.Errorf("the steps are %s", got)
	}
	if got := chrome.Get[string](t, p, steps+`[5].innerText`); !strings.Contains(got, "16:1") || !strings.Contains(got, "does not match: one") {
		t.Errorf("the failed step says %q", got)
	}
	if chrome.Get[bool](t, p, `document.body.innerText.includes("s3cret-value")`) {
		t.Error("the field is shown")
	}
	chrome.Get[any](t, p, `void `+steps+`[2].querySelector("button").click()`)
	const shown = `[...document.querySelectorAll("#grid .row:not([hidden]) .c-preview")].map(c => c.textContent).join()`
	chrome.Wait(t, p, `/^conn:\d+ dir:in msg:1$/.test(document.getElementById("filter").value) && `+shown+` === "first step"`)

	if err := p.Navigate(t.Context(), s.url+"/panel/?again"); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, `document.querySelector('[data-testid="feed"]')?.dataset.state === 'live'`)
	open()
	chrome.ClickOn(t, p, `[data-do="use-requests"]`)
	chrome.Wait(t, p, `document.getElementById("requests-text").value.includes("first step") && document.getElementById("requests-name").value === "two echoes" && document.activeElement.id === "requests-text"`)
	chrome.Get[any](t, p, requestsBox("text", "[[request]]\nname = 'slow'\nurl = 'ws://"+s.addr+"/ws/echo'\n[[request.step]]\nwait = '\"never\"'\nwithin = '10m'\n"))
	if err := p.Press(t.Context(), "ctrl+Enter"); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, steps+`.length === 1`)
	chrome.ClickOn(t, p, `[data-testid="requests-stop"]`)
	chrome.Wait(t, p, `document.querySelector('[data-testid="requests-state"]').textContent === "stopped"`)
	chrome.Get[any](t, p, requestsBox("text", "[[request]]\nurl = 3"))
	chrome.ClickOn(t, p, `[data-testid="requests-check"]`)
	chrome.Wait(t, p, `document.querySelector('[data-testid="requests-problem"]').textContent.startsWith("requests:2:")`)
	chrome.Get[any](t, p, `void (Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); })`)
	chrome.ClickOn(t, p, `[data-do="keep-requests"]`)
	chrome.Wait(t, p, `document.querySelector('[data-testid="requests-problem"]').textContent.startsWith("Not kept: this browser did not store it")`)
	if said := p.Exceptions(); len(said) > 0 {
		t.Error(said)
	}
}
