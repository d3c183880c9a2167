//go:build !js

// These tests prove in a real Chromium, one for each promise of the panel, that what was on the wire can be seen and
// understood: how frames belong together, which bytes mean what, what answers what.
package panel_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// parts is a message of three frames with a ping and a text of the other side between them.
func parts() []record.Record {
	list := []record.Record{
		message(record.In, "one "), message(record.In, "two "), message(record.Out, "between"), message(record.In, "three"),
	}
	for n, i := range []int{0, 1, 3} {
		r := &list[i]
		r.Message, r.Final, r.Header.Fin, r.Frames = 43, n == 2, n == 2, 0
		if n > 0 {
			r.Header.Opcode = frame.Continuation
		}
	}
	whole := "one two three"
	list[3].Frames, list[3].Body, list[3].Wire, list[3].Inflated = 3, []byte(whole), uint64(len(whole)), uint64(len(whole))
	return list
}

func TestFragmentsAreLinkedToTheirMessageAndToEachOther(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	s.send(parts()...)
	keys(t, p, "v")
	chrome.Wait(t, p, rows("note")+`.join() === "frag 1/3 → msg 43,frag 2/3 → msg 43,,frag 3/3 → msg 43"`)
	glyphs := `[...document.querySelectorAll(".grid .row:not([hidden]) .c-type")].map(e => getComputedStyle(e, "::before").content.slice(1, 2)).join("")`
	chrome.Wait(t, p, glyphs+` === "┌├o└"`)
	keys(t, p, "Home", "1")
	chrome.Wait(t, p, `[...document.querySelectorAll("[data-testid=fragments] button")].map(b => b.textContent.split(" ")[0]).join() === "1,2,3"`)
	chrome.Wait(t, p, `document.querySelectorAll(".grid .row.same-message").length === 2`)
	chrome.ClickOn(t, p, "[data-testid=fragments] button:nth-child(2)")
	chrome.Wait(t, p, activeID+` === "2"`)
	keys(t, p, "p")
	chrome.Wait(t, p, activeID+` === "4" && document.querySelector("[data-testid=text]")?.textContent === "one two three"`)
	keys(t, p, "[", "[")
	chrome.Wait(t, p, activeID+` === "1"`)
	keys(t, p, "]")
	chrome.Wait(t, p, activeID+` === "2"`)
}

// The columns that tell when, which way, what and how long are there at the widths of ordinary windows, the detail open.
func TestTimeStaysInSightInOrdinaryWindows(t *testing.T) {
	_, p := working(t)
	keys(t, p, "Home")
	for _, width := range []int{1920, 1440, 1366, 1280, 1024} {
		if err := p.SetViewport(t.Context(), width, 800); err != nil {
			t.Fatal(err)
		}
		for _, column := range strings.Fields("time delta dir type length preview") {
			chrome.Wait(t, p, fmt.Sprintf(`document.querySelector(".head .c-%s").getBoundingClientRect().width > 10`, column))
		}
		chrome.Wait(t, p, rows("time")+`[0]?.length === `+fmt.Sprint(len("15:04:05.000")))
		// A frame after the size is known the cells have their widths: no time is cut.
		chrome.Wait(t, p, fmt.Sprintf(`innerWidth === %d && [...document.querySelectorAll(".row:not([hidden]) .c-time")].every(e => e.scrollWidth <= e.clientWidth)`, width))
	}
}

func TestTheGapOfOneDirectionIsAColumn(t *testing.T) {
	_, p := working(t)
	if err := p.SetViewport(t.Context(), 2300, 800); err != nil {
		t.Fatal(err)
	}
	keys(t, p, ".")
	if err := p.SetViewport(t.Context(), 2310, 800); err != nil { // the menu outlives a change of size
		t.Fatal(err)
	}
	chrome.Wait(t, p, `innerWidth === 2310`)
	chrome.Get[any](t, p, `new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r))).then(() => null)`)
	chrome.Wait(t, p, `(e => e && (e.querySelector("input").click(), true))([...document.querySelectorAll(".colmenu > div")].find(e => e.textContent.includes("Δ dir")))`)
	keys(t, p, "Escape", "Home")
	chrome.Wait(t, p, rows("dir-delta")+`.slice(0, 4).join() === ",,+20.0 ms,+20.0 ms"`)
}

