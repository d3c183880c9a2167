// The sizes of the panel's regions: bars between them are dragged, or moved with the arrow keys; a double click or Home
// brings a default back. The sizes are kept in the browser and set as custom properties of the document.
"use strict";

(() => {
  const KEY = "tetherscope.layout";
  const SIDES = {
    left: { property: "--left", least: 120, most: () => innerWidth * 0.4 },
    right: { property: "--right", least: 260, most: () => innerWidth * 0.7 },
    bottom: { property: "--bottom", least: 100, most: () => innerHeight * 0.75 },
  };
  let sizes = {};
  try {
    sizes = JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    // Defaults, then.
  }

  const keep = () => {
    try {
      localStorage.setItem(KEY, JSON.stringify(sizes));
    } catch {
      // Nothing is kept, then.
    }
  };

  const apply = (name, bar) => {
    const side = SIDES[name];
    const size = Number(sizes[name]);
    if (size > 0) document.documentElement.style.setProperty(side.property, Math.round(Math.max(side.least, Math.min(size, side.most()))) + "px");
    else document.documentElement.style.removeProperty(side.property);
    bar?.setAttribute("aria-valuenow", String(Math.round(size || measure(name))));
    bar?.setAttribute("aria-valuemin", String(side.least));
    bar?.setAttribute("aria-valuemax", String(Math.round(side.most())));
  };

  const box = (name) => document.querySelector(name === "left" ? ".conns" : ".detail")?.getBoundingClientRect();
  const measure = (name) => (name === "bottom" ? box(name)?.height : box(name)?.width) ?? 0;

  // sideOf says what a bar moves: the detail's bar lies beside it or above it, as the window is wide.
  const sideOf = (bar) => (bar.dataset.split === "left" ? "left" : bar.offsetWidth > bar.offsetHeight ? "bottom" : "right");
  const barOf = (event) => event.target.closest?.("[data-split]");

  const set = (name, size, bar) => {
    sizes[name] = size;
    apply(name, bar);
    keep();
  };

  addEventListener("pointerdown", (event) => {
    const bar = barOf(event);
    if (!bar || event.button !== 0) return;
    const name = sideOf(bar);
    const from = measure(name);
    const { clientX: x, clientY: y } = event;
    const drag = (e) => set(name, from + (name === "left" ? e.clientX - x : name === "right" ? x - e.clientX : y - e.clientY), bar);
    const stop = () => {
      removeEventListener("pointermove", drag);
      removeEventListener("pointerup", stop);
      removeEventListener("pointercancel", stop);
    };
    addEventListener("pointermove", drag);
    addEventListener("pointerup", stop);
    addEventListener("pointercancel", stop);
    event.preventDefault();
    bar.focus();
  });
  addEventListener("dblclick", (event) => {
    const bar = barOf(event);
    if (bar) set(sideOf(bar), 0, bar);
  });
  addEventListener("keydown", (event) => {
    const bar = barOf(event);
    if (!bar) return;
    const name = sideOf(bar);
    const grow = { left: ["ArrowRight", "ArrowLeft"], right: ["ArrowLeft", "ArrowRight"], bottom: ["ArrowUp", "ArrowDown"] }[name];
    const step = grow.indexOf(event.key);
    if (event.key === "Home") set(name, 0, bar);
    else if (step < 0) return;
    else set(name, measure(name) + (step === 0 ? 16 : -16), bar);
    event.preventDefault();
    event.stopPropagation();
  }, true);
  addEventListener("focusin", (event) => {
    const bar = barOf(event);
    if (bar) apply(sideOf(bar), bar);
  });

  for (const name of Object.keys(SIDES)) apply(name);
  globalThis.tetherscopeLayout = () => document.querySelectorAll("[data-split]").forEach((bar) => apply(sideOf(bar), bar));
})();
