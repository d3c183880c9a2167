//go:build !js

// These tests prove in a real Chromium which columns there is room for, and that the detail takes room only while
// something is selected.
package panel_test

import (
	"strconv"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// heads is a JavaScript expression: the names of the columns that are shown.
const heads = `[...document.querySelectorAll(".grid .head [data-column]")].filter(e => !e.hidden).map(e => e.dataset.column)`

// TestTheDetailOpensWithASelection: without one the grid has its room, and rows are numbered without holes in every view.
func TestTheDetailOpensWithASelection(t *testing.T) {
	_, p := watchSample(t)
	const detailWidth = `document.querySelector(".detail").getBoundingClientRect().width`
	chrome.Wait(t, p, detailWidth+` === 0`)
	chrome.Wait(t, p, heads+`.join() === "row,time,delta,conn,path,dir,type,flags,length,preview,decoded,note"`)
	numbered := `(r => r.every((n, i) => +n === i + 1) && r.length > 10)(` + rows("row") + `)`
	chrome.Wait(t, p, numbered) // messages
	chrome.ClickOn(t, p, `[data-do=view][data-arg='1']`)
	chrome.Wait(t, p, rows("type")+`.includes("cont")`)
	chrome.Wait(t, p, numbered) // frames
	keys(t, p, "Home")
	chrome.Wait(t, p, detailWidth+` > 300`)
	chrome.ClickOn(t, p, `[data-do=unselect]`)
	chrome.Wait(t, p, detailWidth+` === 0`)
	keys(t, p, "End", "k")
	chrome.Wait(t, p, detailWidth+` > 300`)
	keys(t, p, "Escape")
	chrome.Wait(t, p, detailWidth+` === 0`)
}

// TestDecodedIsTheLastColumnToGo: at every width that has room for one column beside direction, type and preview, it is decoded.
func TestDecodedIsTheLastColumnToGo(t *testing.T) {
	_, p := watchSample(t)
	keys(t, p, "Home")
	for _, width := range []int{2200, 1600, 1280, 1100, 760, 600, 480} {
		if err := p.SetViewport(t.Context(), width, 900); err != nil {
			t.Fatal(err)
		}
		chrome.Wait(t, p, `(a => a.includes("decoded") && a.includes("preview"))(`+heads+`)`)
		chrome.Wait(t, p, `(c => c.every(e => e.getBoundingClientRect().right <= innerWidth))([...document.querySelectorAll(".grid .row:not([hidden]) > span:not([hidden])")])`)
	}
	chrome.Wait(t, p, `innerWidth === 480 && !`+heads+`.includes("path")`)
}

// TestThePreviewHasRoomBesideTheDetail: with the detail open, other columns are hidden before the preview gets little more than a
// quarter of the grid.
func TestThePreviewHasRoomBesideTheDetail(t *testing.T) {
	_, p := watchSample(t)
	keys(t, p, "Home")
	const preview, grid = `document.querySelector(".grid .head .c-preview").getBoundingClientRect().width`, `document.getElementById("grid").clientWidth`
	for _, width := range []int{1920, 1440, 1280, 1100, 720, 400} {
		if err := p.SetViewport(t.Context(), width, 900); err != nil {
			t.Fatal(err)
		}
		chrome.Wait(t, p, `innerWidth === `+strconv.Itoa(width)+` && `+preview+` > 0.27 * `+grid)
	}
}
