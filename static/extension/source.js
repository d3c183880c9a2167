// The source of the panel's records in the developer tools: the frames of the inspected tab, through the extension's
// service worker. It replaces listen.js.
"use strict";

(() => {
  const AWAKE = 20_000; // ms: a port that is used keeps the service worker from being stopped
  const page = globalThis.tetherscopePage;

  page.pages = (take) => {
    let port = null;
    const join = () => {
      port = chrome.runtime.connect({ name: "panel:" + chrome.devtools.inspectedWindow.tabId });
      port.onMessage.addListener(({ page: name, bytes, gone }) => {
        if (Array.isArray(gone)) return gone.forEach((one) => typeof one === "string" && take(one.slice(0, 64), null));
        if (typeof name !== "string" || typeof bytes !== "string") return;
        take(name.slice(0, 64), Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)));
        port.postMessage({ taken: name });
      });
      port.onDisconnect.addListener(() => setTimeout(join, 500));
    };
    join();
    setInterval(() => port.postMessage({}), AWAKE);
  };

  // network opens the requests of the Network panel: Chrome lists the messages of workers' sockets there too.
  page.network = () => chrome.devtools.network.getHAR((log) => {
    page.openBlob("network.har", new Blob([JSON.stringify({ log })]));
  });
})();
