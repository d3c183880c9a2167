package e2e

import (
	"strconv"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// sendKind chooses what to send in the console, writes it and sends it, as a hand would.
func sendKind(t *testing.T, p *chrome.Page, kind, text string) {
	t.Helper()
	before := chrome.Get[int](t, p, `Number(document.querySelector('#n-received').textContent)`)
	chrome.Get[bool](t, p, `(() => {
	  document.querySelector('#kind-`+kind+`').click();
	  const box = document.querySelector('#message');
	  box.value = `+strconv.Quote(text)+`;
	  box.dispatchEvent(new Event('input', { bubbles: true }));
	  document.querySelector('#send').click();
	  return true;
	})()`)
	chrome.Wait(t, p, `Number(document.querySelector('#n-received').textContent) === `+strconv.Itoa(before+1))
}

// TestTheConsoleSendsEachKindAndSeesItComeBack: text, JSON, a Float32Array and a Blob go out as the frames they should
// be, and come back into the log.
func TestTheConsoleSendsEachKindAndSeesItComeBack(t *testing.T) {
	built(t, "dist/tether.wasm")
	s := serve(t, "127.0.0.1:0")
	p := chrome.Open(t, chrome.New(t), s.url+"/")
	chrome.Wait(t, p, `document.querySelector('#state').dataset.state === 'open'`)
	sendKind(t, p, "text", "grüße")
	sendKind(t, p, "json", `{"price": 101.5}`)
	sendKind(t, p, "floats", "1, 0.5, -2")
	sendKind(t, p, "blob", "blob")
	chrome.ClickOn(t, p, `#close`)

	c := s.ended(t, "/ws/echo")
	want := []struct {
		op   frame.Opcode
		body string
	}{
		{frame.Text, "grüße"},
		{frame.Text, `{"price": 101.5}`},
		{frame.Binary, "\x00\x00\x80\x3f\x00\x00\x00\x3f\x00\x00\x00\xc0"},
		{frame.Binary, "blob"},
	}
	for _, dir := range []record.Dir{record.Out, record.In} {
		got := finals(c.frames(dir))
		if len(got) != len(want) {
			t.Fatalf("%s: %d messages, want %d", dir, len(got), len(want))
		}
		for i, w := range want {
			if r := got[i]; r.Header.Opcode != w.op || string(r.Bytes()) != w.body {
				t.Errorf("%s %d: %s %q, want %s %q", dir, i, r.Header.Opcode, r.Bytes(), w.op, w.body)
			}
		}
	}
	if bad := p.Exceptions(); len(bad) > 0 {
		t.Errorf("the page threw: %v", bad)
	}
}

// TestTheConsoleComesBackWhenTheServerDoes: when the server stops, the page shows that it waits and counts attempts; what
// is sent meanwhile is queued; when the server starts again, the page is open again and the queue has gone out.
func TestTheConsoleComesBackWhenTheServerDoes(t *testing.T) {
	built(t, "dist/tether.wasm")
	s := serve(t, "127.0.0.1:0")
	p := chrome.Open(t, chrome.New(t), s.url+"/")
	chrome.Wait(t, p, `document.querySelector('#state').dataset.state === 'open'`)
	// Reconnecting is the engine's doing: after it the engine is known to be there. (wasm/module tests the time before.)
	chrome.ClickOn(t, p, `#reconnect`)
	chrome.Wait(t, p, `document.querySelector('#n-opened').textContent === '2' && document.querySelector('#state').dataset.state === 'open'`)
	s.stop()
	chrome.Wait(t, p, `document.querySelector('#state').dataset.state !== 'open' && Number(document.querySelector('#n-attempts').textContent) >= 4`)
	chrome.Get[bool](t, p, `(() => { document.querySelector('#message').value = 'while away'; document.querySelector('#send').click(); return true; })()`)
	chrome.Wait(t, p, `document.querySelector('#n-queued').textContent === '1'`)

	again := serve(t, s.addr)
	// It would end an attempt that has just succeeded: only a wait is cut short.
	chrome.Get[bool](t, p, `(document.querySelector('#state').dataset.state === 'waiting' && document.querySelector('#reconnect').click(), true)`)
	chrome.Wait(t, p, `document.querySelector('#state').dataset.state === 'open' && document.querySelector('#n-queued').textContent === '0'`)
	chrome.Wait(t, p, `document.querySelector('#log').textContent.includes('while away') && Number(document.querySelector('#n-received').textContent) === 1`)
	chrome.ClickOn(t, p, `#close`)
	if got := finals(again.ended(t, "/ws/echo").frames(record.Out)); len(got) != 1 || string(got[0].Bytes()) != "while away" {
		t.Errorf("the new server got %d messages", len(got))
	}
}
