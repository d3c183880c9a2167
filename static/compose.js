// What the composer needs from the page: requests to the control API with the token, text boxes, files, and Ctrl+Enter.
"use strict";

globalThis.tetherscopeActor = (() => {
  const byId = (id) => document.getElementById(id);
  const ask = (method, path, body, signal) => fetch(path, {
    method, body: body || undefined, signal,
    headers: { "Content-Type": "application/json", "X-Tetherscope-Token": globalThis.tetherscopePage.token },
  });
  const words = (error) => String(error?.message ?? error);

  // call answers once with the status, 0 when there is no answer, and the text.
  const call = (method, path, body, answer) => {
    ask(method, path, body)
      .then(async (response) => answer(response.status, await response.text()))
      .catch((error) => answer(0, words(error)));
  };

  // stream hands out the lines of an answer; done gets what went wrong, or nothing. A stop that was asked for is not wrong.
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

  // every calls again and again, until it is aborted.
  const every = (ms, f) => {
    const timer = setInterval(f, ms);
    return { abort: () => clearInterval(timer) };
  };

  // pickFile lets the person choose a file and hands out its name and bytes, or what is wrong with it.
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
    const send = event.target.closest?.(".compose")?.querySelector("[data-do=compose-send], [data-do=faults-arm]");
    if (!send) return;
    event.preventDefault();
    send.click();
  });

  // The boxes of a drawer that opens are not in the page before the next drawing.
  const soon = (id, change, left = 100) => {
    if (byId(id)) change(byId(id));
    else if (left > 0) setTimeout(soon, 20, id, change, left - 1);
  };
  return {
    call, stream, every, pickFile,
    setValue: (id, text) => soon(id, (box) => { box.value = text; }),
    focusBox: (id) => soon(id, (box) => box.focus()),
  };
})();
