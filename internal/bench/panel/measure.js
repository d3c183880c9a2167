// What the benchmark does in the page. Each measurement runs both lists in turns.
"use strict";

const ROWS = 44;
const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
// spread is the median of a list, and what its quickest tenth stays under: what a repaint costs when no other program
// takes the processor away in the middle of it.
const spread = (list) => ({ median: median(list), quick: [...list].sort((a, b) => a - b)[Math.floor(list.length / 10)] });
const payload = (n) => {
  const s = `{"type":"trade","price":${n % 1000}.5,"id":"${String(n).padStart(8, "0")}","pad":"`;
  return s + "x".repeat(126 - s.length) + '"}';
};
const objects = (first, n) => Array.from({ length: n }, (_, i) => (
  { seq: first + i, time: 1e12 + (first + i) / 100, conn: 1, dir: (first + i) & 1, length: 128, payload: payload(first + i) }));

let plain;
globalThis.ready = async () => {
  const go = new Go();
  const { instance } = await WebAssembly.instantiateStreaming(fetch("/bench.wasm"), go.importObject);
  go.run(instance);
  plain = plainList(document.getElementById("plain"), 20);
  panel.reset(256 << 20);
  panel.rows(ROWS);
  return true;
};

// repaint: every repaint shows rows that were not there before, and the layout is done before the clock stops. Each list
// is the first in a frame as often as the others: the first meets caches that another variant has filled.
globalThis.repaint = async (times) => {
  panel.reset(64 << 20);
  panel.rows(ROWS);
  plain.clear();
  const took = { panel: [], plain: [], again: [] };
  const names = Object.keys(took);
  let next = 1;
  const settle = (host) => document.getElementById(host).lastElementChild.getBoundingClientRect();
  const once = {
    panel: () => { panel.paint(); settle("grid"); },
    plain: () => { plain.paint(ROWS); settle("plain"); },
  };
  once.again = once.plain;
  for (let i = 0; i < times; i++) {
    await frame();
    for (let k = 0; k < names.length; k++) {
      const name = names[(i + k) % names.length];
      if (name === "panel") panel.take(ROWS);
      else plain.add(objects(next, ROWS));
      next += ROWS;
      const start = performance.now();
      once[name]();
      took[name].push(performance.now() - start);
    }
  }
  return { panel: spread(took.panel), plain: spread(took.plain), again: spread(took.again) };
};

// flood: 100,000 records come in each second, a thousand at a time; the plain list gets them as JSON. A list that falls
// behind gets at most 100 ms worth of them in one frame, and the rest is not counted as taken.
const run = async (seconds, step) => {
  const gaps = [];
  const tasks = [];
  let owed = 0;
  let taken = 0;
  for (let i = 0; i < 10; i++) await frame(); // the frames that the preparation held up
  const begin = performance.now();
  for (let last = begin; last - begin < seconds * 1000;) {
    await frame();
    const now = performance.now();
    gaps.push(now - last);
    owed += (now - last) / 10; // batches of a thousand
    last = now;
    const n = Math.floor(owed);
    owed -= n;
    const few = Math.min(n, 10);
    taken += few;
    const start = performance.now();
    step(few);
    tasks.push(performance.now() - start);
  }
  return { fps: 1000 * gaps.length / gaps.reduce((a, b) => a + b, 0), longest: Math.max(...tasks), task: median(tasks), taken: taken / (seconds * 100), records: taken * 1000 };
};
let texts = [];
const floods = {
  panel: {
    prepare: (batches) => {
      panel.reset(64 << 20);
      panel.rows(ROWS);
      panel.prepare(batches * 1000);
    },
    step: (n) => panel.flood(n),
  },
  plain: {
    prepare: (batches) => {
      plain.clear();
      texts = [];
      for (let i = 0; i < batches; i++) texts.push(JSON.stringify(objects(i * 1000 + 1, 1000)));
    },
    step: (n) => {
      for (let i = 0; i < n && texts.length; i++) plain.add(JSON.parse(texts.pop()));
      plain.paint(ROWS);
    },
  },
};
globalThis.prepareFlood = (name, seconds) => floods[name].prepare(seconds * 100 + 50);
globalThis.flood = async (name, seconds) => {
  const out = await run(seconds, floods[name].step);
  plain.clear();
  texts = [];
  return out;
};

globalThis.firstPaint = async (frames) => {
  panel.reset(256 << 20);
  panel.rows(ROWS);
  panel.prepare(frames);
  await frame();
  const start = performance.now();
  panel.load();
  await frame();
  return performance.now() - start;
};

globalThis.million = (records) => {
  panel.reset(256 << 20);
  const before = panel.memory()[0];
  for (let n = 0; n < records; n += 50_000) panel.take(50_000);
  return { heap: panel.memory()[0] - before, system: panel.memory()[1] };
};

// soak feeds a model with its default limits far beyond them. Each call goes on; it returns the memory taken.
globalThis.soak = (records) => {
  for (let n = 0; n < records; n += 50_000) panel.take(50_000);
  return panel.memory();
};
