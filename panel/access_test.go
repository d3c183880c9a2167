//go:build !js

// These tests prove with axe-core, in a real Chromium, that the panel is accessible: names, roles,
// contrast in light and dark, reachable scrollers, in every region and at narrow widths.
package panel_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/scope/act"
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

// screen is a state of the panel to look at: the keys that lead to it from the one before, and what is true once it is drawn.
type screen struct {
	name, drawn string
	keys        []string
}

// aTab is the screen of the tab with a number.
func aTab(n int) screen {
	return screen{"tab " + strconv.Itoa(n), fmt.Sprintf(`document.querySelector('.tab[data-arg="%d"]')?.getAttribute("aria-selected") === "true"`, n-1), []string{strconv.Itoa(n)}}
}

// overlays are the screens behind the detail, each left by the keys of the next one.
var overlays = []screen{
	{"difference", `document.querySelector("[data-testid=tab-Diff]") !== null`, []string{"j", "d"}},
	{"copy menu", `document.querySelector(".detail [aria-label='Copy as'].menu:not(.off)") !== null`, []string{"C"}},
	{"statistics", `document.querySelector("[data-testid=stats]") !== null`, []string{"Escape", "Escape", "s"}},
	{"charts", `document.querySelector("[data-testid=stats]") === null && !document.getElementById("charts").classList.contains("off")`, []string{"s", "R"}},
	{"help", `document.getElementById("charts").classList.contains("off") && document.querySelector("[data-testid=help]:not(.off)") !== null`, []string{"R", "?"}},
	{"columns", `document.querySelector("[data-testid=help].off") !== null && document.querySelector(".colmenu:not([hidden])") !== null`, []string{"Escape", "."}},
	{"settings", `document.querySelector(".colmenu:not([hidden])") === null && document.querySelector("[data-testid=settings] [data-target]") !== null && [...document.querySelectorAll(".settings details")].every((d) => d.open = true)`, []string{"Escape", ","}},
	{"completions", `document.querySelector("[data-testid=settings]") === null && document.querySelector(".completion.chosen") !== null`, []string{"Escape", "/", "ArrowDown", "ArrowDown"}},
}

// look is a way to look at the panel.
type look struct {
	name   string
	width  int
	dark   bool
	forced bool
	views  int // how often the view changes before the rows are looked at: odd for frames, even for messages
}

// TestThePanelIsAccessible looks at every screen in each way, in a tab for each.
func TestThePanelIsAccessible(t *testing.T) {
	if testing.Short() {
		t.Skip("runs axe-core over many screens")
	}
	source := axe(t)
	for _, l := range []look{
		{"wide, light", 1440, false, false, 1}, {"wide, dark", 1440, true, false, 2}, {"forced colours", 1440, true, true, 1}, {"narrow", 390, false, false, 2},
	} {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			lookAt(t, l, source)
		})
	}
}

