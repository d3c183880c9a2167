//go:build !js

// These tests prove with axe-core, in a real Chromium, that the panel is accessible: names, roles,
// contrast in light and dark, reachable scrollers, in every region and at narrow widths.
package panel_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// axe returns the source of axe-core, which npm brings at the version and the checksum of testdata/axe.
func axe(t *testing.T) string {
	t.Helper()
	const path = "testdata/axe/node_modules/axe-core/axe.min.js"
	if _, err := os.Stat(path); err != nil {
		out, err := exec.CommandContext(t.Context(), "npm", "ci", "--prefix", "testdata/axe", "--ignore-scripts", "--no-audit", "--no-fund").CombinedOutput()
		if err != nil && os.Getenv(chrome.RequireTools) == "" {
			t.Skipf("axe-core could not be fetched: %v\n%s", err, out)
		}
		if err != nil {
			t.Fatalf("npm ci: %v\n%s", err, out)
		}
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// finding is a rule of axe-core that the page breaks, and where.
type finding struct {
	ID, Help string
	Nodes    []string
}

const runAxe = `axe.run(document, { resultTypes: ["violations"] }).then(r => JSON.stringify(r.violations.map(v => ({
	id: v.id, help: v.help, nodes: v.nodes.slice(0, 4).map(n => n.target.join(" ") + ": " + n.failureSummary.slice(0, 300)) }))))`

func accessible(t *testing.T, p *chrome.Page, where string) {
	t.Helper()
	var list []finding
	if err := json.Unmarshal([]byte(chrome.Get[string](t, p, runAxe)), &list); err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		t.Errorf("%s: %s: %s\n\t%s", where, f.ID, f.Help, strings.Join(f.Nodes, "\n\t"))
	}
}

// everyKind is a conversation with a row of every look.
func everyKind() []record.Record {
	head := "HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	at := int64(1_767_323_045_000_000_000)
	ping := record.Record{
		Time: at, Conn: 1, Kind: record.KindFrame, Dir: record.In,
		Header: frame.Header{Fin: true, Opcode: frame.Ping, Length: 4, Size: 2}, Payload: []byte("beat"),
	}
	pong := ping
	pong.Dir, pong.Header.Opcode, pong.Time = record.Out, frame.Pong, at+1e6
	wrong := message(record.Out, "wrong")
	wrong.Violations = frame.ZeroKey
	part := message(record.In, "part")
	part.Final, part.Header.Fin, part.Header.Opcode = false, false, frame.Binary
	return []record.Record{
		{Time: at, Conn: 1, Kind: record.KindRequest, Head: []byte("GET /ws " + head + "\r\n"), Name: "/ws", Remote: "127.0.0.1:5"},
		{Time: at, Conn: 1, Kind: record.KindResponse, Head: []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")},
		message(record.Out, `{"jsonrpc":"2.0","id":1,"method":"add"}`), message(record.In, `{"jsonrpc":"2.0","id":1,"result":[1,null,"x"]}`),
		ping, pong, wrong, part,
		{Time: at, Conn: 1, Kind: record.KindBroken, Dir: record.In, Reason: "too long"},
		{Time: at, Conn: 1, Kind: record.KindClose, By: record.SideServer, Code: 1002, Reason: "no"},
		{Time: at, Conn: 1, Kind: record.KindEnd, Reason: "closed"},
	}
}

func TestThePanelIsAccessible(t *testing.T) {
	if testing.Short() {
		t.Skip("runs axe-core over many screens")
	}
	source := axe(t)
	s := newStub(t)
	p := s.watch(t)
	chrome.Get[any](t, p, source+";void 0")
	press := func(keys ...string) {
		t.Helper()
		for _, k := range keys {
			if err := p.Press(t.Context(), k); err != nil {
				t.Fatal(err)
			}
		}
		chrome.Get[any](t, p, `new Promise(r => setTimeout(r, 200)).then(() => null)`)
	}
	accessible(t, p, "waiting")
	s.seq += 5 // a gap
	s.send(everyKind()...)
	chrome.Wait(t, p, rows("type")+`.length >= 11`)
	for _, look := range []struct {
		name   string
		width  int
		dark   bool
		forced bool
	}{{"wide, light", 1440, false, false}, {"wide, dark", 1440, true, false}, {"forced colours", 1440, true, true}, {"narrow", 390, false, false}} {
		if err := p.SetForcedColors(t.Context(), look.forced); err != nil {
			t.Fatal(err)
		}
		if err := p.SetViewport(t.Context(), look.width, 900); err != nil {
			t.Fatal(err)
		}
		if err := p.SetDark(t.Context(), look.dark); err != nil {
			t.Fatal(err)
		}
		press("v")
		accessible(t, p, look.name+": rows")
		press("Home", "j", "j", "j", "m")
		for tab := range 7 {
			if look.dark && tab != 1 {
				continue // colours are the same everywhere: one tab of the dark ones is enough
			}
			press(strconv.Itoa(tab + 1))
			accessible(t, p, look.name+": tab "+strconv.Itoa(tab+1))
		}
		chrome.ClickOn(t, p, `[data-do=compose]`)
		chrome.Wait(t, p, `document.querySelector('[data-do="compose-set"][data-arg="op=0x3"]') !== null`)
		chrome.ClickOn(t, p, `[data-do="compose-set"][data-arg="op=0x3"]`)
		chrome.Wait(t, p, `document.querySelector('[data-testid="compose-problems"]:not(.off)') !== null`)
		chrome.Get[any](t, p, `void (document.querySelector("[data-testid=compose-handshake]").open = true)`)
		accessible(t, p, look.name+": composer with a warning")
		chrome.ClickOn(t, p, `.compose .shut`)
		chrome.Wait(t, p, `document.querySelector(".compose.off") !== null`)
		press("j", "d")
		accessible(t, p, look.name+": difference")
		press("C")
		accessible(t, p, look.name+": copy menu")
		press("Escape", "Escape", "s")
		accessible(t, p, look.name+": statistics")
		press("s", "R")
		accessible(t, p, look.name+": charts")
		press("R", "?")
		accessible(t, p, look.name+": help")
		press("Escape", ".")
		accessible(t, p, look.name+": columns")
		press("Escape", ",")
		accessible(t, p, look.name+": settings")
		press("Escape", "/", "ArrowDown", "ArrowDown")
		accessible(t, p, look.name+": completions")
		press("Escape")
		if err := p.Type(t.Context(), "opp:x"); err != nil {
			t.Fatal(err)
		}
		press("Escape")
		accessible(t, p, look.name+": a mistake in the filter")
		chrome.ClickOn(t, p, `[data-do=drop-text]`)
		press("Escape")
	}
}

// TestWhatIsInsideMessagesIsAccessible: lines that are chosen, pictures, descriptor sets and fragments too.
func TestWhatIsInsideMessagesIsAccessible(t *testing.T) {
	if testing.Short() {
		t.Skip("runs axe-core over several screens")
	}
	source := axe(t)
	_, p := watchSample(t)
	chrome.Get[any](t, p, source+";void 0")
	chrome.ClickOn(t, p, `[data-do=view][data-arg='1']`)
	open(t, p, 5, "Decoded")
	chrome.Get[any](t, p, `void document.querySelectorAll("[data-testid=decoded] .line")[2].click()`)
	chrome.Wait(t, p, highlightedBytes+` !== ""`)
	accessible(t, p, "a chosen line")
	for _, c := range []struct {
		seq  int
		tab  string
		what string
	}{{11, "Decoded", "a picture"}, {7, "Decoded", "Protobuf"}, {14, "Message", "fragments"}, {3, "Hex", "masked and unmasked"}} {
		open(t, p, c.seq, c.tab)
		accessible(t, p, c.what)
	}
	keys(t, p, "s")
	chrome.Wait(t, p, `document.querySelector("[data-testid=stats-conns]") !== null`)
	accessible(t, p, "statistics of connections")
}
