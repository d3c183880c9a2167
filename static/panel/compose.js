// The control client of the page: requests to the control API with the token, text boxes, files, and Ctrl+Enter.
"use strict";

globalThis.tetherscopeControl = (() => {
  const byId = (id) => document.getElementById(id);
  const ask = async (method, path, body, signal) => fetch(path, {
    method, body: body || undefined, signal,
    headers: { "Content-Type": "application/json", "X-Tetherscope-Token": await globalThis.tetherscopePage.token() },
  });
  const words = (error) => String(error?.message ?? error);

  // call answers once with the status, 0 without a response, and the text.
  const call = (method, path, body, answer) => {
    ask(method, path, body)
      .then(async (response) => answer(response.status, await response.text()))
      .catch((error) => answer(0, words(error)));
  };

  // stream passes on the lines of a response; done gets the error text, "" for none. An abort is no error.
  const stream = (path, body, line, done) => {
    const stop = new AbortController();
    const read = async () => {
      const response = await ask("POST", path, body, stop.signal);
      if (!response.ok) return response.text();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ;) {
        const { value, done: over } = await reader.read();
        if (over) return "";
        const lines = (rest + value).split("\n");
        rest = lines.pop();
        for (const one of lines) line(one);
      }
    };
    read().catch((error) => (stop.signal.aborted ? "" : words(error))).then(done);
    return stop;
  };

  // every calls f periodically until it is aborted.
  const every = (ms, f) => {
    const timer = setInterval(f, ms);
    return { abort: () => clearInterval(timer) };
  };

  // pickFile opens the file dialog and answers with the file's name and bytes, or the error text.
  const pickFile = (most, picked) => {
    const none = new Uint8Array();
    const box = document.createElement("input");
    box.type = "file";
    box.id = "compose-file";
    box.className = "unseen";
    box.addEventListener("cancel", () => {
      box.remove();
      picked("", none, "No file was chosen");
    });
    box.addEventListener("change", () => {
      const file = box.files[0];
      box.remove();
      if (file.size > most) return picked("", none, `${file.name} has ${file.size} bytes; at most ${most} are sent`);
      file.arrayBuffer()
        .then((bytes) => picked(file.name, new Uint8Array(bytes), ""))
        .catch((error) => picked("", none, words(error)));
    });
    document.body.append(box);
    box.click();
  };

  addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    const send = event.target.closest?.(".compose")?.querySelector("[data-do=compose-send], [data-do=apply-rules], [data-do=run-requests]");
    if (!send) return;
    event.preventDefault();
    send.click();
  });

  // The boxes of a drawer that opens are not in the page before the next drawing. A later change of the same kind takes the
  // place of one that still waits, so that an old text never overwrites a new one.
  const latest = new Map();
  const soon = (kind, id, change) => {
    const mine = {};
    latest.set(kind, mine);
    const look = (left) => {
      if (latest.get(kind) !== mine) return;
      const box = byId(id);
      if (!box && left > 0) return void setTimeout(look, 20, left - 1);
      latest.delete(kind);
      if (box) change(box);
    };
    look(100);
  };
  return {
    call, stream, every, pickFile,
    setValue: (id, text) => soon(`value ${id}`, id, (box) => { box.value = text; }),
    focusBox: (id) => soon("focus", id, (box) => box.focus()),
  };
})();
