// Captures as files: dropped on the panel, chosen, or embedded in a shared page.
"use strict";

(() => {
  const page = globalThis.tetherscopePage;
  const mode = document.querySelector('meta[name="tetherscope-mode"]')?.content || "server";

  // embedded returns the content of a block of the page, decompressed: a shared file contains its capture and the program.
  const embedded = async (id) => {
    const block = document.getElementById(id);
    if (!block) return null;
    const text = atob(block.textContent.trim());
    const packed = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  // take opens files together: a list of objects with a name and a blob.
  let take = () => {};
  const takeOne = (name, blob) => take([{ name, blob }]);
  const takeAll = (list) => list?.length && take(Array.from(list, (file) => ({ name: file.name, blob: file })));
  const files = (open) => {
    take = open;
    if (mode === "shared") {
      const name = document.querySelector('meta[name="tetherscope-name"]')?.content || "capture";
      embedded("tetherscope-capture").then((b) => takeOne(name, new Blob([b])), (error) => takeOne(name + ": " + error.message, new Blob([])));
    }
  };

  const openFile = () => {
    const box = document.createElement("input");
    box.type = "file";
    box.multiple = true;
    box.accept = ".har,.json,.jsonl,.tscap,.pcap,.pcapng,.cap,.gz,.zst,.log,.txt";
    box.addEventListener("change", () => takeAll(box.files));
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
    takeAll(event.dataTransfer.files);
  });

  Object.assign(page, { mode, files, openFile, embedded, openBlob: takeOne, network: () => {}, pages: () => {}, share: (name, bytes, done) => done("not available here") });
})();
