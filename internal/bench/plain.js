// The variant that everything is compared with: the browser's WebSocket, used by hand; or a class that takes its place.
globalThis.measure = ({ mode, binary, url, n, size, window }) => new Promise((resolve, reject) => {
  const ws = (globalThis.open6455 ?? ((address) => new WebSocket(address)))(url);
  ws.binaryType = "arraybuffer";
  const payload = binary ? new Uint8Array(size).fill(120) : "x".repeat(size);
  const latencies = [];
  let sent = 0, received = 0, started, asked;
  const ask = () => {
    sent++;
    if (mode === "pingpong") asked = performance.now();
    ws.send(payload);
  };
  ws.onopen = () => {
    started = performance.now();
    if (mode === "firehose") ws.send("go");
    else while (sent < window) ask();
  };
  ws.onmessage = (e) => {
    const data = e.data;
    if (binary ? data.byteLength !== size : data.length !== size) return reject(new Error("wrong size"));
    received++;
    if (mode === "pingpong") latencies.push(performance.now() - asked);
    if (received === n) {
      const ms = performance.now() - started;
      latencies.sort((a, b) => a - b);
      ws.onclose = null;
      ws.close();
      resolve({ ms, p50: latencies[n >> 1] ?? 0, p99: latencies[Math.floor(n * 0.99)] ?? 0 });
    } else if (mode !== "firehose" && sent < n) ask();
  };
  ws.onclose = () => reject(new Error(`closed after ${received} of ${n} messages`));
});
