//go:build !js

// This test proves in a real Chromium that nothing of what a peer or a person writes becomes more than text, in whatever
// place of the panel it is shown.
package panel_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// packed is a text as MessagePack.
func packed(s string) string { return string([]byte{0xDA, byte(len(s) >> 8), byte(len(s))}) + s }

// hostile is a connection on which everything that a peer may choose is the payload; perConn is how many records it has.
const perConn = 9

func hostileConn(conn uint32, payload string) []record.Record {
	json := func(key, value string) record.Record {
		return message(record.In, `{`+quoteJSON(key)+`:`+quoteJSON(value)+`,"type":`+quoteJSON(payload)+`}`)
	}
	ping := message(record.In, payload[:min(len(payload), 125)])
	ping.Header.Opcode, ping.Final, ping.Message, ping.Frames = frame.Ping, false, 0, 0
	list := []record.Record{
		{Kind: record.KindRequest, Name: payload, Remote: payload, Head: []byte("GET /" + strings.ReplaceAll(payload, " ", "") + " HTTP/1.1\r\nHost: h\r\nX-Evil: " + payload + "\r\nUpgrade: websocket\r\n\r\n")},
		{Kind: record.KindResponse, Head: []byte("HTTP/1.1 101 " + payload + "\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: " + payload + "\r\n\r\n")},
		message(record.Out, payload),
		json(payload, payload),
		binary(record.In, []byte("\x81"+packed(payload)+packed(payload))),
		ping,
		{Kind: record.KindBroken, Dir: record.In, Reason: payload},
		{Kind: record.KindClose, By: record.SideServer, Code: 4000, Reason: payload},
		{Kind: record.KindEnd, Reason: payload},
	}
	for i := range list {
		list[i].Conn = conn
		list[i].Time = 1_767_323_045_000_000_000 + int64(conn)*1e6
	}
	return list
}

