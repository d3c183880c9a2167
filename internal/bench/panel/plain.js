// A list of the same rows in plain JavaScript, written for speed: objects in an array, a
// fixed set of row elements, and only the cells written that differ.
"use strict";

globalThis.plainList = (host, rowHeight) => {
  const NAMES = ["seq", "time", "delta", "conn", "dir", "type", "flags", "length", "preview", "note"];
  const layer = document.createElement("div");
  layer.className = "layer";
  const spacer = document.createElement("div");
  host.append(layer, spacer);
  layer.style.height = host.clientHeight + "px";
  const slots = [];
  let items = [];
  const slot = () => {
    const element = document.createElement("div");
    element.className = "row";
    const cells = NAMES.map((name) => {
      const span = document.createElement("span");
      span.className = "c-" + name;
      const text = document.createTextNode("");
      span.append(text);
      element.append(span);
      return text;
    });
    layer.append(element);
    return { element, cells, last: [] };
  };
  const two = (n) => String(n).padStart(2, "0");
  const clock = (ms) => {
    const d = new Date(ms);
    return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}.${String(d.getUTCMilliseconds()).padStart(3, "0")}`;
  };
  const texts = (r, before) => [
    String(r.seq), clock(r.time), before ? "+" + (r.time - before.time).toPrecision(3) + " ms" : "", String(r.conn),
    r.dir ? "↓" : "↑", "text", "■ · ·", String(r.length), r.payload.slice(0, 240), "",
  ];
  return {
    clear: () => { items = []; },
    add: (list) => { for (const r of list) items.push(r); },
    paint: (rows) => {
      spacer.style.height = Math.min(items.length * rowHeight, 16_000_000) + "px";
      host.scrollTop = host.scrollHeight;
      while (slots.length < rows) slots.push(slot());
      const first = Math.max(0, items.length - rows);
      slots.forEach((s, i) => {
        const r = items[first + i];
        s.element.hidden = !r;
        if (!r) return;
        const now = texts(r, items[first + i - 1]);
        const look = r.dir ? "row in text" : "row out text";
        if (s.look !== look) s.element.className = s.look = look;
        now.forEach((text, k) => {
          if (text !== s.last[k]) s.cells[k].data = text;
        });
        s.last = now;
        const y = i * rowHeight;
        if (s.y !== y) s.element.style.transform = `translateY(${(s.y = y)}px)`;
      });
      return items.length;
    },
  };
};
