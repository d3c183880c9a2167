// The painter of the panel's grid. Go sends the visible rows in one packed string; this writes the cells that changed into a
// fixed set of elements, as text nodes only: nothing here can turn data into markup.
//
// The element given to mount is the scroller. Its height is that of all rows, up to a cap that every browser can do;
// above it one pixel of scrolling is more than one pixel of rows. The layer with the row elements sticks to the top of
// what is visible, and rows stand in it where the scroll position says.
"use strict";

globalThis.tetherscopeGrid = (() => {
  const ROW = 20; // pixels, as --row in grid.css
  const CAP = 16_000_000;
  const CELL = "\x1f";
  const END = "\x1e";
  const columnsOf = globalThis.tetherscopeColumns;

  const make = (parent, tag, className, role) => {
    const element = document.createElement(tag);
    element.className = className;
    if (role) element.setAttribute("role", role);
    parent.append(element);
    return element;
  };

  // mount builds the grid in host. Report is called with what the person does: ("scroll", firstRow, atEnd),
  // ("size", rowsThatFit), ("pick", rowID), ("also", rowID) with Ctrl, ("to", rowID) with Shift, ("menu", rowID) for the menu of a row,
  // ("menu-close") and ("sort", column). Names says which columns the cells of a packed row are of, with spaces between:
  // everything else about a column is found by its name, also its class, c-….
  const mount = (host, report, names) => {
    const NAMES = names.split(" ");
    const cellOf = new Map(NAMES.map((name, i) => [name, i]));
    const strangers = columnsOf.names.filter((name) => !cellOf.has(name)).concat(NAMES.filter((name) => !columnsOf.names.includes(name)));
    if (strangers.length > 0) throw new Error("columns that only Go or only columns.js has: " + strangers.join(" "));
    host.setAttribute("role", "grid");
    host.setAttribute("aria-label", "Records");
    host.setAttribute("aria-multiselectable", "true");
    host.tabIndex = 0;
    const head = make(host, "div", "head", "row");
    head.setAttribute("aria-rowindex", "1");
    const heads = new Map();
    const layer = make(host, "div", "layer", "rowgroup");
    const spacer = make(host, "div", "spacer");
    spacer.setAttribute("aria-hidden", "true");

    const slots = [];
    let height = 0; // pixels for rows
    let total = 0;
    let top = 0; // rows above the visible part, with a fraction
    let expected = 0; // the scrollTop that we set ourselves
    let following = true;

    const full = () => Math.min(total * ROW, CAP);
    const most = () => Math.max(0, total - height / ROW); // the largest top
    const toTop = (scroll) => {
      const range = full() - height;
      return range > 0 ? Math.min(1, scroll / range) * most() : 0;
    };
    const toScroll = (rows) => (most() > 0 ? (rows / most()) * (full() - height) : 0);

    const slot = () => {
      const element = make(layer, "div", "row", "row");
      element.id = "row" + slots.length;
      const spans = NAMES.map((name) => make(element, "span", "c-" + name, "gridcell"));
      const cells = spans.map((span) => span.appendChild(document.createTextNode("")));
      const s = { element, spans, cells, last: [], y: NaN, shown: true };
      arrange(s.element, s.spans);
      return s;
    };

    // arrange puts cells into the order of the columns and hides those that are not shown.
    let columns = columnsOf.state();
    let visible = [];
    const arrange = (row, spans) => {
      for (const column of columns) {
        const span = spans[cellOf.get(column.name)];
        row.append(span);
        span.hidden = !visible.includes(column);
        const at = visible.indexOf(column) + 1;
        if (at > 0) span.setAttribute("aria-colindex", String(at));
      }
    };

    // layOut decides which columns are shown and how wide they are; a null state is the one that was kept.
    const layOut = (state) => {
      columns = state ?? columnsOf.state();
      visible = columnsOf.fit(columns, host.clientWidth - 24);
      host.style.setProperty("--columns", columnsOf.template(visible));
      host.setAttribute("aria-colcount", String(visible.length));
      arrange(head, NAMES.map((name) => heads.get(name)));
      const more = head.querySelector(".more");
      if (more) head.append(more);
      slots.forEach((s) => {
        arrange(s.element, s.spans);
        for (const [i, cell] of s.cells.entries()) cell.data = s.last[i + 3] ?? "";
      });
      if (state) columnsOf.save(columns);
    };
    for (const column of columnsOf.state()) {
      const cell = make(head, "span", "c-" + column.name, "columnheader");
      cell.textContent = column.head;
      cell.title = column.title;
      cell.dataset.column = column.name;
      cell.tabIndex = column.name === "preview" ? 0 : -1; // it is always shown
      heads.set(column.name, cell);
    }
    globalThis.tetherscopeColumnMenu.attach(host, head, () => columns, layOut, (name) => report("sort", name, false));

    // nameLanes writes in the head whose the lanes are.
    const nameLanes = (names) => {
      heads.get("rung").replaceChildren(...names.map((name) => {
        const lane = document.createElement("span");
        lane.textContent = name;
        return lane;
      }));
    };

    // showSorting says in the heads by which column the rows are sorted.
    const showSorting = (name, descending) => {
      for (const [column, cell] of heads) {
        const now = column === name ? (descending ? "descending" : "ascending") : "none";
        if (cell.getAttribute("aria-sort") !== now) cell.setAttribute("aria-sort", now);
      }
    };

    const place = (s, y) => {
      if (s.y !== y) s.element.style.transform = `translateY(${(s.y = y)}px)`;
    };

    const show = (s, on) => {
      if (s.shown !== on) s.element.hidden = !(s.shown = on);
    };

    let unfolded = false; // a column that is found has something to show
    // write puts one packed row into a slot, touching only what differs.
    const write = (s, row) => {
      const parts = row.split(CELL);
      const last = s.last;
      if (parts[0] !== last[0]) {
        s.element.className = "row " + parts[0];
        s.element.setAttribute("aria-selected", String(/ (selected|chosen)$/.test(parts[0])));
      }
      if (parts[1] !== last[1]) s.element.setAttribute("data-id", parts[1]);
      if (parts[2] !== last[2]) s.element.setAttribute("aria-rowindex", String(Number(parts[2]) + 1));
      for (const { name } of visible) {
        const i = cellOf.get(name);
        if (parts[i + 3] !== last[i + 3]) s.cells[i].data = parts[i + 3];
      }
      s.last = parts;
      if (parts[cellOf.get("node") + 3] && columnsOf.find("node")) unfolded = true;
      return Number(parts[2]) - 1;
    };

    // aimAt works out where scrolling to y will lead. It does not scroll: that has everything laid out, and so is left
    // until the rows are written.
    const aimAt = (y) => {
      top = toTop(Math.max(0, Math.min(y, full() - height)));
      return y;
    };

    // paint shows rows; first is the row that Go puts at the top, follow says that the last row stays in sight.
    const paint = (packed, first, count, follow, selected, times, sortedBy, descending, layout) => {
      if (columnsOf.setTimes(times)) layOut(null);
      if (columnsOf.setLayout(layout)) {
        host.dataset.layout = layout;
        nameLanes(columnsOf.LANES[layout] ?? []);
        layOut(null);
      }
      showSorting(sortedBy, descending);
      const grew = count !== total;
      total = count;
      following = follow;
      let y = null;
      if (follow) y = aimAt(full());
      else if (first !== Math.min(Math.floor(top + 1e-6), Math.floor(most()))) y = aimAt(toScroll(first));
      const rows = packed === "" ? [] : packed.split(END);
      while (slots.length < rows.length) slots.push(slot());
      let active = "";
      slots.forEach((s, i) => {
        show(s, i < rows.length);
        if (i >= rows.length) return;
        const number = write(s, rows[i]);
        place(s, Math.round((number - top) * ROW));
        if (number === selected) active = s.element.id;
      });
      if (unfolded) layOut(null);
      unfolded = false;
      if (active) host.setAttribute("aria-activedescendant", active);
      else host.removeAttribute("aria-activedescendant");
      if (grew) {
        spacer.style.height = full() + "px";
        host.setAttribute("aria-rowcount", String(total + 1));
      }
      if (y !== null) {
        host.scrollTop = y;
        expected = host.scrollTop;
      }
    };

    // measure takes the height of the rows' room, and reports whether it is another one.
    const measure = () => {
      const now = Math.max(ROW, host.clientHeight - head.offsetHeight);
      if (now === height) return false;
      height = now;
      layer.style.height = height + "px";
      layer.style.marginBottom = -height + "px";
      return true;
    };

    // A cell that is cut shows all of its text where the pointer rests.
    layer.addEventListener("pointerover", (event) => {
      const cell = event.target.closest("[role=gridcell]");
      if (cell) cell.title = cell.scrollWidth > cell.clientWidth ? cell.textContent : "";
    });

    // settle reports what has changed of the window and of the place where it stands. The size and the place often change in one
    // frame, in either order of their events.
    const settle = () => {
      const resized = measure();
      if (resized) report("size", Math.floor(height / ROW), false);
      const moved = Math.abs(host.scrollTop - expected) >= 1; // else our own
      // Where the window grew, the browser itself has moved what stood at the end. Any other place is one that the user went to.
      const byBrowser = resized && host.scrollTop >= full() - height - 1;
      expected = host.scrollTop;
      if (!moved || byBrowser) return;
      top = toTop(expected);
      report("scroll", Math.floor(top + 1e-6), top >= most() - 0.5); // as in paint: a whole row may come out a hair less
    };
    host.addEventListener("scroll", settle, { passive: true });

    // A wheel turned up turns auto-scroll off even when there is nothing above to scroll to.
    host.addEventListener("wheel", (event) => {
      if (following && event.deltaY < 0) report("scroll", Math.floor(most()), false);
    }, { passive: true });

    layer.addEventListener("click", (event) => {
      const row = event.target.closest("[data-id]");
      if (!row) return;
      if (event.shiftKey) {
        getSelection().empty();
        report("to", row.dataset.id, false);
      } else if (event.ctrlKey || event.metaKey) report("also", row.dataset.id, false);
      else if (getSelection().isCollapsed) report("pick", row.dataset.id, false);
    });

    // The menu of a row opens at the pointer, or below the selected row for the keyboard. Arrow keys move in it.
    const openMenu = (row, x, y) => {
      const menu = document.getElementById("rowmenu");
      if (!row || !menu) return;
      report("menu", row.dataset.id, false);
      const placed = (left) => {
        const first = menu.querySelector(".menu:not(.off) .item:not(.off)");
        if (!first) return void (left > 0 && setTimeout(placed, 20, left - 1));
        const box = menu.firstElementChild.getBoundingClientRect();
        menu.style.left = Math.max(4, Math.min(x, innerWidth - box.width - 4)) + "px";
        menu.style.top = Math.max(4, Math.min(y, innerHeight - box.height - 4)) + "px";
        first.focus();
      };
      placed(1500);
    };
    host.addEventListener("contextmenu", (event) => {
      if (event.target.closest(".head")) return;
      const row = event.target.closest("[data-id]") ?? document.getElementById(host.getAttribute("aria-activedescendant"));
      if (!row) return;
      event.preventDefault();
      const box = row.getBoundingClientRect();
      const byPointer = event.target.closest("[data-id]") && event.clientX + event.clientY > 0;
      openMenu(row, byPointer ? event.clientX : box.left + 24, byPointer ? event.clientY : box.bottom);
    });
    addEventListener("pointerdown", (event) => {
      const menu = document.getElementById("rowmenu");
      if (menu?.querySelector(".menu:not(.off)") && !menu.contains(event.target)) report("menu-close", "", false);
    }, true);
    addEventListener("keydown", (event) => {
      const items = [...(event.target.closest?.("#rowmenu")?.querySelectorAll(".item:not(.off)") ?? [])];
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (items.length === 0 || !step) return;
      items[(items.indexOf(event.target) + step + items.length) % items.length].focus();
      event.preventDefault();
      event.stopPropagation();
    }, true);

    new ResizeObserver(() => {
      layOut(null);
      settle();
    }).observe(host);

    return { paint };
  };

  return { mount };
})();
