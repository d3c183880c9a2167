// The extension's service worker: joins the panels to the frames of the tabs that they inspect. It keeps nothing: when the
// browser stops it, both sides connect again.
"use strict";

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
  chrome.tabs.sendMessage(tab, { kind: "listen" }).catch(() => {}); // a page that no extension may look into
}

function joinFrame(tab, port) {
  if (!panels.has(tab)) return port.disconnect(); // nobody looks
  add(frames, tab, port);
  port.onDisconnect.addListener(() => remove(frames, tab, port));
  port.onMessage.addListener((message) => {
    for (const panel of panels.get(tab) ?? []) panel.postMessage(message);
  });
}
