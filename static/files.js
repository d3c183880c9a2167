// Captures as files: dropped on the panel or chosen, and the one that a shared page holds.
"use strict";

(() => {
  const page = globalThis.tetherscopePage;
  const mode = document.querySelector('meta[name="tetherscope-mode"]')?.content || "server";

  // embedded returns what a block of the page holds, unpacked: a shared file has its capture and the program in it.
  const embedded = async (id) => {
    const block = document.getElementById(id);
    if (!block) return null;
    const text = atob(block.textContent.trim());
    const packed = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  let take = () => {};
  const files = (open) => {
    take = open;
    if (mode === "shared") {
      const name = document.querySelector('meta[name="tetherscope-name"]')?.content || "capture";
      embedded("tetherscope-capture").then((b) => open(name, new Blob([b])), (error) => open(name + ": " + error.message, new Blob([])));
    }
  };

  const openFile = () => {
    const box = document.createElement("input");
    box.type = "file";
    box.accept = ".har,.json,.jsonl,.tscap,.pcap,.pcapng,.cap";
    box.addEventListener("change", () => box.files[0] && take(box.files[0].name, box.files[0]));
    box.click();
  };

  const carries = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (on) => document.body.classList.toggle("dropping", on);
  addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    mark(true);
  });
  addEventListener("dragleave", (event) => event.relatedTarget === null && mark(false));
  addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    mark(false);
    const file = event.dataTransfer.files[0];
    if (file) take(file.name, file);
  });

  Object.assign(page, { mode, files, openFile, embedded, openBlob: (name, blob) => take(name, blob), network: () => {}, pages: () => {}, share: (name, bytes, done) => done("not here") });
})();