func lookAt(t *testing.T, l look, source string) {
	s := newStub(t)
	s.extra.HandleFunc("GET /api/targets", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(act.Targets{Targets: []act.Target{{
			Name: "shop", URL: "wss://example.com/a/long/path/of/the/socket", Listener: "ws://shop.localhost:7571/a/long/path/of/the/socket", Address: "ws://127.0.0.1:7571",
			Port: 7571, Insecure: true, CA: true, Added: true, Open: 3, Problem: "connection refused: start that server", Flags: "-target shop=wss://example.com",
		}}})
	})
	requestsServed(s)
	p := s.watch(t)
	chrome.Get[any](t, p, source+";void 0")
	if err := errors.Join(p.SetForcedColors(t.Context(), l.forced), p.SetViewport(t.Context(), l.width, 900), p.SetDark(t.Context(), l.dark)); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, fmt.Sprintf(`innerWidth === %d`, l.width))
	if !l.forced { // there the text of the accented button is white, but -webkit-text-fill-color, which axe takes for its colour, is not forced
		accessible(t, p, "waiting")
	}
	s.seq += 5 // a gap
	s.send(everyKind()...)
	chrome.Wait(t, p, `document.querySelector("[data-counter=frames] .value").textContent === "6"`)
	show := func(list ...screen) {
		t.Helper()
		for _, screen := range list {
			keys(t, p, screen.keys...)
			chrome.Wait(t, p, screen.drawn)
			accessible(t, p, screen.name)
		}
	}
	for i := range l.views {
		show(screen{"rows", fmt.Sprintf(`document.querySelector("[data-do=view][data-arg='1']").getAttribute("aria-pressed") === "%t"`, i%2 == 0), []string{"v"}})
	}
	keys(t, p, "Home", "j", "j", "j", "m")
	chrome.Wait(t, p, `document.querySelector(".row.selected") !== null && !document.querySelector(".panel").classList.contains("idle")`)
	for tab := range 7 {
		if l.dark && tab != 1 {
			continue // colours are the same everywhere: one tab of the dark ones is enough
		}
		show(aTab(tab + 1))
	}
	chrome.ClickOn(t, p, `[data-do=compose]`)
	chrome.Wait(t, p, `document.querySelector('[data-do="compose-set"][data-arg="op=0x3"]') !== null`)
	chrome.ClickOn(t, p, `[data-do="compose-set"][data-arg="op=0x3"]`)
	chrome.Wait(t, p, `document.querySelector('[data-testid="compose-problems"]:not(.off)') !== null`)
	chrome.Get[any](t, p, `void (document.querySelector("[data-testid=compose-handshake]").open = true)`)
	accessible(t, p, "composer with a warning")
	chrome.ClickOn(t, p, `.compose .shut`)
	chrome.Wait(t, p, `document.querySelector(".compose.off") !== null`)
	requestsAreAccessible(t, p, l.forced)
	show(overlays...)
	keys(t, p, "Escape")
	write(t, p, "opp:x")
	show(screen{"a mistake in the filter", `document.querySelector("[data-testid=problem]") !== null`, []string{"Escape"}})
}

// requestsServed answers a check of requests and a run of them: a variable, and steps of every outcome.
func requestsServed(s *stub) {
	s.extra.HandleFunc("POST /api/requests/check", func(w http.ResponseWriter, r *http.Request) {
		var in act.Requests
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Vars) == 0 {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(act.Failure{Field: "vars.user", Text: "no variable is called user"})
			return
		}
		_ = json.NewEncoder(w).Encode(act.RequestsChecked{Requests: []act.RequestOutline{{Name: "log in", URL: "ws://h", Line: 1, Steps: 2}}})
	})
	s.extra.HandleFunc("POST /api/requests/run", func(w http.ResponseWriter, _ *http.Request) {
		for i, outcome := range []string{act.StepPassed, act.StepFailed, act.StepSkipped} {
			step := act.StepResult{Request: "log in", Step: i, Line: i + 3, Column: 1, Kind: "wait", Text: "$.type=welcome", Outcome: outcome, Millis: 1.5, Conn: 1, Dir: "in", Message: 1}
			if outcome == act.StepFailed {
				step.Problem = "no message matched within 5s"
			}
			_ = json.NewEncoder(w).Encode(act.RequestsLine{Step: &step})
		}
		_ = json.NewEncoder(w).Encode(act.RequestsLine{End: &act.RequestsEnd{Failed: 1}})
	})
}

// requestsAreAccessible looks at the requests with a variable, what there is, something kept, and results.
func requestsAreAccessible(t *testing.T, p *chrome.Page, forced bool) {
	t.Helper()
	keys(t, p, "Q")
	chrome.Wait(t, p, `document.activeElement?.id === "requests-text"`)
	write(t, p, "x")
	chrome.Get[any](t, p, `(b => { b.value = "log in"; b.dispatchEvent(new Event("input", { bubbles: true })); })(document.getElementById("requests-name"))`)
	chrome.ClickOn(t, p, `[data-testid=requests-check]`)
	chrome.Wait(t, p, `document.getElementById("requests-var-user") !== null && document.querySelector("[data-testid=requests-outline] li") !== null`)
	chrome.ClickOn(t, p, `[data-do=keep-requests]`)
	chrome.Wait(t, p, `document.querySelector("[data-do=use-requests]") !== null`)
	chrome.ClickOn(t, p, `[data-testid=requests-run]`)
	chrome.Wait(t, p, `document.querySelector("[data-testid=requests-state]").textContent === "0 passed, 1 failed"`)
	if !forced { // the accented button, as above
		accessible(t, p, "requests with results")
	}
	chrome.ClickOn(t, p, `.requests .shut`)
	chrome.Wait(t, p, `document.querySelector(".requests.off") !== null`)
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
