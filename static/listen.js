// Hears the pages of this origin that tell of their sockets (tap.js, tether.mjs, tether for Go), without any configuration:
// the panel announces itself on a BroadcastChannel, and only then pages tell. What a page tells is bytes for the model,
// which believes nothing of it that a page cannot know.
"use strict";

globalThis.tetherscopePage.pages = (take) => {
  if (typeof BroadcastChannel !== "function") return;
  const ALIVE = 5_000; // ms between two announcements; pages give a panel up after four
  const MOST = 4 << 20; // bytes of a batch: ours are far smaller
  const panel = crypto.getRandomValues(new Uint32Array(2)).join("-");
  let channel = null;
  const say = (message) => channel?.postMessage({ ...message, panel });
  const hello = () => say({ kind: "hello", tap: new URL("/tap.js", location.href).href });
  const open = () => {
    channel = new BroadcastChannel("tetherscope.v1");
    channel.onmessage = ({ data: m }) => {
      if (m?.kind === "page") hello();
      if (m?.kind !== "batch" || typeof m.page !== "string" || !(m.bytes instanceof Uint8Array) || m.bytes.length > MOST) return;
      if (m.only && m.only !== panel) return;
      take(m.page.slice(0, 64), m.bytes);
      say({ kind: "taken", page: m.page });
    };
    hello();
  };
  open();
  setInterval(hello, ALIVE);
  addEventListener("pagehide", () => {
    say({ kind: "bye" });
    channel?.close();
    channel = null;
  });
  addEventListener("pageshow", (event) => event.persisted && open());
};
