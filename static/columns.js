// The columns of the panel's grid: which are shown, in which order and how wide. A person's choice is kept in the
// browser. What does not fit beside the preview is left out, the least important first, and comes back with the room.
"use strict";

globalThis.tetherscopeColumns = (() => {
  // Content: as wide as what stands in it. rank: the higher, the sooner a column gives way; 0 never. A width of 0 takes what is left.
  const ALL = [
    { name: "seq", head: "#", title: "record number; one without a row says how long frames stood in a proxy", width: 44, rank: 7 },
    { name: "time", head: "time", title: "time of day", width: 88, rank: 2 },
    { name: "delta", head: "Δ", title: "since the row before", width: 58, rank: 2 },
    { name: "gap", head: "Δ conn", title: "since the row before on the same connection", width: 68, rank: 10, off: true },
    { name: "way", head: "Δ dir", title: "since the frame before in the same direction of the connection", width: 68, rank: 10, off: true },
    { name: "conn", head: "c", title: "connection", width: 20, rank: 8 },
    { name: "dir", head: "⇅", title: "direction: ↑ sent by the client, ↓ received by it", width: 12, rank: 0 },
    { name: "type", head: "type", title: "message or frame type", width: 60, rank: 0 },
    { name: "flags", head: "F R z", title: "FIN, reserved bits, compressed", width: 36, rank: 4 },
    { name: "key", head: "mask key", title: "masking key", width: 84, rank: 10, off: true },
    { name: "length", head: "length → wire", title: "length, and what it took on the wire", width: 92, rank: 1 },
    { name: "ratio", head: "ratio", title: "length ÷ wire: compression", width: 44, rank: 9, off: true },
    { name: "took", head: "took", title: "of a pong or an answer: time since what it answers", width: 60, rank: 8, off: true },
    { name: "preview", head: "preview", title: "content", width: 0, rank: 0 },
    { name: "meaning", head: "meaning", title: "what a decoder makes of it; a guess unless the subprotocol says so", width: 168, rank: 9 },
    { name: "note", head: "notes", title: "marks, notes, fragments, round trips and violations", width: 40, rank: 3, content: true },
  ];
  const KEY = "tetherscope.columns";
  const LEAST = 24; // pixels of a column
  const ROOM = 120; // pixels that the preview keeps for itself
  const GAP = 8;

  const load = () => {
    try {
      return JSON.parse(localStorage.getItem(KEY)) ?? {};
    } catch {
      return {};
    }
  };

  // state returns the columns as a person left them; unknown names and wrong values of an old visit are passed over.
  const state = () => {
    const kept = load();
    const order = Array.isArray(kept.order) ? kept.order : [];
    const place = (c) => {
      const i = order.indexOf(c.name);
      return i < 0 ? ALL.indexOf(c) - 0.5 : i;
    };
    return ALL.map((c, i) => ({
      ...c,
      index: i,
      off: typeof kept.off?.[c.name] === "boolean" ? kept.off[c.name] : !!c.off,
      width: c.width && kept.width?.[c.name] >= LEAST ? Math.min(kept.width[c.name], 600) : c.width,
    })).sort((a, b) => place(a) - place(b));
  };

  const save = (columns) => {
    const pick = (value) => Object.fromEntries(columns.map((c) => [c.name, c[value]]));
    try {
      localStorage.setItem(KEY, JSON.stringify({ order: columns.map((c) => c.name), off: pick("off"), width: pick("width") }));
    } catch {
      // Nothing is kept, then.
    }
  };

  // fit returns the columns to show in so many pixels.
  const fit = (columns, pixels) => {
    const shown = columns.filter((c) => !c.off);
    const needed = () => shown.reduce((sum, c) => sum + (c.width || ROOM) + GAP, 0);
    while (needed() > pixels) {
      const victim = shown.reduce((a, b) => (b.rank > a.rank ? b : a), shown[0]);
      if (!victim || victim.rank === 0) break;
      shown.splice(shown.indexOf(victim), 1);
    }
    return shown;
  };

  // template is the value of grid-template-columns.
  const template = (shown) => shown.map((c) => (c.content ? "minmax(0, max-content)" : c.width ? c.width + "px" : "minmax(48px, 1fr)")).join(" ");

  const reset = () => localStorage.removeItem(KEY);
  return { names: ALL.map((c) => c.name), state, save, fit, template, reset, LEAST };
})();
