// What a person does with the head of the grid: drag an edge to resize a column, drag a name to move it, press it to sort the rows, and choose
// in a menu, which the button at the right end, a click with the right button or the key "." opens, what is shown.
"use strict";

globalThis.tetherscopeColumnMenu = (() => {
  const { LEAST } = tetherscopeColumns;

  // attach makes the head of a grid do all that. Columns() returns the state, change(columns) takes a new one, and sort(name)
  // sorts by a column.
  const attach = (host, head, columns, change, sort) => {
    const find = (name) => columns().find((c) => c.name === name);
    const cellOf = (event) => event.target.closest?.("[data-column]");

    // An edge is the last 6 pixels of a head cell.
    const onEdge = (cell, event) => find(cell.dataset.column).width > 0 && cell.getBoundingClientRect().right - event.clientX < 6;

    const resize = (cell, start) => {
      const column = find(cell.dataset.column);
      const from = column.width;
      return (event) => {
        column.width = Math.max(LEAST, Math.round(from + event.clientX - start));
        change(columns());
      };
    };

    const move = (cell) => (event) => {
      const list = columns();
      const over = document.elementsFromPoint(event.clientX, head.getBoundingClientRect().top + 4).find((e) => e.dataset?.column);
      if (!over || over === cell) return;
      const from = list.findIndex((c) => c.name === cell.dataset.column);
      const to = list.findIndex((c) => c.name === over.dataset.column);
      list.splice(to, 0, list.splice(from, 1)[0]);
      change(list);
    };

    head.addEventListener("pointermove", (event) => {
      const cell = cellOf(event);
      if (cell) cell.classList.toggle("edge", onEdge(cell, event));
    });
    let dragged = false;
    head.addEventListener("click", (event) => {
      const cell = cellOf(event);
      if (cell && (!dragged || event.detail === 0)) sort(cell.dataset.column);
      dragged = false;
    });
    head.addEventListener("pointerdown", (event) => {
      const cell = cellOf(event);
      if (!cell || event.button !== 0) return;
      const drag = onEdge(cell, event) ? resize(cell, event.clientX) : move(cell);
      const x = event.clientX;
      dragged = onEdge(cell, event);
      const note = (e) => (dragged ||= Math.abs(e.clientX - x) > 3);
      addEventListener("pointermove", note);
      const stop = () => {
        removeEventListener("pointermove", note);
        removeEventListener("pointermove", drag);
        removeEventListener("pointerup", stop);
        removeEventListener("pointercancel", stop);
      };
      addEventListener("pointermove", drag);
      addEventListener("pointerup", stop);
      addEventListener("pointercancel", stop);
      event.preventDefault();
    });

    // One name is in the order of Tab; arrow keys move between them, Enter and the space bar sort.
    head.addEventListener("keydown", (event) => {
      const cell = cellOf(event);
      if (!cell) return;
      const shown = [...head.querySelectorAll("[data-column]:not([hidden])")];
      const at = shown.indexOf(cell);
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: shown.length - 1 }[event.key];
      if (event.key === "Enter" || event.key === " ") sort(cell.dataset.column);
      else if (to === undefined) return;
      else shown[Math.max(0, Math.min(to, shown.length - 1))].focus();
      event.preventDefault();
      event.stopPropagation();
    });
    head.addEventListener("focusin", (event) => {
      const cell = cellOf(event);
      if (cell) for (const other of head.querySelectorAll("[data-column]")) other.tabIndex = other === cell ? 0 : -1;
    });

    // A double click on an edge makes the column as wide as the widest of its cells in sight.
    head.addEventListener("dblclick", (event) => {
      const cell = cellOf(event);
      if (!cell || !onEdge(cell, event)) return;
      const column = find(cell.dataset.column);
      const cells = [cell, ...host.querySelectorAll(`.row:not([hidden]) > .c-${column.name}`)];
      column.width = Math.min(600, Math.max(LEAST, ...cells.map((c) => c.scrollWidth + 2)));
      change(columns());
    });

    const menu = document.createElement("div");
    menu.className = "colmenu";
    menu.hidden = true;
    menu.setAttribute("role", "dialog");
    menu.setAttribute("aria-label", "Columns");
    host.parentElement.append(menu);

    const button = (text, label, act) => {
      const b = document.createElement("button");
      b.type = "button";
      b.textContent = text;
      if (label) b.setAttribute("aria-label", label);
      b.addEventListener("click", act);
      return b;
    };

    // line is one column of the menu: shown or not, further left, further right. The state may be another one by the time that
    // it is clicked, as after a change of the window's size: it is asked for by name.
    const line = (column) => {
      const row = document.createElement("div");
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = !column.off;
      box.disabled = column.name === "preview";
      box.addEventListener("change", () => {
        find(column.name).off = !box.checked;
        change(columns());
      });
      label.append(box, " " + column.head + "  ");
      const what = document.createElement("small");
      what.textContent = column.title;
      label.append(what);
      const shift = (by) => () => {
        const list = columns();
        const from = list.findIndex((c) => c.name === column.name);
        const to = Math.max(0, Math.min(list.length - 1, from + by));
        list.splice(to, 0, list.splice(from, 1)[0]);
        change(list);
        fill();
        menu.querySelectorAll(by < 0 ? ".up" : ".down")[to]?.focus();
      };
      const up = button("←", column.title + ": further left", shift(-1));
      const down = button("→", column.title + ": further right", shift(1));
      up.className = "up";
      down.className = "down";
      row.append(label, up, down);
      return row;
    };

    const fill = () => {
      const list = columns();
      const reset = button("Reset columns", "", () => {
        tetherscopeColumns.reset();
        change(null);
        fill();
      });
      reset.className = "tool small";
      menu.replaceChildren(...list.filter((c) => !c.layout).map(line), reset);
    };

    const toggle = (on = menu.hidden) => {
      if (on) fill();
      menu.hidden = !on;
      if (on) menu.querySelector("input")?.focus();
      else if (menu.contains(document.activeElement)) host.focus();
    };
    head.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      toggle();
    });
    const opener = button("⋯", "Columns", () => toggle());
    opener.className = "colbutton";
    opener.title = "Columns ( . )";
    const cell = document.createElement("span");
    cell.className = "more";
    cell.setAttribute("role", "columnheader");
    cell.append(opener);
    head.append(cell);
    addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input:not([type=checkbox]), textarea");
      if (event.key === "Escape" && !menu.hidden) toggle(false);
      else if (event.key === "." && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) toggle();
      else return;
      event.preventDefault();
      event.stopPropagation();
    }, true);
    addEventListener("pointerdown", (event) => {
      if (!menu.hidden && !menu.contains(event.target) && event.target !== opener) toggle(false);
    });
  };

  return { attach };
})();
