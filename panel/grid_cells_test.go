//go:build !js

package panel_test

import (
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
