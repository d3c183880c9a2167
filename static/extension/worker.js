// The extension's service worker: connects the panels with the frames of the tabs that they inspect. Nothing of the extension runs in
// a page until a panel of that tab is open: then it puts tap.js and a relay into each document of the tab. It has no state: when
// the browser stops it, both sides reconnect.
"use strict";

importScripts("tap.js", "relay.js");

const panels = new Map(); // tab → ports of panels
const frames = new Map(); // tab → ports of frames
const own = chrome.runtime.getURL("");

const add = (map, tab, port) => {
  if (!map.has(tab)) map.set(tab, new Set());
  map.get(tab).add(port);
};
const remove = (map, tab, port) => {
  map.get(tab)?.delete(port);
  if (map.get(tab)?.size === 0) map.delete(tab);
};

// inject puts both into one document, with the name of a channel that is in no other.
const inject = (tabId, documentId) => {
  const shared = { target: { tabId, documentIds: [documentId] }, args: [crypto.randomUUID()], injectImmediately: true };
  for (const script of [{ world: "MAIN", func: tap }, { world: "ISOLATED", func: relay }]) {
    chrome.scripting.executeScript({ ...shared, ...script }).catch(() => {}); // a page that extensions cannot access, or one that was left
  }
};

chrome.webNavigation.onCommitted.addListener(({ tabId, documentId }) => {
  if (panels.has(tabId)) inject(tabId, documentId);
});

chrome.runtime.onConnect.addListener((port) => {
  const [kind, number] = port.name.split(":");
  if (kind === "panel" && port.sender?.url?.startsWith(own)) return joinPanel(Number(number), port);
  if (kind === "frame" && port.sender?.tab) return joinFrame(port.sender.tab.id, port);
  port.disconnect();
});

function joinPanel(tab, port) {
  add(panels, tab, port);
  port.onDisconnect.addListener(() => {
    remove(panels, tab, port);
    if (!panels.has(tab)) for (const frame of frames.get(tab) ?? []) frame.disconnect();
  });
  port.onMessage.addListener(({ taken }) => {
    if (taken) for (const frame of frames.get(tab) ?? []) frame.postMessage({ taken });
  });
  chrome.webNavigation.getAllFrames({ tabId: tab }).then((list) => {
    for (const { documentId } of list ?? []) inject(tab, documentId);
  }, () => {}); // the tab is gone
}

function joinFrame(tab, port) {
  if (!panels.has(tab)) return port.disconnect(); // no panel is open
  add(frames, tab, port);
  const pages = new Set(); // names of those that the frame passed on records of
  port.onDisconnect.addListener(() => {
    remove(frames, tab, port);
    for (const panel of panels.get(tab) ?? []) panel.postMessage({ gone: [...pages] }); // it was left, or removed
  });
  port.onMessage.addListener((message) => {
    if (pages.size < 64 && typeof message?.page === "string") pages.add(message.page);
    for (const panel of panels.get(tab) ?? []) panel.postMessage(message);
  });
}
