// The painter of the panel's grid. Go says what the rows on the screen are, in one packed string; this writes the cells
// that changed into a fixed set of elements, by textContent alone: nothing here can turn data into markup.
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
  const NAMES = columnsOf.names; // of the cells of a packed row, in their order there; class c-…

  const make = (parent, tag, className, role) => {
    const element = document.createElement(tag);
    element.className = className;
    if (role) element.setAttribute("role", role);
    parent.append(element);
    return element;
  };

  // mount builds the grid in host. Tell is called with what the person does: ("scroll", firstRow, atEnd),
  // ("size", rowsThatFit), ("pick", rowID).
  const mount = (host, tell) => {
    host.setAttribute("role", "grid");
    host.setAttribute("aria-label", "Records");
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
        const span = spans[column.index];
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
        for (const c of columns) s.cells[c.index].data = s.last[c.index + 3] ?? "";
      });
      if (state) columnsOf.save(columns);
    };
    for (const column of columnsOf.state()) {
      const cell = make(head, "span", "c-" + column.name, "columnheader");
      cell.textContent = column.head;
      cell.title = column.title;
      cell.dataset.column = column.name;
      heads.set(column.name, cell);
    }
    globalThis.tetherscopeColumnMenu.attach(host, head, () => columns, layOut);

    const place = (s, y) => {
      if (s.y !== y) s.element.style.transform = `translateY(${(s.y = y)}px)`;
    };

    const show = (s, on) => {
      if (s.shown !== on) s.element.hidden = !(s.shown = on);
    };

    // write puts one packed row into a slot, touching only what differs.
    const write = (s, row) => {
      const parts = row.split(CELL);
      const last = s.last;
      if (parts[0] !== last[0]) {
        s.element.className = "row " + parts[0];
        s.element.setAttribute("aria-selected", String(parts[0].endsWith(" selected")));
      }
      if (parts[1] !== last[1]) s.element.setAttribute("data-id", parts[1]);
      if (parts[2] !== last[2]) s.element.setAttribute("aria-rowindex", String(Number(parts[2]) + 1));
      for (const { index } of visible) {
        if (parts[index + 3] !== last[index + 3]) s.cells[index].data = parts[index + 3];
      }
      s.last = parts;
      return Number(parts[2]) - 1;
    };

    // aimAt works out where scrolling to y will lead. It does not scroll: that has everything laid out, and so is left
    // until the rows are written.
    const aimAt = (y) => {
      top = toTop(Math.max(0, Math.min(y, full() - height)));
      return y;
    };

    // paint shows rows; first is the row that Go puts at the top, follow says that the last row stays in sight.
    const paint = (packed, first, count, follow, selected) => {
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

    host.addEventListener("scroll", () => {
      if (Math.abs(host.scrollTop - expected) < 1) return; // our own
      expected = host.scrollTop;
      top = toTop(expected);
      tell("scroll", Math.floor(top), top >= most() - 0.5);
    }, { passive: true });

    // A wheel turned up holds the view even when there is nothing above to scroll to.
    host.addEventListener("wheel", (event) => {
      if (following && event.deltaY < 0) tell("scroll", Math.floor(most()), false);
    }, { passive: true });

    layer.addEventListener("click", (event) => {
      const row = event.target.closest("[data-id]");
      if (row && getSelection().isCollapsed) tell("pick", row.dataset.id, false);
    });

    new ResizeObserver(() => {
      layOut(null);
      height = Math.max(ROW, host.clientHeight - head.offsetHeight);
      layer.style.height = height + "px";
      layer.style.marginBottom = -height + "px";
      tell("size", Math.floor(height / ROW), false);
    }).observe(host);

    return { paint };
  };

  return { mount };
})();
