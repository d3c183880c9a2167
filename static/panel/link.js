// The lines of a decoded message and its bytes lead to each other, and so do a payload's masked and unmasked bytes. The
// chosen line is Go's: a click on a line or on a byte chooses one, and so do arrow keys. What lies under the pointer
// is shown here, by highlights that change no element.
"use strict";

(() => {
  const NAME = "linked";
  const supported = "highlights" in CSS && typeof Highlight === "function";

  // runs returns the text nodes of a row's cell with the byte that each begins with; wide says that a byte is three characters.
  const runs = (row, cell, wide) => {
    let at = Number(row.dataset.at);
    return [...row.querySelectorAll(cell + " .run")].map((run) => {
      const node = run.firstChild;
      const length = node ? (wide ? (node.data.length + 1) / 3 : [...node.data].length) : 0;
      const entry = { run, node, at, length, wide };
      at += length;
      return entry;
    });
  };
  const CELLS = [[".bytes:not(.plain)", true], [".bytes.plain", true], [".chars", false]];
  const runsOf = (row) => CELLS.flatMap(([cell, wide]) => runs(row, cell, wide));

  // rangesOf returns the text of the bytes from ≤ i < to in a dump.
  const rangesOf = (dump, from, to) => {
    const out = [];
    for (const row of dump.querySelectorAll(".row")) {
      for (const { node, at, length, wide } of runsOf(row)) {
        const a = Math.max(from, at) - at;
        const b = Math.min(to, at + length) - at;
        if (!node || a >= b) continue;
        const range = new Range();
        range.setStart(node, wide ? 3 * a : a);
        range.setEnd(node, Math.min(node.data.length, wide ? 3 * b - 1 : b));
        out.push(range);
      }
    }
    return out;
  };

  // byteAt returns which byte of a dump lies under the pointer, -1 for none.
  const byteAt = (event) => {
    const run = event.target.closest?.(".hex .run");
    const row = run?.closest("[data-at]");
    const found = row && runsOf(row).find((r) => r.run === run);
    if (!found || found.length === 0) return -1;
    const box = run.getBoundingClientRect();
    const part = Math.max(0, Math.min(0.999, (event.clientX - box.left) / box.width));
    return found.at + Math.floor(part * (found.wide ? (3 * found.length - 1) / 3 : found.length));
  };

  // lineAt returns the line of the list that says most about a byte.
  const lineAt = (list, byte) => {
    let best = null;
    for (const line of list.querySelectorAll("[data-from]")) {
      const size = line.dataset.to - line.dataset.from;
      if (byte >= line.dataset.from && byte < line.dataset.to && (!best || size <= best.dataset.to - best.dataset.from)) best = line;
    }
    return best;
  };

  const show = (ranges) => {
    if (!supported) return;
    if (ranges.length) CSS.highlights.set(NAME, new Highlight(...ranges));
    else CSS.highlights.delete(NAME);
  };
  const whole = (element) => {
    const range = new Range();
    range.selectNodeContents(element);
    return range;
  };

  addEventListener("pointermove", (event) => {
    const decoded = event.target.closest?.(".decoded");
    const line = event.target.closest?.("[data-testid=decoded] [data-from]");
    const byte = line ? -1 : byteAt(event);
    if (line) {
      const dump = decoded.querySelector("[data-testid=linked]");
      show(dump ? rangesOf(dump, Number(line.dataset.from), Number(line.dataset.to)) : []);
    } else if (byte >= 0 && decoded) {
      const other = lineAt(decoded.querySelector("[data-testid=decoded]"), byte);
      const dump = decoded.querySelector("[data-testid=linked]");
      show([...(other ? [whole(other)] : []), ...rangesOf(dump, other ? Number(other.dataset.from) : byte, other ? Number(other.dataset.to) : byte + 1)]);
    } else if (byte >= 0 && event.target.closest(".twin")) {
      show(rangesOf(event.target.closest(".twin"), byte, byte + 1));
    } else show([]);
  }, { passive: true });

  // A click on a byte names the byte: Go's handler reads the argument of the row right after this.
  addEventListener("click", (event) => {
    const row = event.target.closest?.(".hex [data-do=highlight-at]");
    const byte = row ? byteAt(event) : -1;
    if (byte >= 0) row.dataset.arg = String(byte);
  }, true);

  // What Go highlights is scrolled into view inside its own box; nothing else scrolls.
  let asked = false;
  new MutationObserver(() => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      const box = document.querySelector("[data-testid=linked]");
      const first = box?.querySelector('[data-byte="highlight"]')?.closest(".row");
      const key = first ? first.dataset.at + "/" + document.querySelector(".line.highlight")?.id : "";
      if (!box || key === box.dataset.shown) return;
      box.dataset.shown = key;
      if (document.activeElement?.matches("[data-testid=decoded]")) document.querySelector(".line.highlight")?.scrollIntoView({ block: "nearest" });
      if (!first) return;
      const top = first.offsetTop - box.offsetTop;
      if (top < box.scrollTop || top + first.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top;
    });
  }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-byte"] });
})();
