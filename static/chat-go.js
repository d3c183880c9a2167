// Starts the chat page that is written in Go. What goes wrong is said in the page.
"use strict";

(() => {
  const say = (text) => {
    document.getElementById("room").hidden = true;
    document.getElementById("login").hidden = false;
    document.getElementById("login-error").textContent = text;
  };
  document.getElementById("join").disabled = true; // until the program has started

  const start = async () => {
    if (typeof Go !== "function") throw new Error("/wasm_exec.js is missing. Build it with: make build");
    const go = new Go();
    const response = await fetch("/chat.wasm");
    if (!response.ok) throw new Error((await response.text()).slice(0, 300));
    const { instance } = await WebAssembly.instantiateStreaming(response, go.importObject);
    await go.run(instance);
    throw new Error("The program ended. Reload the page.");
  };
  start().catch((error) => say(error.message));
})();
