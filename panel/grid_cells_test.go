//go:build !js

package panel_test

import (
	"fmt"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/panel/model"
)

// TestCellsGoByName: whichever two columns change places in what Go sends, each cell stands in the column of its name.
func TestCellsGoByName(t *testing.T) {
	_, p := working(t)
	const swapAll = `(names => {
		names = names.split(" ");
		const wrong = [];
		for (let i = 0; i < names.length; i++) for (let j = 0; j < i; j++) {
			const order = [...names];
			[order[i], order[j]] = [order[j], order[i]];
			const host = document.body.appendChild(document.createElement("div"));
			host.style.width = "4000px";
			const grid = tetherscopeGrid.mount(host, () => {}, order.join(" "));
			grid.paint(["", "1", "1", ...order].join("\x1f"), 0, 1, false, -1);
			for (const name of names) {
				const cell = host.querySelector(".row[data-id] .c-" + name);
				if (!cell.hidden && cell.textContent !== name) wrong.push(names[i] + " " + names[j] + ": " + name + " shows " + cell.textContent);
			}
			host.remove();
		}
		return wrong.join("\n");
	})`
	if wrong := chrome.Get[string](t, p, swapAll+`("`+model.ColumnNames()+`")`); wrong != "" {
		t.Error(wrong)
	}
}

// TestAScrollInTheFrameOfAResizeIsKept: the user scrolls while a line above the grid makes its window smaller or larger, and
// both are known in one frame: in a task before it, the event of the scroll comes first; in its animation callback, that of the size.
// The end that the browser moves when the window grows is not taken for a scroll.
func TestAScrollInTheFrameOfAResizeIsKept(t *testing.T) {
	_, p := working(t)
	const resizeAndScroll = `(async ([from, to, scroll], inTask) => {
		const host = document.body.appendChild(document.createElement("div"));
		host.className = "grid";
		host.style.cssText = "position: fixed; inset: auto; width: 800px; height: " + from + "px";
		const reports = [];
		const grid = tetherscopeGrid.mount(host, (...event) => reports.push(event.slice(0, 2).join(" ")), names);
		const frames = async (n) => { while (n-- > 0) await new Promise(requestAnimationFrame); };
		await frames(2); // it has its size
		grid.paint("", 0, 500, true, -1);
		await frames(2); // the event of its own scroll is over
		if (inTask) await new Promise(done => setTimeout(done));
		reports.length = 0;
		host.style.height = to + "px";
		if (scroll !== null) host.scrollTop = scroll;
		await frames(3);
		host.remove();
		return reports.filter(r => r.startsWith("scroll")).join();
	})`
	for _, c := range []struct{ name, args, want string }{
		{"smaller", `[400, 300, 2000]`, "scroll 100"},
		{"larger", `[300, 400, 2000]`, "scroll 100"},
		{"as large", `[300, 300, 2000]`, "scroll 100"},
		{"larger, no scroll", `[300, 400, null]`, ""},
		{"smaller, no scroll", `[400, 300, null]`, ""},
	} {
		for _, inTask := range []bool{true, false} {
			js := fmt.Sprintf(`(names => %s(%s, %t))(%q)`, resizeAndScroll, c.args, inTask, model.ColumnNames())
			if got := chrome.Get[string](t, p, js); got != c.want {
				t.Errorf("%s, in a task of its own %t: reports %q, want %q", c.name, inTask, got, c.want)
			}
		}
	}
}