// watchSample is a panel with the rows of sample.
func watchSample(t *testing.T) (*stub, *chrome.Page) {
	t.Helper()
	s := newStub(t)
	p := s.watch(t)
	list := sample()
	s.send(list...)
	chrome.Wait(t, p, fmt.Sprintf(`document.querySelector("[data-counter=shown] .value").textContent === "%d"`, len(list)-2))
	return s, p
}

// open selects the record with a number and a tab of it.
func open(t *testing.T, p *chrome.Page, seq int, tab string) {
	t.Helper()
	chrome.Get[any](t, p, fmt.Sprintf(`void (location.hash = "#rec=%d")`, seq))
	chrome.Wait(t, p, fmt.Sprintf(`document.querySelector(".about .sub")?.textContent.startsWith("record %d ")`, seq))
	chrome.ClickOn(t, p, `.tab[title^="`+tab+`"]`)
	chrome.Wait(t, p, `document.querySelector("[data-testid=tab-`+tab+`]") !== null`)
}

const highlightedBytes = `[...document.querySelectorAll("[data-testid=linked] .bytes [data-byte=highlight]")].map(e => e.textContent).join(" ")`

func TestALineOfADecodedMessageAndItsBytesLeadToEachOther(t *testing.T) {
	_, p := watchSample(t)
	if err := p.SetViewport(t.Context(), 1440, 900); err != nil {
		t.Fatal(err)
	}
	open(t, p, 5, "Decoded")
	line := func(key string) string {
		return `[...document.querySelectorAll("[data-testid=decoded] .line")].find(e => e.textContent.startsWith("` + key + `: "))`
	}
	chrome.Get[any](t, p, `void `+line("id")+`.click()`)
	chrome.Wait(t, p, highlightedBytes+` === "a2 69 64 cd 04 d2"`)
	chrome.Wait(t, p, line("id")+`.getAttribute("aria-selected") === "true"`)
	chrome.Get[any](t, p, `void document.querySelector("[data-testid=decoded]").focus()`)
	keys(t, p, "ArrowDown", "ArrowDown")
	chrome.Wait(t, p, highlightedBytes+` === "a5 61 70 70 6c 65"`)
	// A click on a byte, the last one of the second line but two, chooses the line that has it.
	at := chrome.Get[[]float64](t, p, `(() => {
		const r = document.querySelector("[data-testid=linked] .row:nth-child(2) .bytes .run:last-child").getBoundingClientRect();
		return [r.right - 4, r.top + r.height / 2];
	})()`)
	if err := p.ClickAt(t.Context(), at[0], at[1]); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, line("1")+`?.classList.contains("highlight") && `+highlightedBytes+` === "a4 70 65 61 72"`)
	// The pointer alone shows a line's bytes, and changes no element.
	where := chrome.Get[[]float64](t, p, `(() => { const r = `+line("type")+`.querySelector(".val").getBoundingClientRect(); return [r.left + 4, r.top + r.height / 2]; })()`)
	if err := p.Hover(t.Context(), where[0], where[1]); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, `[...(CSS.highlights.get("linked") ?? [])].map(String).join() === "a4 74 79 70 65 a5 6f 72 64 65 72,·type·order"`)
	if got := chrome.Get[string](t, p, highlightedBytes); got != "a4 70 65 61 72" {
		t.Errorf("hovering chose %q", got)
	}
}

func TestMaskedAndUnmaskedStandSideBySide(t *testing.T) {
	_, p := watchSample(t)
	open(t, p, 3, "Hex")
	first := func(cell string) string {
		return `document.querySelector(".twin .row ` + cell + `").textContent`
	}
	// 0x7b, "{", masked with the first byte of the key, 0x37.
	chrome.Wait(t, p, first(".bytes:not(.plain)")+`.endsWith("3d4c d8") && `+first(".plain")+`.endsWith("3d7b 22")`)
	chrome.Wait(t, p, `(e => e.scrollWidth <= e.clientWidth)(document.querySelector(".twin .hex"))`) // the two forms fit beside each other
	chrome.ClickOn(t, p, "[data-do=bytes-as][data-arg='2']")
	chrome.Wait(t, p, `document.querySelector(".twin") === null && document.querySelector(".twins .chars").textContent.length === 16`)
}

