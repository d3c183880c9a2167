//go:build !js

// These tests prove in a real Chromium what a person does with rows: go to one, select several, use their menu, color them, read
// their times, and find text.
package panel_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// click clicks on a row with a modifier of DevTools: 2 is Ctrl, 8 is Shift, 0 none. It waits until the row has its place: the detail that
// opens with a selection takes room from the grid.
func click(t *testing.T, p *chrome.Page, id, modifiers int, button string) {
	t.Helper()
	row := `document.querySelector('.grid .row[data-id="` + strconv.Itoa(id) + `"]:not([hidden])')`
	chrome.Wait(t, p, `(document.querySelector(".grid .row.selected") === null) === document.querySelector(".panel").classList.contains("idle")`)
	chrome.Wait(t, p, `new Promise(done => {
		const place = () => JSON.stringify(`+row+`?.getBoundingClientRect());
		let before = place(), same = 0;
		const look = () => {
			same = place() === before ? same + 1 : 0;
			before = place();
			if (same > 3) return done(true);
			requestAnimationFrame(look);
		};
		look();
	})`)
	box := chrome.Get[struct{ X, Y float64 }](t, p, `(b => ({ X: b.left + 120, Y: b.top + 10 }))(`+row+`.getBoundingClientRect())`)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		if err := p.Call(t.Context(), "Input.dispatchMouseEvent", map[string]any{"type": kind, "x": box.X, "y": box.Y, "button": button, "clickCount": 1, "modifiers": modifiers}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// pressWith presses a key with a modifier of DevTools.
func pressWith(t *testing.T, p *chrome.Page, key, code string, modifiers int) {
	t.Helper()
	number := map[string]int{"f": 70, "ArrowDown": 40, "ArrowRight": 39, "F10": 121}[key]
	for _, kind := range []string{"rawKeyDown", "keyUp"} {
		if err := p.Call(t.Context(), "Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "code": code, "modifiers": modifiers, "windowsVirtualKeyCode": number}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

const selectedCount = `document.querySelectorAll('.grid .row:not([hidden])[aria-selected=true]').length`

func TestSeveralRowsAndTheirMenu(t *testing.T) {
	_, p := watchSample(t)
	chrome.Get[any](t, p, `void (window.copied = [], navigator.clipboard.writeText = async text => void copied.push(text))`)
	click(t, p, 2, 0, "left")
	chrome.Wait(t, p, selectedCount+` === 1`)
	click(t, p, 4, 8, "left")
	chrome.Wait(t, p, selectedCount+` === 3`)
	click(t, p, 6, 2, "left")
	chrome.Wait(t, p, selectedCount+` === 4`)
	chrome.Wait(t, p, `document.querySelector("[data-counter=selected] .value").textContent === "4"`)
	pressWith(t, p, "ArrowDown", "ArrowDown", 8)
	click(t, p, 2, 0, "left")
	chrome.Wait(t, p, selectedCount+` === 1`)
	chrome.Get[any](t, p, `document.getElementById("grid").focus()`)
	pressWith(t, p, "ArrowDown", "ArrowDown", 8)
	chrome.Wait(t, p, selectedCount+` === 2`)
	// The menu of a row that is selected is about all that are.
	click(t, p, 3, 0, "right")
	chrome.Wait(t, p, `document.activeElement?.textContent === "Copyc"`)
	if n := chrome.Get[int](t, p, selectedCount); n != 2 {
		t.Errorf("with the menu open %d rows are selected", n)
	}
	keys(t, p, "Enter")
	chrome.Wait(t, p, `copied.length === 1 && copied[0].split("\n").length === 2 && copied[0].includes("orders.list") && copied[0].includes("apple")`)
	chrome.Wait(t, p, `document.querySelector("[data-testid=rowmenu]").classList.contains("off")`)
	// By the keyboard it opens below the selected row, arrows move in it, and Escape leads back to the grid.
	chrome.Get[any](t, p, `document.getElementById("grid").focus()`)
	chrome.Get[any](t, p, `void document.getElementById("grid").dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true }))`)
	chrome.Wait(t, p, `document.activeElement?.getAttribute("role") === "menuitem"`)
	keys(t, p, "ArrowDown", "ArrowDown")
	chrome.Wait(t, p, `document.activeElement.textContent === "Markm"`)
	keys(t, p, "Enter")
	chrome.Wait(t, p, `document.querySelectorAll(".grid .row.marked:not([hidden])").length === 2`)
	click(t, p, 5, 0, "right")
	chrome.Wait(t, p, `document.activeElement?.getAttribute("role") === "menuitem"`)
	chrome.Wait(t, p, selectedCount+` === 1`)
	keys(t, p, "Escape")
	chrome.Wait(t, p, `document.activeElement.id === "grid" && document.querySelector("[data-testid=rowmenu]").classList.contains("off")`)
	click(t, p, 5, 0, "right")
	chrome.Wait(t, p, `document.activeElement?.getAttribute("role") === "menuitem"`)
	click(t, p, 3, 0, "left")
	chrome.Wait(t, p, `document.querySelector("[data-testid=rowmenu]").classList.contains("off")`)
}

// TestTheHeadSorts: by a click and by the keyboard; head and status bar say it, and the pill leads back to live.
func TestTheHeadSorts(t *testing.T) {
	_, p := watchSample(t)
	const mode = `document.querySelector("[data-testid=mode]").textContent`
	sorted := func(column, order string) string {
		return `document.querySelector(".grid .head .c-` + column + `").getAttribute("aria-sort") === "` + order + `"`
	}
	chrome.ClickOn(t, p, `.grid .head .c-length`)
	chrome.Wait(t, p, sorted("length", "ascending")+` && `+mode+` === "Frozen, sorted by length ↑"`)
	chrome.ClickOn(t, p, `.grid .head .c-length`)
	chrome.Wait(t, p, sorted("length", "descending")+` && `+mode+` === "Frozen, sorted by length ↓"`)
	chrome.ClickOn(t, p, `[data-testid=pill]`)
	chrome.Wait(t, p, sorted("length", "none")+` && `+mode+` === "Auto-scroll on"`)
	chrome.Get[any](t, p, `document.querySelector(".grid .head [tabindex='0']").focus()`)
	keys(t, p, "Home", "ArrowRight", "Enter")
	chrome.Wait(t, p, sorted("time", "ascending")+` && document.activeElement.dataset.column === "time"`)
}

// TestLadderAndConversationAreDrawn: rows are arrows with brackets, or stand left and right, and a list again.
func TestLadderAndConversationAreDrawn(t *testing.T) {
	source := axe(t)
	_, p := watchSample(t)
	chrome.Get[any](t, p, source+";void 0")
	keys(t, p, "Home", "l")
	chrome.Wait(t, p, heads+`.join() === "time,delta,conn,dir,rung,pairs,note"`)
	chrome.Wait(t, p, `[...document.querySelectorAll(".grid .row.rung-cs:not([hidden]) .c-rung")].some(e => getComputedStyle(e, "::after").content.includes("▶"))`)
	chrome.Wait(t, p, rows("pairs")+`.join("").includes("╮")`)
	keys(t, p, "L")
	chrome.Wait(t, p, `document.getElementById("grid").dataset.layout === "conversation"`)
	side := func(dir, edge string) string {
		return `(e => Math.round(Math.abs(e.getBoundingClientRect().` + edge + ` - document.querySelector(".grid .head .c-rung").getBoundingClientRect().` + edge + `)) <= 1)(document.querySelector(".grid .row.` + dir + `:not([hidden], .control) .c-rung"))`
	}
	chrome.Wait(t, p, side("out", "right")+` && `+side("in", "left"))
	for _, layout := range []string{"L", "l"} { // from the conversation to the list, and to the ladder
		accessible(t, p, "the layout before "+layout)
		keys(t, p, layout)
	}
	if err := p.SetDark(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	accessible(t, p, "the ladder, dark")
	keys(t, p, "l")
	chrome.Wait(t, p, heads+`.includes("preview") && !`+heads+`.includes("rung")`)
}

func TestTimesAndPlaces(t *testing.T) {
	_, p := watchSample(t)
	keys(t, p, "Home", "T")
	chrome.Wait(t, p, `/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/.test(`+rows("time")+`[0])`)
	chrome.Wait(t, p, `(e => e.scrollWidth <= e.clientWidth)(document.querySelector(".grid .row:not([hidden]) .c-time"))`)
	keys(t, p, "T")
	chrome.Wait(t, p, rows("time")+`[0] === "+0.000000"`)
	keys(t, p, "T", "j", "j")
	chrome.Wait(t, p, rows("time")+`[2] === "+0.000000" && `+rows("time")+`[0].startsWith("−0.0")`)
	keys(t, p, "g")
	chrome.Wait(t, p, `document.activeElement.id === "goto"`)
	write(t, p, "nowhere")
	keys(t, p, "Enter")
	chrome.Wait(t, p, `document.querySelector(".status .note").textContent.includes("a row is its number")`)
	keys(t, p, "Escape", "g")
	chrome.Wait(t, p, `document.activeElement.id === "goto" && document.activeElement.value === ""`)
	write(t, p, "5")
	keys(t, p, "Enter")
	chrome.Wait(t, p, `document.querySelector(".row.selected .c-row").textContent === "5"`)
	chrome.Wait(t, p, `document.querySelector("[data-testid=goto]").classList.contains("off")`)
}

func TestTheFilterStandsInTheAddress(t *testing.T) {
	s, p := watchSample(t)
	keys(t, p, "Home", "/")
	write(t, p, "op:text & ü")
	chrome.Wait(t, p, `location.hash.startsWith("#rec=1")`)
	chrome.ClickOn(t, p, `[data-do=drop-text]`)
	chrome.Wait(t, p, boxText+` === ""`)
	chrome.Get[any](t, p, `document.getElementById("filter").focus()`)
	write(t, p, "op:ping")
	chrome.Wait(t, p, `location.hash === "#rec=1&q=op%3Aping"`)
	if err := p.Navigate(t.Context(), s.URL+"/panel/?again#q=op%3Apong"); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, `document.querySelector("#filter")?.value === "op:pong"`)
}

// TestALinkIsFollowedWhileTheAddressIsWritten: the selection that is written a moment later does not take the place of a link that
// was followed before.
func TestALinkIsFollowedWhileTheAddressIsWritten(t *testing.T) {
	_, p := watchSample(t)
	keys(t, p, "Home")
	chrome.Wait(t, p, `location.hash === "#rec=1"`)
	chrome.Get[any](t, p, `void (navigator.clipboard.writeText = async () => {}, location.hash = "#rec=5", tetherscopePage.copyLink())`)
	chrome.Wait(t, p, `document.querySelector(".about .sub")?.textContent.startsWith("record 5 ")`)
}

func TestFindIsOfAllRows(t *testing.T) {
	_, p := watchSample(t)
	pressWith(t, p, "f", "KeyF", 2)
	chrome.Wait(t, p, `document.activeElement.id === "filter" && document.querySelector("[data-do=find]").getAttribute("aria-pressed") === "true"`)
	write(t, p, "orders.list")
	chrome.Wait(t, p, `document.querySelectorAll(".grid .row.hit:not([hidden])").length === 1`)
}

func TestASavedFilterColorsRows(t *testing.T) {
	s, p := watchSample(t)
	keys(t, p, "/")
	write(t, p, "op:ping")
	chrome.Wait(t, p, shownCount+` === "1"`)
	chrome.ClickOn(t, p, `[data-do=saved]`)
	chrome.Wait(t, p, `document.querySelector("[data-testid=saved]:not(.off) [data-do=save-filter]")?.disabled === false`)
	chrome.Get[any](t, p, `document.getElementById("filter-name").focus()`)
	write(t, p, "beats")
	chrome.ClickOn(t, p, `[data-do=save-filter]`)
	chrome.Wait(t, p, `document.querySelector("[data-do=use-saved] .name")?.textContent === "beats"`)
	chrome.Get[any](t, p, `(b => { b.value = "blue"; b.dispatchEvent(new Event("change", { bubbles: true })); })(document.querySelector("[name=color-0]"))`)
	chrome.Wait(t, p, `document.querySelectorAll(".grid .row.color-blue:not([hidden])").length === 1`)
	chrome.ClickOn(t, p, `[data-do=drop-text]`)
	chrome.Wait(t, p, `document.querySelectorAll(".grid .row:not([hidden])").length > 5 && document.querySelectorAll(".grid .row.color-blue:not([hidden])").length === 1`)
	if chrome.Get[string](t, p, `getComputedStyle(document.querySelector(".grid .row.color-blue")).backgroundColor`) == "rgba(0, 0, 0, 0)" {
		t.Error("the row has no background")
	}
	if err := p.Navigate(t.Context(), s.URL+"/panel/?again"); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, `document.querySelector('[data-testid=feed]')?.dataset.state === "live"`)
	chrome.ClickOn(t, p, `[data-do=saved]`)
	chrome.Wait(t, p, `document.querySelector("[name=color-0]")?.value === "blue"`)
}

func TestTheTheme(t *testing.T) {
	s, p := watchSample(t)
	const paper = `getComputedStyle(document.body).backgroundColor`
	light := chrome.Get[string](t, p, paper)
	keys(t, p, ",")
	chrome.Wait(t, p, `document.getElementById("theme") !== null`)
	chrome.Get[any](t, p, `(b => { b.value = "dark"; b.dispatchEvent(new Event("change", { bubbles: true })); })(document.getElementById("theme"))`)
	chrome.Wait(t, p, paper+` !== `+quote(light))
	dark := chrome.Get[string](t, p, paper)
	if err := p.Navigate(t.Context(), s.URL+"/panel/?again"); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, paper+` === `+quote(dark))
}

// TestConnectToIsRefusedWithTheReason: a URL that is none, fields for a path, and what the server refuses.
func TestConnectToIsRefusedWithTheReason(t *testing.T) {
	s, p := watchSample(t)
	s.extra.HandleFunc("POST /api/dial", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"field":"url","text":"has a port that is not between 1 and 65535"}`))
	})
	chrome.ClickOn(t, p, `[data-do=compose]`)
	chrome.Wait(t, p, `document.getElementById("compose-url") !== null`)
	for url, want := range map[string]string{"localhost:1/x": "write ws://", "ws://192.0.2.1:99999/x": "has a port that is not between 1 and 65535", "/ws/echo": "fields and certificates are for URLs"} {
		chrome.Get[any](t, p, `(b => { b.value = `+quote(url)+`; b.dispatchEvent(new Event("input", { bubbles: true })); })(document.getElementById("compose-url"))`)
		if url[0] == '/' {
			chrome.ClickOn(t, p, `[data-do=dial-insecure]`)
		}
		chrome.ClickOn(t, p, `[data-testid=compose-dial]`)
		chrome.Wait(t, p, `document.querySelector("[data-testid=compose-result]")?.textContent.includes(`+quote(want)+`)`)
	}
}

// TestWhatIsDoneWithRowsIsAccessible: colored and selected rows, their menu, the box to go to one and the saved filters, in both themes.
func TestWhatIsDoneWithRowsIsAccessible(t *testing.T) {
	if testing.Short() {
		t.Skip("runs axe-core over several screens")
	}
	source := axe(t)
	_, p := watchSample(t)
	chrome.Get[any](t, p, source+";void 0")
	for i, color := range []string{"red", "orange", "yellow", "green", "blue", "purple"} {
		text := []string{"op:ping", "op:pong", "op:binary", "lint", "kind:request", "op:text"}[i]
		chrome.Get[any](t, p, `(b => { b.value = `+quote(text)+`; b.dispatchEvent(new Event("input", { bubbles: true })); })(document.getElementById("filter"))`)
		chrome.Wait(t, p, `document.querySelector("#filter").value === `+quote(text))
		chrome.ClickOn(t, p, `[data-do=saved]`)
		chrome.Wait(t, p, `document.querySelector("[data-do=save-filter]")?.disabled === false`)
		chrome.ClickOn(t, p, `[data-do=save-filter]`)
		chrome.Wait(t, p, `document.querySelectorAll("[data-do=use-saved]").length === `+strconv.Itoa(i+1))
		chrome.Get[any](t, p, `(b => { b.value = `+quote(color)+`; b.dispatchEvent(new Event("change", { bubbles: true })); })(document.querySelector("[name=color-0]"))`)
		chrome.Wait(t, p, `document.querySelectorAll(".grid .row.color-`+color+`:not([hidden])").length > 0`)
	}
	chrome.ClickOn(t, p, `[data-do=drop-text]`)
	chrome.Wait(t, p, `document.querySelectorAll(".grid .row:not([hidden])").length > 8`)
	for _, theme := range []string{"light", "dark"} {
		if err := p.SetDark(t.Context(), theme == "dark"); err != nil {
			t.Fatal(err)
		}
		chrome.ClickOn(t, p, `[data-do=saved]`)
		chrome.Wait(t, p, `document.querySelector("[data-testid=saved]:not(.off)") !== null`)
		accessible(t, p, theme+": saved filters with colors")
		chrome.ClickOn(t, p, `[data-do=saved]`)
		chrome.Wait(t, p, `document.querySelector("[data-testid=saved]:not(.off)") === null`) // it stood above the rows
		click(t, p, 2, 0, "left")
		chrome.Wait(t, p, selectedCount+` === 1`)
		click(t, p, 4, 8, "left")
		chrome.Wait(t, p, selectedCount+` === 3`)
		accessible(t, p, theme+": several rows")
		click(t, p, 3, 0, "right")
		chrome.Wait(t, p, `document.activeElement?.getAttribute("role") === "menuitem"`)
		accessible(t, p, theme+": the menu of rows")
		keys(t, p, "Escape", "g")
		chrome.Wait(t, p, `document.activeElement.id === "goto"`)
		accessible(t, p, theme+": the box to go to a row")
		keys(t, p, "Escape", "Escape")
	}
}
