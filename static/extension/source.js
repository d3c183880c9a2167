// Where the panel gets its records from in the developer tools: the frames of the inspected tab, through the extension's
// service worker. It takes the place of listen.js.
"use strict";

(() => {
  const AWAKE = 20_000; // ms: a port that is used keeps the service worker from being stopped
  const page = globalThis.tetherscopePage;

  page.pages = (take) => {
    let port = null;
    const join = () => {
      port = chrome.runtime.connect({ name: "panel:" + chrome.devtools.inspectedWindow.tabId });
      port.onMessage.addListener(({ page: name, bytes }) => {
        if (typeof name !== "string" || typeof bytes !== "string") return;
        take(name.slice(0, 64), Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)));
        port.postMessage({ taken: name });
      });
      port.onDisconnect.addListener(() => setTimeout(join, 500));
    };
    join();
    setInterval(() => port.postMessage({}), AWAKE);
  };

  // network opens what the Network panel has: Chrome keeps the messages of workers' sockets there too.
  page.network = () => chrome.devtools.network.getHAR((log) => {
    page.openBlob("network.har", new Blob([JSON.stringify({ log })]));
  });
})();
