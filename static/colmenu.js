// What a person does with the head of the grid: drag an edge to resize a column, drag a name to move it, and choose in a
// menu, which the button at the right end, a click with the right button or the key "." opens, what is shown.
"use strict";

globalThis.tetherscopeColumnMenu = (() => {
  const { LEAST } = tetherscopeColumns;

  // attach makes the head of a grid do all that. Columns() returns the state, change(columns) takes a new one.
  const attach = (host, head, columns, change) => {
    const find = (name) => columns().find((c) => c.name === name);
    const cellOf = (event) => event.target.closest?.("[data-column]");

    // An edge is the last 6 pixels of a head cell.
    const onEdge = (cell, event) => find(cell.dataset.column).width > 0 && !find(cell.dataset.column).content && cell.getBoundingClientRect().right - event.clientX < 6;

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
    head.addEventListener("pointerdown", (event) => {
      const cell = cellOf(event);
      if (!cell || event.button !== 0) return;
      const drag = onEdge(cell, event) ? resize(cell, event.clientX) : move(cell);
      const stop = () => {
        removeEventListener("pointermove", drag);
        removeEventListener("pointerup", stop);
        removeEventListener("pointercancel", stop);
      };
      addEventListener("pointermove", drag);
      addEventListener("pointerup", stop);
      addEventListener("pointercancel", stop);
      event.preventDefault();
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
    // somebody clicks, as after a change of the window's size: it is asked for by name.
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
      menu.replaceChildren(...list.map(line), reset);
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