func TestPicturesAreDrawnAndScriptsInThemAreNot(t *testing.T) {
	s, p := watchSample(t)
	open(t, p, 11, "Decoded")
	chrome.Wait(t, p, `(e => e?.naturalWidth === 160 && e.naturalHeight === 90 && e.src.startsWith("blob:"))(document.querySelector("[data-testid=picture] img"))`)
	s.send(message(record.In, `<svg xmlns="http://www.w3.org/2000/svg"><script>hacked()</script></svg>`))
	open(t, p, 23, "Decoded")
	chrome.Wait(t, p, `document.querySelector(".picture") === null`)
	if broken := chrome.Get[[]string](t, p, `broken`); len(broken) > 0 {
		t.Errorf("the content security policy was broken: %q", broken)
	}
}

// descriptors is a FileDescriptorSet: package shop; message Order { int64 id = 1; string fruit = 2; Size size = 3; }
// message Size { int32 width = 1; int32 height = 2; }.
var descriptors = digits("0a 64 0a 01 66 12 04 73 68 6f 70 22 36 0a 05 4f 72 64 65 72 12 08 0a 02 69 64 18 01 28 03 12 0b 0a 05 66 72 75 69 74 18 " +
	"02 28 09 12 16 0a 04 73 69 7a 65 18 03 28 0b 32 0a 2e 73 68 6f 70 2e 53 69 7a 65 22 21 0a 04 53 69 7a 65 12 0b 0a 05 77 69 64 74 68 18 01 28 05 12 0c 0a 06 68 65 69 67 68 74 18 02 28 05")

func TestADescriptorSetIsDroppedAndStaysForTheSession(t *testing.T) {
	s, p := watchSample(t)
	open(t, p, 7, "Decoded")
	names := `[...document.querySelectorAll("[data-testid=decoded] .key")].map(e => e.textContent).join("")`
	chrome.Wait(t, p, names+` === "1: 2: 3: 1: 2: "`)
	dropFile(t, p, "[data-testid=schema]", "wrong.txt", []byte("this is no descriptor set"))
	chrome.Wait(t, p, `document.querySelector("[data-testid=schema] .problem")?.textContent.includes("wrong.txt: not a descriptor set")`)
	dropFile(t, p, "[data-testid=schema]", "shop.binpb", descriptors)
	chrome.Wait(t, p, `document.querySelector("[data-testid=schema]").textContent.includes("shop.binpb, 2 message types")`)
	keys(t, p, ",")
	choose := `(v => { const e = document.getElementById("type-in"); e.value = v; e.dispatchEvent(new Event("change", { bubbles: true })); })("shop.Order")`
	chrome.Wait(t, p, `document.getElementById("type-in") !== null`)
	chrome.Get[any](t, p, `void `+choose)
	chrome.Wait(t, p, names+` === "shop.Order: id: fruit: size: width: height: "`)
	keys(t, p, "Escape")
	if err := p.Navigate(t.Context(), s.URL+"/panel/?again"); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, `document.querySelector('[data-testid=feed]')?.dataset.state === "live"`)
	keys(t, p, ",")
	chrome.Wait(t, p, `document.getElementById("type-in")?.value === "shop.Order"`)
	chrome.ClickOn(t, p, ".settings [data-do=drop-schema]")
	chrome.Wait(t, p, `document.querySelector(".settings .file .name").textContent === "No descriptor set"`)
}

func TestAKeyPathOfAPersonsOwnPairsMessagesAndIsRemembered(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	ask, answer := message(record.Out, `{"meta":{"ref":"a1"},"do":"x"}`), message(record.In, `{"re":"a1","ok":true}`)
	answer.Time += 4_200_000
	s.send(ask, message(record.In, `{"other":1}`), answer)
	set := func(id, value string) {
		chrome.Wait(t, p, `document.getElementById("`+id+`") !== null`)
		chrome.Get[any](t, p, fmt.Sprintf(`(() => { const e = document.getElementById(%q); e.value = %q; e.dispatchEvent(new Event("change", { bubbles: true })); })()`, id, value))
	}
	keys(t, p, ",")
	set("pair-request", "meta..ref")
	chrome.Wait(t, p, `document.querySelector(".settings .problem:not(.off)")?.textContent.includes("names with dots between them")`)
	set("pair-request", "$.meta.ref")
	set("pair-answer", "$.re")
	keys(t, p, "Escape")
	chrome.Wait(t, p, rows("note")+`.join("|") === "||response time 4.20 ms"`)
	keys(t, p, "Home", "p")
	chrome.Wait(t, p, activeID+` === "3"`)
	if err := p.Navigate(t.Context(), s.URL+"/panel/?again"); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, `document.querySelector('[data-testid=feed]')?.dataset.state === "live"`)
	keys(t, p, ",")
	chrome.Wait(t, p, `document.getElementById("pair-request")?.value === "$.meta.ref" && document.getElementById("pair-answer").value === "$.re"`)
}

