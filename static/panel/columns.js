// The columns of the panel's grid: which are shown, in which order and how wide. A person's choice is kept in the
// browser. What does not fit beside the preview is left out, the least important first, and comes back with the room.
"use strict";

globalThis.tetherscopeColumns = (() => {
  // Columns of a higher rank are hidden first, those of rank 0 never. A width of 0 takes the rest.
  const ALL = [
    { name: "row", head: "#", title: "number of the row among those that are shown", width: 44, rank: 6 },
    { name: "seq", head: "record", title: "record number of the capture, as in links, files and seq:; numbers without a row are transit times of a proxy", width: 52, rank: 10, off: true },
    { name: "time", head: "time", title: "time of day", width: 88, rank: 3 },
    { name: "delta", head: "Δ", title: "time since the previous row", width: 58, rank: 4 },
    { name: "conn-delta", head: "Δ conn", title: "time since the previous row of the same connection", width: 68, rank: 10, off: true },
    { name: "dir-delta", head: "Δ dir", title: "time since the previous frame in the same direction of the connection", width: 68, rank: 10, off: true },
    { name: "conn", head: "conn", title: "connection", width: 34, rank: 7 },
    { name: "node", head: "node", title: "node that the connection is on", width: 56, rank: 7, found: true },
    { name: "path", head: "path", title: "path and query that the connection was opened to; beside them the name of a target, or a host", width: 128, rank: 9 },
    { name: "dir", head: "⇅", title: "direction: ↑ client to server, ↓ server to client", width: 12, rank: 0 },
    { name: "type", head: "type", title: "message or frame type", width: 60, rank: 0 },
    { name: "flags", head: "flags", title: "FIN, reserved bits, compressed", width: 36, rank: 8 },
    { name: "key", head: "mask key", title: "masking key", width: 84, rank: 10, off: true },
    { name: "length", head: "length → wire", title: "payload length, and length on the wire", width: 92, rank: 2 },
    { name: "ratio", head: "ratio", title: "length ÷ wire: compression", width: 44, rank: 10, off: true },
    { name: "response", head: "response time", title: "of a pong or a response: time since its ping or request", width: 96, rank: 10, off: true },
    { name: "preview", head: "preview", title: "start of the payload", width: 0, rank: 0 },
    { name: "decoded", head: "decoded", title: "summary by a decoder; a guess unless the subprotocol names it", width: 120, rank: 1 },
    { name: "rung", head: "client, proxy, server", title: "from whom to whom, or what was sent and received", width: 0, rank: 0, layout: ["ladder", "conversation"] },
    { name: "pairs", head: "pairs", title: "requests joined with their answers", width: 44, rank: 2, layout: ["ladder"] },
    { name: "note", head: "notes", title: "marks, notes, fragments, round-trip times and violations", width: 80, rank: 5 },
  ];
  const LANES = { ladder: ["client", "proxy", "server"], conversation: ["received", "sent"] };
  // What the ladder and the conversation show beside, in every order.
  const BESIDE = ["time", "delta", "conn", "dir", "note"];
  const KEY = "tetherscope.columns";
  const LEAST = 24; // pixels of a column
  const GAP = 8;

  // Names that columns had before, as they may stand in localStorage.
  const FORMER = { gap: "conn-delta", way: "dir-delta", took: "response", meaning: "decoded" };
  // A column that is found is shown when a row has something in it, unless a person chose otherwise then.
  const found = new Set();
  const find = (name) => {
    const news = !found.has(name);
    found.add(name);
    return news;
  };
  const load = () => {
    try {
      const text = localStorage.getItem(KEY) ?? "{}";
      return JSON.parse(text.replace(/"(gap|way|took|meaning)"/g, (_, name) => JSON.stringify(FORMER[name])));
    } catch {
      return {};
    }
  };

  // state returns the columns as a person left them; unknown names and wrong values of an older version are ignored.
  const state = () => {
    const kept = load();
    const order = Array.isArray(kept.order) ? kept.order : [];
    const place = (c) => {
      const i = order.indexOf(c.name);
      return i < 0 ? ALL.indexOf(c) - 0.5 : i;
    };
    return ALL.map((c) => ({
      ...c,
      off: typeof kept.off?.[c.name] === "boolean" ? kept.off[c.name] : !!c.off || (!!c.found && !found.has(c.name)),
      width: c.width && kept.width?.[c.name] >= LEAST ? Math.min(kept.width[c.name], 600) : c.width,
    })).sort((a, b) => place(a) - place(b));
  };

  const save = (columns) => {
    const pick = (value) => Object.fromEntries(columns.filter((c) => !c.found || !c.off || found.has(c.name)).map((c) => [c.name, c[value]]));
    try {
      localStorage.setItem(KEY, JSON.stringify({ order: columns.map((c) => c.name), off: pick("off"), width: pick("width") }));
    } catch {
      // Nothing is kept, then.
    }
  };

  // setTimes says what the column of times shows, and reports whether that is new: a date needs room of its own.
  let times = "";
  const setTimes = (now) => {
    const before = times;
    times = now;
    return before !== now;
  };
  const widthOf = (c) => (c.name === "time" && times === "date" ? Math.max(c.width, 168) : c.width);

  // setLayout says how the rows are drawn, and reports whether that is new.
  let layout = "list";
  const setLayout = (now) => {
    const before = layout;
    layout = now;
    return before !== now;
  };
  const belongs = (c) => (layout === "list" ? !c.off && !c.layout : c.layout ? c.layout.includes(layout) : BESIDE.includes(c.name));

  // room is how many of so many pixels the preview keeps for itself: other columns are hidden before it gets less.
  const room = (pixels) => Math.max(160, Math.min(360, Math.round(0.3 * pixels)));

  // fit returns the columns to show in so many pixels.
  const fit = (columns, pixels) => {
    const shown = columns.filter(belongs);
    const needed = () => shown.reduce((sum, c) => sum + (widthOf(c) || room(pixels)) + GAP, -GAP);
    while (needed() > pixels) {
      const victim = shown.reduce((a, b) => (b.rank > a.rank ? b : a), shown[0]);
      if (!victim || victim.rank === 0) break;
      shown.splice(shown.indexOf(victim), 1);
    }
    return shown;
  };

  // template is the value of grid-template-columns.
  const template = (shown) => shown.map((c) => (c.width ? widthOf(c) + "px" : "minmax(48px, 1fr)")).join(" ");

  const reset = () => localStorage.removeItem(KEY);
  return { names: ALL.map((c) => c.name), LANES, find, setTimes, setLayout, state, save, fit, template, reset, LEAST };
})();
