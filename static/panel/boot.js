// Loads the panel: its program comes as a stream and is compiled while it arrives. Errors are shown in the page,
// before the program starts and after it crashed.
"use strict";

(() => {
  const say = (text) => {
    const label = document.querySelector(".loader .label");
    if (label) label.textContent = text;
  };

  // fail covers the page with the error, as text, and a Reload button.
  const fail = (title, reason) => {
    document.querySelector(".crash")?.remove();
    const box = document.createElement("div");
    box.className = "crash";
    box.setAttribute("role", "alertdialog");
    box.setAttribute("aria-label", title);
    const head = document.createElement("h2");
    head.textContent = title;
    const why = document.createElement("pre");
    why.textContent = reason;
    const again = document.createElement("button");
    again.className = "tool primary";
    again.textContent = "Reload";
    again.addEventListener("click", () => location.reload());
    box.append(head, why, again);
    document.body.append(box);
    again.focus();
  };

  // The Go runtime prints a panic to the console, line by line, before the program ends: the last lines are the reason. Of a long
  // trace the first line, which says why, stays, and the end.
  const printed = [];
  const isReason = (line) => /^(panic:|fatal error:)/.test(line);
  const remember = (print) => (...args) => {
    printed.push(args.map(String).join(" "));
    if (printed.length > 40) printed.splice(isReason(printed[0]) ? 1 : 0, 1);
    print.apply(console, args);
  };
  console.log = remember(console.log);
  console.error = remember(console.error);
  const lastWords = () => {
    const at = printed.findLastIndex(isReason);
    return (at < 0 ? printed.slice(-5) : printed.slice(at)).join("\n");
  };

  // watched passes a response on and shows how much of it has come. The length header is that of the compressed body,
  // so there is a count and no percentage.
  const watched = (response) => {
    let n = 0;
    const count = new TransformStream({
      transform(chunk, out) {
        n += chunk.byteLength;
        say(`Loading the panel… ${(n / 1048576).toFixed(1)} MiB`);
        out.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(count), { headers: { "Content-Type": "application/wasm" } });
  };

  const fetched = async () => {
    const response = await fetch("/panel.wasm");
    if (!response.ok) throw new Error(`/panel.wasm: HTTP status ${response.status}. ${(await response.text()).slice(0, 300)}`);
    return response;
  };

  const start = async () => {
    if (typeof Go !== "function") throw new Error("/wasm_exec.js is missing. Build it with: make build");
    const go = new Go();
    const own = await globalThis.tetherscopePage.embedded("tetherscope-wasm");
    const { instance } = own
      ? await WebAssembly.instantiate(own, go.importObject)
      : await WebAssembly.instantiateStreaming(watched(await fetched()), go.importObject);
    say("Starting…");
    let code = 0;
    go.exit = (n) => {
      code = n;
    };
    await go.run(instance);
    throw Object.assign(new Error(lastWords() || `The program ended with code ${code}.`), { crashed: true });
  };

  start().catch((error) => {
    if (error.crashed || error instanceof WebAssembly.RuntimeError) fail("The panel crashed", lastWords() || error.message);
    else fail("The panel could not be loaded", error.message);
  });
})();