func TestStatisticsOfAllAndOfOneConnection(t *testing.T) {
	_, p := watchSample(t)
	keys(t, p, "s")
	title := `document.querySelector(".stats h2")?.textContent`
	chrome.Wait(t, p, title+` === "Statistics of all connections" && document.querySelectorAll("[data-testid=stats-conns] tr").length === 3`)
	chrome.ClickOn(t, p, "[data-testid=stats-conns] [data-do=conn][data-arg='2']")
	chrome.Wait(t, p, title+` === "Statistics of connection 2 /ws/chat"`)
	kinds := `document.querySelector(".stats .cards").textContent`
	chrome.Wait(t, p, kinds+`.includes("type=chat") && !`+kinds+`.includes("orders.list")`)
	chrome.ClickOn(t, p, ".stats .head [data-do=conn]")
	chrome.Wait(t, p, title+` === "Statistics of all connections" && `+kinds+`.includes("orders.list")`)
}

func TestChipsCountUnderTheQuery(t *testing.T) {
	s, p := working(t)
	chip := func(name string) string {
		return `[...document.querySelectorAll(".chip")].find(e => e.textContent.includes("` + name + `")).querySelector(".count").textContent`
	}
	keys(t, p, "/")
	write(t, p, `$.n<10`)
	keys(t, p, "Enter")
	chrome.Wait(t, p, chip("text")+` === "9" && `+chip("sent")+` === "5" && `+chip("received")+` === "4" && `+chip("ping")+` === "0"`)
	chrome.ClickOn(t, p, ".chip.dir-out") // only these
	chrome.Wait(t, p, `document.querySelector(".chip.dir-in").getAttribute("aria-pressed") === "false" && document.querySelector(".chip.dir-out").title.startsWith("Hide ")`)
	chrome.ClickOn(t, p, ".chip.dir-out") // all but these
	chrome.Wait(t, p, chip("text")+` === "4" && `+chip("sent")+` === "5"`)
	s.send(message(record.In, `{"n":1}`))
	chrome.Wait(t, p, chip("text")+` === "5" && document.querySelector(".hits").textContent === "5"`)
}

func TestNothingStealsFocusOrSelectionWhileTrafficFlows(t *testing.T) {
	s, p := working(t)
	keys(t, p, "Home", "1")
	chrome.Wait(t, p, `document.querySelector("[data-testid=json]") !== null`)
	chrome.Get[any](t, p, `void getSelection().selectAllChildren(document.querySelector(".facts"))`)
	before := chrome.Get[string](t, p, `getSelection().toString()`)
	note := `document.getElementById("note")`
	flood := func(n int) {
		for range 20 {
			list := make([]record.Record, 500)
			for i := range list {
				list[i] = message(record.Dir(i&1), "flood")
			}
			s.send(list...)
		}
		chrome.Wait(t, p, fmt.Sprintf(`document.querySelector("[data-counter=frames] .value").textContent === "%d,060"`, n))
	}
	flood(10)
	if after := chrome.Get[string](t, p, `getSelection().toString()`); before == "" || after != before {
		t.Errorf("%q was selected, now %q", before, after)
	}
	if got := chrome.Get[string](t, p, activeID); got != "1" {
		t.Errorf("row %s is selected, want the first", got)
	}
	keys(t, p, "w")
	write(t, p, "half a note")
	chrome.Get[any](t, p, `void `+note+`.setSelectionRange(2, 6)`)
	flood(20)
	if got := chrome.Get[[]any](t, p, `[document.activeElement.id, `+note+`.value, `+note+`.selectionStart, `+note+`.selectionEnd]`); fmt.Sprint(got) != "[note half a note 2 6]" {
		t.Errorf("the box is %v", got)
	}
}