// quoteJSON writes a text in JSON and leaves its angle brackets as they are.
func quoteJSON(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

const watchHarm = `void (globalThis.harm = [], globalThis.hacked = n => harm.push("script " + n),
	["alert", "confirm", "prompt"].forEach(n => { globalThis[n] = () => harm.push(n) }))`

// made counts elements that the panel never makes. It draws one image of its own, the logo.
const made = `document.querySelectorAll("body svg, body iframe, body math, body template, body style, body meta, body script, .panel a[href^=javascript], .panel img:not([src='/icon.svg'])").length`

// TestSixtyPayloadsStayTextInEveryPlace shows 60 texts as payload, name and value, as header, path, subprotocol, address, status text and
// reason, as ping, decoded, compared, counted, as note, filter, saved filter, path of a pair and name of a file: in two tabs, every other text in each.
func TestSixtyPayloadsStayTextInEveryPlace(t *testing.T) {
	if testing.Short() {
		t.Skip("looks at some six hundred screens")
	}
	for part := range 2 {
		t.Run(fmt.Sprint("part ", part+1), func(t *testing.T) {
			t.Parallel()
			payloadsStayText(t, part)
		})
	}
}

// payloadsStayText shows every other payload, from one on.
func payloadsStayText(t *testing.T, from int) {
	s := newStub(t)
	p := s.watch(t)
	if err := p.SetViewport(t.Context(), 1900, 1000); err != nil {
		t.Fatal(err)
	}
	chrome.Get[any](t, p, watchHarm)
	var payloads []string
	for i := from; i < len(chrome.Markup("")); i += 2 {
		payloads = append(payloads, chrome.Markup(fmt.Sprintf("hacked(%d)", i))[i])
	}
	for i, payload := range payloads {
		s.send(hostileConn(uint32(i+1), payload)...)
	}
	chrome.Wait(t, p, fmt.Sprintf(`document.querySelector("[data-counter=shown] .value").textContent === "%d"`, perConn*len(payloads)))
	chrome.Get[any](t, p, walk)
	for i, payload := range payloads {
		// Which record in which tab must show the payload.
		var missed []string
		if err := p.Eval(t.Context(), fmt.Sprintf(`walk(%d, "hacked(%d)", %s)`, 1+perConn*i, from+2*i, quote(payload)), &missed); err != nil {
			t.Fatal(err)
		}
		if len(missed) > 0 {
			t.Errorf("payload %q is not to be seen in %q", payload, missed)
		}
		if harm := chrome.Get[[]string](t, p, `harm`); len(harm) > 0 {
			t.Fatalf("payload %q did harm: %q", payload, harm)
		}
		if n := chrome.Get[int](t, p, made); n > 0 {
			t.Fatalf("payload %q: %d elements appeared", payload, n)
		}
	}
	dropFile(t, p, "[data-testid=settings]:not(.off) [data-drop], body", `<img src=x onerror=hacked(0)>.txt`, []byte("nothing"))
	chrome.Get[any](t, p, `new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r))).then(() => null)`)
	if n := chrome.Get[int](t, p, made+` + harm.length + broken.length`); n > 0 {
		t.Errorf("in the end: %v %v", chrome.Get[[]string](t, p, `harm`), chrome.Get[[]string](t, p, `broken`))
	}
	if lines := p.Exceptions(); len(lines) > 0 {
		t.Errorf("exceptions: %q", lines)
	}
}

// walk looks at the records from first on, tab by tab, and at everything that a person may write; it returns the places
// where the mark is not to be seen. Every wait ends: a place that stays without the mark is one that is returned.
const walk = `void (globalThis.walk = async (first, mark, payload) => {
	const missed = [];
	// Until something changes in the document, or at most a few frames: the value of a box is no mutation.
	const changed = () => new Promise(r => {
		const done = () => { watch.disconnect(); clearTimeout(timer); r(); };
		const watch = new MutationObserver(done), timer = setTimeout(done, 50);
		watch.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
	});
	const seen = async (what, look) => {
		for (const end = Date.now() + 120_000; Date.now() < end; await changed()) if (look()) return;
		missed.push(what);
	};
	const all = () => document.querySelector(".panel").textContent;
	const detail = () => document.querySelector(".detail").textContent;
	const put = (id, kind) => { const b = document.getElementById(id); b.value = payload; b.dispatchEvent(new Event(kind, { bubbles: true })); };
	const press = (word) => document.querySelector("[data-do=" + word + "]")?.click();
	const views = [[0, "Handshake"], [1, "Handshake"], [2, "Message"], [2, "Hex"], [2, "Frame"], [3, "Message"], [3, "Decoded"], [4, "Decoded"], [5, "Message"], [6, "Close"], [7, "Close"], [8, "Close"], [3, "Diff"]];
	for (const [offset, tab] of views) {
		// The page itself writes the address a moment after each choice: ask until it arrived.
		await seen("record " + offset, () => {
			const there = document.querySelector(".about .sub")?.textContent.replace(/,/g, "").startsWith("record " + (first + offset) + " ");
			if (!there) location.hash = "#rec=" + (first + offset);
			return there;
		});
		if (tab === "Message" && offset === 2) press("mark");
		[...document.querySelectorAll(".tab")].find(b => b.textContent === tab).click();
		await seen("tab " + tab, () => document.querySelector("[data-testid=tab-" + tab + "]"));
		if (!["Hex", "Frame", "Diff", "Close"].includes(tab)) await seen(tab + " of record " + offset, () => detail().includes(mark));
		if (tab === "Close") await seen("Close", () => detail().includes(mark));
	}
	put("note", "change");
	put("filter", "input");
	await seen("filter", () => document.getElementById("filter").value === payload);
	press("saved");
	await seen("list of saved filters", () => document.querySelector("[data-testid=saved]:not(.off) [data-do=save-filter]:not(:disabled)"));
	press("save-filter");
	await seen("saved filter", () => [...document.querySelectorAll("[data-do=use-saved]")].some(b => b.textContent === payload));
	press("delete-saved"); press("drop-text");
	press("stats");
	await seen("statistics", () => document.querySelector("[data-testid=stats]"));
	press("stats");
	press("settings");
	await seen("settings", () => document.getElementById("pair-request"));
	put("pair-request", "change");
	await changed();
	press("settings");
	await seen("rows and connections", () => all().includes(mark));
	return missed;
})`
