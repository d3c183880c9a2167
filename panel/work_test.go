//go:build !js

// These tests prove in a real Chromium what people do with the panel: they filter with help, find, follow links, mark,
// change columns and splits, brush the timeline, and what they chose is there again after a reload.
package panel_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// working is a panel with 60 records, one each 10 ms: text, and every tenth a ping.
func working(t *testing.T) (*stub, *chrome.Page) {
	t.Helper()
	s := newStub(t)
	p := s.watch(t)
	list := make([]record.Record, 60)
	for i := range list {
		list[i] = message(record.Dir(i&1), fmt.Sprintf(`{"type":"t%d","n":%d}`, i%3, i))
		if i%10 == 9 {
			list[i].Header.Opcode, list[i].Payload, list[i].Final, list[i].Message = frame.Ping, []byte("beat"), false, 0
		}
		list[i].Time += int64(i) * int64(10*time.Millisecond)
	}
	s.send(list...)
	chrome.Wait(t, p, `document.querySelector("[data-counter=frames] .value").textContent === "60"`)
	return s, p
}

func keys(t *testing.T, p *chrome.Page, names ...string) {
	t.Helper()
	for _, k := range names {
		if err := p.Press(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
}

func write(t *testing.T, p *chrome.Page, text string) {
	t.Helper()
	if err := p.Type(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

const (
	shownCount = `document.querySelector("[data-counter=shown] .value").textContent`
	boxText    = `document.querySelector("#filter").value`
	activeID   = `String(+document.querySelector(".row.selected")?.dataset.id + 1)`
)

func TestTheFilterBoxHelpsAndSaysWhatIsWrong(t *testing.T) {
	_, p := working(t)
	keys(t, p, "/")
	write(t, p, "o")
	chrome.Wait(t, p, `document.querySelector("#completion0 code")?.textContent === "op:"`)
	keys(t, p, "Tab")
	chrome.Wait(t, p, boxText+` === "op:"`)
	write(t, p, "pi")
	chrome.Wait(t, p, `document.querySelector("#completion0 code")?.textContent === "ping"`)
	keys(t, p, "ArrowDown", "Enter")
	chrome.Wait(t, p, boxText+` === "op:ping" && `+shownCount+` === "6"`)
	write(t, p, " colour:red")
	chrome.Wait(t, p, `document.querySelector("[data-testid=problem] mark")?.textContent === "colour"`)
	if n := chrome.Get[string](t, p, shownCount); n != "6" {
		t.Errorf("a mistake changed what is shown: %s rows", n)
	}
	chrome.ClickOn(t, p, `[data-do=drop-text]`)
	chrome.Wait(t, p, boxText+` === "" && `+shownCount+` === "60"`)
}

func TestFindGoesFromHitToHit(t *testing.T) {
	_, p := working(t)
	keys(t, p, "f", "/")
	write(t, p, `$.type="t1"`)
	keys(t, p, "Enter")
	chrome.Wait(t, p, `document.querySelector(".hits").textContent === "18" && `+shownCount+` === "60"`)
	keys(t, p, "Home", "n")
	chrome.Wait(t, p, activeID+` === "2" && document.querySelector(".hits").textContent === "1/18"`)
	keys(t, p, "n", "n", "N")
	chrome.Wait(t, p, activeID+` === "5"`)
	keys(t, p, "f", "h")
	chrome.Wait(t, p, boxText+`.includes('not (dir:out $.type="t1")')`)
}

func TestALinkLeadsToItsRecordAndSavedFiltersStay(t *testing.T) {
	s, p := working(t)
	keys(t, p, "Home", "j", "j", "m")
	chrome.Wait(t, p, `location.hash === "#rec=3"`)
	keys(t, p, "/")
	write(t, p, "op:ping")
	chrome.Wait(t, p, shownCount+` === "6"`)
	chrome.ClickOn(t, p, `[data-do=saved]`)
	chrome.Wait(t, p, `document.querySelector("[data-do=save-filter]")?.disabled === false`)
	chrome.ClickOn(t, p, `[data-do=save-filter]`)
	chrome.Wait(t, p, `document.querySelector("[data-do=use-saved] code")?.textContent === "op:ping"`)
	if err := p.Navigate(t.Context(), s.URL+"/panel/?again#rec=7"); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, `document.querySelector('[data-testid=feed]')?.dataset.state === "live"`)
	list := make([]record.Record, 12)
	for i := range list {
		list[i] = message(record.In, "more "+fmt.Sprint(i))
	}
	// The feed of the page that was left may still swallow a batch: the ring is sent until it came, and shown once.
	for range 50 {
		s.seq = 1
		s.send(list...)
		if chrome.Get[bool](t, p, `new Promise(r => setTimeout(() => r(`+shownCount+` === "12"), 300))`) {
			break
		}
	}
	chrome.Wait(t, p, activeID+` === "7"`)
	chrome.ClickOn(t, p, `[data-do=saved]`)
	chrome.Wait(t, p, `document.querySelector("[data-do=use-saved] code")?.textContent === "op:ping"`)
	chrome.ClickOn(t, p, `[data-do=use-saved]`)
	chrome.Wait(t, p, boxText+` === "op:ping" && `+shownCount+` === "0"`)
}

func TestColumnsAndSplitsAreRemembered(t *testing.T) {
	s, p := working(t)
	heads := `[...document.querySelectorAll(".head [data-column]:not([hidden])")].map(e => e.dataset.column).join(" ")`
	if err := p.SetViewport(t.Context(), 1800, 800); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, heads+` === "row time delta conn path dir type flags length preview decoded note"`)
	keys(t, p, ".")
	chrome.Wait(t, p, `document.querySelectorAll(".colmenu .up").length > 8`)
	chrome.Get[any](t, p, `void [...document.querySelectorAll(".colmenu input")][2].click()`) // time off
	for _, place := range []int{9, 8, 7} {                                                    // direction further left: past path, node and conn
		chrome.Get[any](t, p, fmt.Sprintf(`void [...document.querySelectorAll(".colmenu .up")][%d].click()`, place))
	}
	keys(t, p, "Escape")
	const changed = `"row delta dir conn path type flags length preview decoded note"`
	chrome.Wait(t, p, heads+` === `+changed)
	chrome.Get[any](t, p, `void document.querySelector(".split.left").focus()`)
	keys(t, p, "ArrowRight", "ArrowRight")
	chrome.Wait(t, p, `Math.round(document.querySelector(".conns").getBoundingClientRect().width) === 248`)
	if err := p.Navigate(t.Context(), s.URL+"/panel/?again"); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, heads+` === `+changed)
	chrome.Wait(t, p, `Math.round(document.querySelector(".conns").getBoundingClientRect().width) === 248`)
	chrome.Wait(t, p, `document.querySelector('[data-testid=feed]')?.dataset.state === "live"`)
	keys(t, p, ".")
	chrome.ClickOn(t, p, `.colmenu > button`)
	chrome.Wait(t, p, heads+` === "row time delta conn path dir type flags length preview decoded note"`)
}

func TestTheTimelineFiltersByTime(t *testing.T) {
	_, p := working(t)
	chrome.Wait(t, p, `document.querySelector("#timeline canvas")?.getAttribute("aria-valuetext") === "all of 600 ms"`)
	chrome.Get[any](t, p, `(() => {
		const c = document.querySelector("#timeline canvas"), r = c.getBoundingClientRect();
		c.setPointerCapture = () => {};
		const at = (type, x) => c.dispatchEvent(new PointerEvent(type, { clientX: r.left + x * r.width, clientY: r.top + 5, button: 0, bubbles: true }));
		at("pointerdown", 0.5); at("pointermove", 0.6); at("pointermove", 0.75); at("pointerup", 0.75);
	})()`)
	chrome.Wait(t, p, shownCount+` === "15" || `+shownCount+` === "16"`)
	chrome.Wait(t, p, `(text => text !== "all of 600 ms" && text.endsWith("of 600 ms"))(document.querySelector("#timeline canvas").getAttribute("aria-valuetext"))`)
	chrome.Wait(t, p, `/^0 (50 ms 100|100 ms 200) ms /.test(document.querySelector("#timeline canvas").dataset.axis)`)
	chrome.Get[any](t, p, `void document.querySelector("#timeline canvas").focus()`)
	keys(t, p, "Escape")
	chrome.Wait(t, p, shownCount+` === "60"`)
}

func TestStatisticsAndDifference(t *testing.T) {
	_, p := working(t)
	keys(t, p, "s")
	chrome.Wait(t, p, `document.querySelector("[data-testid=stats]")?.textContent.includes("type=t#")`)
	keys(t, p, "Escape", "Home", "m", "j", "d")
	chrome.Wait(t, p, `[...document.querySelectorAll("[data-testid=diff] tr")].map(r => r.textContent).join("|") === "≠type\"t0\"\"t1\"|≠n01"`)
}

func TestConnectedAndNothingSent(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	s.send(everyKind()[:2]...)
	chrome.Wait(t, p, `document.querySelector("[data-testid=quiet]")?.textContent.includes("Connected to /ws")`)
	s.send(message(record.In, "hello"))
	chrome.Wait(t, p, `document.querySelector("[data-testid=quiet]") === null || document.querySelector(".quiet").classList.contains("off")`)
}

// TestAutoScrollStaysOnWhenTheWindowGrows proves that the newest row stays in sight, whatever becomes of the window's height.
func TestAutoScrollStaysOnWhenTheWindowGrows(t *testing.T) {
	s, p := working(t)
	list := make([]record.Record, 300)
	for i := range list {
		list[i] = message(record.In, fmt.Sprint("row ", i))
	}
	s.send(list...)
	keys(t, p, "End")
	for _, height := range []int{500, 1100, 400, 900, 1300} {
		if err := p.SetViewport(t.Context(), 1200, height); err != nil {
			t.Fatal(err)
		}
		chrome.Wait(t, p, fmt.Sprintf(`innerHeight === %d && new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true), 100))))`, height))
		s.send(message(record.In, fmt.Sprint("at ", height)))
		chrome.Wait(t, p, fmt.Sprintf(`[...document.querySelectorAll("#grid .row:not([hidden]) .c-preview")].at(-1)?.textContent === "at %d"`, height))
		chrome.Wait(t, p, `document.querySelector("[data-testid=mode]").classList.contains("FOLLOW")`)
	}
}

// TestAutoScrollStaysOffWhenTheWindowGrows proves that rows which come into sight at the end, because the window is higher, are no
// reason to scroll with the newest.
func TestAutoScrollStaysOffWhenTheWindowGrows(t *testing.T) {
	s, p := working(t)
	list := make([]record.Record, 300)
	for i := range list {
		list[i] = message(record.In, fmt.Sprint("row ", i))
	}
	s.send(list...)
	chrome.Wait(t, p, `document.getElementById("grid").getAttribute("aria-rowcount") > 300`)
	if err := p.SetViewport(t.Context(), 1300, 500); err != nil {
		t.Fatal(err)
	}
	keys(t, p, "End", "k")
	for _, height := range []int{700, 1100, 900, 1300} {
		chrome.Wait(t, p, `document.querySelector("[data-testid=mode]").classList.contains("PAUSED")`)
		if err := p.SetViewport(t.Context(), 1300, height); err != nil {
			t.Fatal(err)
		}
		chrome.Wait(t, p, fmt.Sprintf(`innerHeight === %d && new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))`, height))
	}
	chrome.Wait(t, p, `document.querySelector("[data-testid=mode]").classList.contains("PAUSED")`)
}

// TestTheGridStaysAtTwiceTheSize proves that rows and detail are both in sight in a window of 1280 by 800 at 200 % zoom, which has 640 by
// 400 CSS pixels.
func TestTheGridStaysAtTwiceTheSize(t *testing.T) {
	_, p := working(t)
	if err := p.SetViewport(t.Context(), 640, 400); err != nil {
		t.Fatal(err)
	}
	keys(t, p, "End", "ArrowUp")
	chrome.Wait(t, p, `document.querySelector(".row.selected") !== null`)
	height := func(selector string) string {
		return `(Math.min(document.querySelector("` + selector + `").getBoundingClientRect().bottom, innerHeight) - document.querySelector("` + selector + `").getBoundingClientRect().top)`
	}
	chrome.Wait(t, p, height("#grid")+` >= 64 && `+height(".detail")+` >= 40`)
}
