// What the panel needs from the page and Go cannot do well by itself: the token, the clipboard, files, focus, keys.
"use strict";

globalThis.tetherscopePage = (() => {
  const tokenIn = (text) => /<meta name="tetherscope-token" content="([^"]*)"/.exec(text)?.[1] ?? "";
  const token = document.querySelector('meta[name="tetherscope-token"]')?.content ?? "";
  const byId = (id) => document.getElementById(id);

  // copy puts text on the clipboard, also where the page is not a secure context and the new interface is missing.
  const copy = (text) => {
    const oldWay = () => {
      const box = document.createElement("textarea");
      box.value = text;
      box.className = "unseen";
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    };
    if (!navigator.clipboard) oldWay();
    else navigator.clipboard.writeText(text).catch(oldWay);
  };

  const download = (name, type, bytes) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  // startDemo asks the server for demo traffic; done is called with what went wrong, or nothing.
  const startDemo = (done) => {
    fetch("/api/demo", { method: "POST", headers: { "X-Tetherscope-Token": token } })
      .then(async (response) => done(response.ok ? "" : `${response.status} ${(await response.text()).slice(0, 200)}`))
      .catch((error) => done(String(error.message ?? error)));
  };

  // restarted says whether the server now gives pages another token, so that ours is of no use any more.
  const restarted = (done) => {
    fetch(location.href, { cache: "no-store" })
      .then(async (response) => done(response.ok && tokenIn(await response.text()) !== token))
      .catch(() => done(false));
  };

  // remember keeps a text for the next visit, where the browser allows it.
  const remember = (key, text) => {
    try {
      localStorage.setItem("tetherscope." + key, text);
    } catch {
      // A browser that keeps nothing for us is no reason to fail.
    }
  };
  const recall = (key) => {
    try {
      return localStorage.getItem("tetherscope." + key) ?? "";
    } catch {
      return "";
    }
  };

  // keep keeps a text for as long as the tab is open; kept returns it.
  const keep = (key, text) => {
    try {
      if (text) sessionStorage.setItem("tetherscope." + key, text);
      else sessionStorage.removeItem("tetherscope." + key);
    } catch {
      // It is gone after a reload, then.
    }
  };
  const kept = (key) => {
    try {
      return sessionStorage.getItem("tetherscope." + key) ?? "";
    } catch {
      return "";
    }
  };

  // picture gives bytes an address that an image element can show, and lets the one before go.
  let drawn = "";
  const picture = (type, bytes) => {
    if (drawn) URL.revokeObjectURL(drawn);
    drawn = bytes ? URL.createObjectURL(new Blob([bytes], { type })) : "";
    return drawn;
  };

  // takeFiles calls take(purpose, name, bytes) for files that a person chose or dropped on an element with data-drop=purpose;
  // what is too long is not read: then the third argument says so.
  const MOST = 4 << 20; // bytes of a file
  let take = () => {};
  const read = (purpose, file) => {
    if (!file) return;
    if (file.size > MOST) {
      take(purpose, file.name, `${file.name} has ${file.size.toLocaleString("en")} bytes; 4 MiB are read at most`);
      return;
    }
    file.arrayBuffer().then(
      (buffer) => take(purpose, file.name, new Uint8Array(buffer)),
      (error) => take(purpose, file.name, `${file.name} cannot be read: ${error.message}`),
    );
  };
  const pickFile = (purpose) => {
    const input = document.createElement("input");
    input.type = "file";
    input.addEventListener("change", () => read(purpose, input.files[0]));
    input.click();
  };
  const takeFiles = (to) => {
    take = to;
  };
  const place = (event) => event.target.closest?.("[data-drop]");
  addEventListener("dragover", (event) => {
    if (place(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    if (!place(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // elsewhere a file is a capture
    document.body.classList.remove("dropping");
    read(place(event).dataset.drop, event.dataTransfer?.files[0]);
  });

  const queryIn = (hash) => {
    try {
      return hash.startsWith("#q=") ? decodeURIComponent(hash.slice(3)).slice(0, 500) : "";
    } catch {
      return ""; // no URL encoding: nothing that we wrote
    }
  };

  // links calls seek with the number of the record in the address, #rec=12, and search with the query in it, #q=conn:3.
  const links = (seek, search) => {
    const read = () => {
      const found = /^#rec=(\d{1,15})$/.exec(location.hash);
      if (found && Number(found[1]) !== linked) seek(Number(found[1]));
      const query = queryIn(location.hash);
      if (query && byId("filter")) search(query);
      else if (query) setTimeout(read, 50); // until the box is there that shows it
    };
    addEventListener("hashchange", read);
    read();
  };

  // link writes the selected record into the address, a moment later: browsers limit how often one may.
  let linked = 0;
  let writing = 0;
  const write = () => {
    clearTimeout(writing);
    history.replaceState(null, "", linked ? "#rec=" + linked : location.pathname + location.search);
  };
  const link = (seq, note) => {
    if (byId("note")) byId("note").value = note;
    if (seq === linked) return;
    linked = seq;
    clearTimeout(writing);
    writing = setTimeout(write, 300);
  };
  const copyLink = () => {
    write();
    copy(location.href);
  };

  // keys calls press(key, idOfTheTextBoxOrEmpty), or with "decoded" in the list of decoded lines, for every key press that is not a shortcut of the browser or meant for a button.
  const keys = (press) => {
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
      const box = event.target.closest?.("input:not([type=checkbox]), textarea, select");
      const pressable = event.target.closest?.("button, a, summary") !== null;
      if (pressable && (event.key === "Enter" || event.key === " ")) return;
      const list = event.target.closest?.("[data-testid=decoded]");
      const scrollable = !list && event.target.closest?.(".detail") !== null;
      if (scrollable && /^(Arrow|Page|Home|End)/.test(event.key)) return;
      if (press(event.key, box ? box.id || "box" : list ? "decoded" : "")) event.preventDefault();
    });
  };

  const filter = () => byId("filter");
  return {
    token, copy, download, startDemo, restarted, keys, remember, recall, keep, kept, picture, pickFile, takeFiles, links, link, copyLink,
    focusFilter: () => filter()?.focus(),
    setFilterText: (text, caret) => {
      if (!filter()) return;
      filter().value = text;
      filter().setSelectionRange(caret, caret);
    },
    showOffer: (i) => byId("offer" + i)?.scrollIntoView({ block: "nearest" }),
    focusNote: () => byId("note")?.focus(),
    focusGrid: () => byId("grid")?.focus({ preventScroll: true }),
    focusDetail: () => byId("detail")?.focus({ preventScroll: true }),
  };
})();
