// Stands between tap.js in the page and the extension: it is a panel to the one, while the developer tools of this tab show
// a panel. It believes nothing of what the page says, and passes on bytes.
"use strict";

(() => {
  const panel = "devtools-" + crypto.getRandomValues(new Uint32Array(2)).join("-");
  const ALIVE = 5_000;
  const MOST = 4 << 20;
  let port = null;
  let channel = null;
  let timer = 0;

  const say = (message) => channel?.postMessage({ ...message, panel, own: true });
  const base64 = (bytes) => {
    let out = "";
    for (let i = 0; i < bytes.length; i += 0x6000) out += btoa(String.fromCharCode(...bytes.subarray(i, i + 0x6000)));
    return out;
  };

  const stop = () => {
    say({ kind: "bye" });
    clearInterval(timer);
    channel?.close();
    port = channel = null;
  };

  const listen = () => {
    if (port) return;
    try {
      port = chrome.runtime.connect({ name: "frame" });
      channel = new BroadcastChannel("tetherscope.v1");
    } catch { // the extension was replaced by another version, or the page has no origin
      return stop();
    }
    port.onDisconnect.addListener(() => {
      void chrome.runtime.lastError; // that nobody looks is no error
      stop();
    });
    port.onMessage.addListener(({ taken }) => say({ kind: "taken", page: taken }));
    channel.onmessage = ({ data: m }) => {
      if (m?.kind === "page") return say({ kind: "hello" });
      if (m?.kind !== "batch" || typeof m.page !== "string" || !(m.bytes instanceof Uint8Array) || m.bytes.length > MOST) return;
      if (m.only && m.only !== panel) return;
      port?.postMessage({ page: m.page, bytes: base64(m.bytes) });
    };
    const hello = () => {
      // The channel reaches every tab of the origin; an event of the document reaches only this one.
      document.dispatchEvent(new CustomEvent("tetherscope", { detail: panel }));
      say({ kind: "hello" });
    };
    hello();
    timer = setInterval(hello, ALIVE);
  };

  chrome.runtime.onMessage.addListener((message) => {
    if (message?.kind === "listen") listen();
  });
  listen(); // a panel may be there already
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => event.persisted && listen());
})();
