// relay runs in a document of an inspected tab, in the extension's own world, and connects tap.js in the page's world with the
// service worker: for tap.js it is a panel, on a channel whose name only the two know. It trusts nothing that the page says and passes
// on bytes only. The service worker calls it by chrome.scripting, which takes the text of the function: it uses nothing outside it.
"use strict";

globalThis.relay = (name) => {
  const ANNOUNCE = 5_000; // ms between two announcements
  const MOST = 4 << 20; // bytes of a batch
  globalThis.tetherscopeRelay?.(); // an earlier one, which this one replaces
  const panel = "devtools";
  let port = null;
  let channel = null;
  let timer = 0;

  const post = (message) => channel?.postMessage({ ...message, panel });
  const base64 = (bytes) => {
    let out = "";
    for (let i = 0; i < bytes.length; i += 0x6000) out += btoa(String.fromCharCode(...bytes.subarray(i, i + 0x6000)));
    return out;
  };
  const stop = () => {
    post({ kind: "bye" });
    clearInterval(timer);
    removeEventListener("pagehide", stop);
    channel?.close();
    port?.disconnect();
    port = channel = null;
  };
  const hello = () => post({ kind: "hello" });

  try {
    port = chrome.runtime.connect({ name: "frame" });
    channel = new BroadcastChannel(name);
  } catch { // the extension was replaced by another version, or the page has no origin
    return stop();
  }
  port.onDisconnect.addListener(() => {
    void chrome.runtime.lastError; // the panel was closed: no error
    stop();
  });
  port.onMessage.addListener(({ taken }) => post({ kind: "taken", page: taken }));
  channel.onmessage = ({ data: m }) => {
    if (m?.kind === "page") return hello();
    if (m?.kind !== "batch" || typeof m.page !== "string" || !(m.bytes instanceof Uint8Array) || m.bytes.length > MOST) return;
    port?.postMessage({ page: m.page, bytes: base64(m.bytes) });
  };
  hello();
  timer = setInterval(hello, ANNOUNCE);
  globalThis.tetherscopeRelay = stop;
  addEventListener("pagehide", stop);
};
