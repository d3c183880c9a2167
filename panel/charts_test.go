//go:build !js

package panel_test

import (
	"fmt"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

const (
	chartsCanvas  = `document.querySelector("#charts canvas")`
	chartsReadout = `document.querySelector("[data-testid=readout]").textContent`
)

// TestChartsFollowTheFilterAndBrush proves in a real Chromium that charts open, say what is in a bin, follow the filter, and that a drag, and keys, make a
// range of times in the filter, which Escape takes away.
func TestChartsFollowTheFilterAndBrush(t *testing.T) {
	_, p := working(t)
	keys(t, p, "R")
	chrome.Wait(t, p, `!document.getElementById("charts").classList.contains("off") && `+chartsReadout+`.includes(" in steps of 8 ms")`)
	chrome.Wait(t, p, chartsCanvas+`.dataset.axis.includes(":05.200")`)
	// Keys point at bins, choose a span, and show only that.
	chrome.Get[any](t, p, `void `+chartsCanvas+`.focus()`)
	keys(t, p, "Home")
	chrome.Wait(t, p, chartsReadout+`.includes("no responses · ↑ 125 ↓ 0 rows/s")`)
	pressWith(t, p, "ArrowRight", "ArrowRight", 8)
	chrome.Wait(t, p, chartsReadout+`.startsWith("Show only ")`)
	keys(t, p, "Enter")
	chrome.Wait(t, p, boxText+`.startsWith("time:") && `+shownCount+` === "2"`)
	keys(t, p, "Escape")
	chrome.Wait(t, p, boxText+` === "" && `+shownCount+` === "60" && `+chartsReadout+`.includes(" in steps of 8 ms")`)
	// A drag over half of them.
	chrome.Get[any](t, p, `(() => {
		const c = `+chartsCanvas+`, r = c.getBoundingClientRect();
		c.setPointerCapture = () => {};
		const at = (type, x) => c.dispatchEvent(new PointerEvent(type, { clientX: r.left + x, clientY: r.top + 20, button: 0, bubbles: true }));
		const half = 56 + (r.width - 56) / 2;
		at("pointerdown", half); at("pointermove", half + 40); at("pointermove", r.width); at("pointerup", r.width);
	})()`)
	chrome.Wait(t, p, boxText+`.startsWith("time:") && (`+shownCount+` === "30" || `+shownCount+` === "29" || `+shownCount+` === "31")`)
	chrome.Wait(t, p, chartsReadout+`.includes(" in steps of 4 ms")`)
	keys(t, p, "Escape")
	chrome.Wait(t, p, shownCount+` === "60"`)
	chrome.Get[any](t, p, `document.getElementById("filter").focus()`)
	write(t, p, "op:text and no such text")
	chrome.Wait(t, p, chartsReadout+` === "No frames among the rows that are shown"`)
	chrome.ClickOn(t, p, `[data-do=charts]`)
	chrome.Wait(t, p, `document.getElementById("charts").classList.contains("off")`)
}

// TestChartsLeaveRoomForRows proves that rows stay in sight beside open charts in a window of 1280 by 800 at 200 % zoom and on a narrow one.
func TestChartsLeaveRoomForRows(t *testing.T) {
	_, p := working(t)
	keys(t, p, "R")
	for _, size := range [][2]int{{640, 400}, {390, 800}} {
		if err := p.SetViewport(t.Context(), size[0], size[1]); err != nil {
			t.Fatal(err)
		}
		chrome.Wait(t, p, `(b => Math.min(b.bottom, innerHeight) - b.top >= 64)(document.getElementById("grid").getBoundingClientRect()) && `+chartsCanvas+`.clientHeight >= 80 &&
			document.documentElement.scrollWidth <= innerWidth`)
	}
}

// TestChartsNameTheirNumbers proves that each number stands under its name: a hundred answers in one step, to calls of 1 to 100 ms before.
func TestChartsNameTheirNumbers(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	var list []record.Record
	for i := range 100 {
		r := message(record.Out, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"m"}`, 100+i))
		r.Time += int64(i) * 1e6
		list = append(list, r)
	}
	for i := range 100 {
		r := message(record.In, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":1}`, 100+i))
		r.Time += 100 * 1e6
		list = append(list, r)
	}
	s.send(list...)
	keys(t, p, "R")
	chrome.Wait(t, p, chartsReadout+`.includes(" in steps of 1 ms")`)
	chrome.Get[any](t, p, `void `+chartsCanvas+`.focus()`)
	keys(t, p, "End")
	chrome.Wait(t, p, `/^\d\d:04:05\.100 · p50 (49|50|51)\.\d ms · p95 9[2-8]\.\d ms · p99 (9\d\.\d|100|10[0-2]) ms · max 100 ms of 100 · ↑ 0 ↓ 100 k rows\/s · ↑ 0 ↓ 3.7 M B\/s$/.test(`+chartsReadout+`)`)
	chrome.Wait(t, p, chartsCanvas+`.dataset.most === "100 ms"`)
}
