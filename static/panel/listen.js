// Receives records of the WebSockets of pages of this origin (tap.js, tether.mjs, tether for Go) without configuration: the
// panel announces itself on a BroadcastChannel, and only then pages report. A report is bytes for the model, which trusts
// nothing in it that a page cannot know. Take(page, null) says that a page is gone, where it cannot say so itself.
"use strict";

globalThis.tetherscopePage.pages = (take) => {
  if (typeof BroadcastChannel !== "function") return;
  const ANNOUNCE = 5_000; // ms between two announcements; pages drop a panel after four
  const MOST = 4 << 20; // bytes of a batch: ours are far smaller
  const panel = crypto.getRandomValues(new Uint32Array(2)).join("-");
  let channel = null;
  const post = (message) => channel?.postMessage({ ...message, panel });
  const hello = () => post({ kind: "hello", tap: new URL("/tap.js", location.href).href });
  const open = () => {
    channel = new BroadcastChannel("tetherscope.v1");
    channel.onmessage = ({ data: m }) => {
      if (m?.kind === "page") hello();
      if (m?.kind !== "batch" || typeof m.page !== "string" || !(m.bytes instanceof Uint8Array) || m.bytes.length > MOST) return;
      if (m.only && m.only !== panel || Array.isArray(m.to) && !m.to.includes(panel)) return;
      take(m.page.slice(0, 64), m.bytes);
      post({ kind: "taken", page: m.page });
    };
    hello();
  };
  open();
  setInterval(hello, ANNOUNCE);
  addEventListener("pagehide", () => {
    post({ kind: "bye" });
    channel?.close();
    channel = null;
  });
  addEventListener("pageshow", (event) => event.persisted && open());
};