// However long a message is, a tab shows a page of it: the page stays small.
func TestLargePayloadsArePaged(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	s.send(message(record.In, `{"list":[`+strings.Repeat(`{"name":"value","n":[1,2,3]},`, 60_000)+`0]}`), binary(record.In, []byte(strings.Repeat("\x93\x01\x02\x03", 400_000))))
	for seq := 1; seq <= 2; seq++ {
		for _, tab := range []string{"Message", "Frame", "Hex", "Decoded"} {
			open(t, p, seq, tab)
			if n := chrome.Get[int](t, p, `document.querySelectorAll(".detail *").length`); n > 12_000 {
				t.Errorf("record %d, %s: %d elements", seq, tab, n)
			}
			if tab == "Hex" || tab == "Decoded" {
				chrome.Wait(t, p, `document.querySelector(".pager:not(.off)") !== null`)
			}
		}
	}
	chrome.ClickOn(t, p, "[data-do=byte-page][aria-label='Next bytes']")
	chrome.Wait(t, p, `document.querySelector("[data-testid=linked] .offset").textContent === "0400"`)
}

func TestDecodersAreGuessedInTheGridAndSwitched(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	if err := p.SetViewport(t.Context(), 2400, 900); err != nil {
		t.Fatal(err)
	}
	s.send(
		message(record.Out, `{"jsonrpc":"2.0","id":7,"method":"orders.list"}`), message(record.In, `42["news",{"a":1}]`),
		message(record.In, "MESSAGE\ndestination:/queue/a\n\nhi\x00"), binary(record.In, digits(packedOrder)), binary(record.In, digits("a2 61 61 01 61 62 62 68 69")),
		binary(record.In, picture()), binary(record.Out, digits(mqttPublish)),
	)
	for i, want := range []string{"orders.list", "news", "/queue/a", "type=order", "{a, b}", "PNG 160 × 90", ""} {
		chrome.Wait(t, p, fmt.Sprintf(`%s[%d]?.includes(%q)`, rows("decoded"), i, want))
	}
	open(t, p, 7, "Decoded")
	chrome.ClickOn(t, p, "[data-do=decoder][data-arg=MQTT]")
	chrome.Wait(t, p, `[...document.querySelectorAll(".decoded .summary")].some((e) => e.textContent.startsWith("PUBLISH"))`)
	chrome.Wait(t, p, rows("decoded")+`[6].startsWith("PUBLISH")`)
}

func TestForcedColoursKeepWhatIsChosenApart(t *testing.T) {
	_, p := watchSample(t)
	if err := p.SetForcedColors(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	open(t, p, 5, "Decoded")
	chrome.Get[any](t, p, `void document.querySelectorAll("[data-testid=decoded] .line")[2].click()`)
	chrome.Wait(t, p, highlightedBytes+` !== ""`)
	look := func(selector string) string {
		return `(s => s.color + " on " + s.backgroundColor)(getComputedStyle(document.querySelector("` + selector + `")))`
	}
	for _, pair := range [][2]string{
		{".row.selected", ".row:not(.selected)"},
		{".chip[aria-pressed=true]", ".chip[aria-pressed=false]"},
		{".tab[aria-selected=true]", ".tab[aria-selected=false]"},
		{".line.highlight", ".line:not(.highlight)"},
		{"[data-byte=highlight]", ".bytes .run:not([data-byte=highlight])"},
	} {
		chrome.Wait(t, p, look(pair[0])+` !== `+look(pair[1])) // each is drawn in its own time
	}
	// What stands on a highlight has its colour, also where a rule of ours gives it one.
	for _, inside := range []string{".row.selected .c-dir", ".row.selected .c-type", ".chip[aria-pressed=true] .count", ".conn[aria-pressed=true] .count", ".line.highlight .key"} {
		chrome.Wait(t, p, `getComputedStyle(document.querySelector("`+inside+`")).color === getComputedStyle(document.querySelector(".row.selected")).color`)
	}
}

func TestReducedMotionMovesNothing(t *testing.T) {
	_, p := working(t)
	if err := p.SetReducedMotion(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	keys(t, p, "Home", "s", "s", "?", "Escape")
	if n := chrome.Get[int](t, p, `document.getAnimations().length`); n != 0 {
		t.Errorf("%d animations run", n)
	}
}
