package e2e

import (
	"strconv"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// markup is the corpus of texts that must stay texts.
func markup() []string { return chrome.Markup("hacked()") }

// watchForHarm makes the page remember what must never happen: a call of hacked, a dialog, a broken security policy.
const watchForHarm = `(() => {
  globalThis.harm = [];
  globalThis.hacked = () => harm.push('script ran');
  for (const name of ['alert', 'confirm', 'prompt']) globalThis[name] = () => harm.push(name);
  addEventListener('securitypolicyviolation', (e) => harm.push('policy: ' + e.violatedDirective + ' ' + e.blockedURI));
  return true;
})()`

// foreign counts elements that the page itself never makes.
const foreign = `document.querySelectorAll('img:not(.mark):not(.logo), svg, iframe, details, math, template, body style, body meta, a[href^="javascript"]').length`

// TestMarkupStaysText: 60 payloads, as text, as binary, as close reason, in the URL and in header fields, shown in every
// place of the panel and of the console: nothing runs, no element appears, no policy is broken.
func TestMarkupStaysText(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	p := openPanel(t, s)
	chrome.Get[bool](t, p, watchForHarm)
	before := chrome.Get[int](t, p, foreign)
	evil := dial(t, s.addr, "/ws/echo?q=%22%3E%3Cimg%20src=x%20onerror=hacked()%3E", "x-<img src=x onerror=hacked()>", 3)
	for i, payload := range markup() {
		evil.message(frame.Text, []byte(payload))
		evil.message(frame.Binary, []byte(payload))
		evil.wait(i+1, frame.Binary)
	}
	evil.close(4000, `</div><img src=x onerror=hacked()>`)
	evil.waitEnd()
	shows(t, p, len(evil.sent)+len(evil.received))

	// Walk over the rows and every tab of the detail, so that each payload is shown in each form.
	chrome.Get[bool](t, p, `(document.querySelector('#grid').focus(), true)`)
	chrome.Wait(t, p, `document.querySelector('#grid').textContent.includes('hacked()')`) // it is painted after it is counted
	rows := chrome.Get[int](t, p, `document.querySelectorAll('#grid .row').length`)
	for i := range min(rows, 40) {
		press(t, p, "k")
		press(t, p, strconv.Itoa(i%5+1))
	}
	press(t, p, "1")
	chrome.Wait(t, p, `document.querySelector('[data-testid="detail"]').textContent.includes('hacked()')`)
	harmless(t, p, before)
	for _, tab := range []string{"1", "2", "3", "4", "5"} {
		press(t, p, tab)
		harmless(t, p, before)
	}
}

// TestMarkupStaysTextInTheConsole: what the server sends back appears in the log as text.
func TestMarkupStaysTextInTheConsole(t *testing.T) {
	built(t, "dist/tether.wasm")
	s := serve(t, "127.0.0.1:0")
	p := chrome.Open(t, chrome.New(t), s.url+"/")
	chrome.Wait(t, p, `document.querySelector('#state').dataset.state === 'open'`)
	chrome.Get[bool](t, p, watchForHarm)
	before := chrome.Get[int](t, p, foreign)
	for _, payload := range markup()[:24] {
		sendKind(t, p, "text", payload)
	}
	sendKind(t, p, "blob", markup()[1])
	if text := chrome.Get[string](t, p, `document.querySelector('#log').textContent`); !strings.Contains(text, "<script>hacked()</script>") {
		t.Error("the log does not show the payload as text")
	}
	harmless(t, p, before)
}

func press(t *testing.T, p *chrome.Page, key string) {
	t.Helper()
	if err := p.Press(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

func harmless(t *testing.T, p *chrome.Page, before int) {
	t.Helper()
	if harm := chrome.Get[[]string](t, p, `harm`); len(harm) > 0 {
		t.Fatalf("harm was done: %v", harm)
	}
	if n := chrome.Get[int](t, p, foreign); n != before {
		t.Fatalf("%d elements appeared that the page does not make", n-before)
	}
}
