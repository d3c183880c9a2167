// What the panel needs from the browser: the token, the clipboard, files, focus, keys.
"use strict";

globalThis.tetherscopePage = (() => {
  // token asks the server for the token of its run. The server gives it to a browser that was opened by the address that it
  // printed (static/key.js), and to no other: then the token is empty.
  const askToken = async () => {
    const response = await fetch("/api/session", { cache: "no-store", headers: { "X-Tetherscope-Key": globalThis.tetherscopeKey || "none" } });
    if (response.status === 403) return "";
    if (!response.ok) throw new Error(`/api/session: HTTP status ${response.status}`);
    return (await response.json()).token;
  };
  const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));
  let asked = null;
  const token = () => (asked ??= (async () => {
    for (;;) {
      try {
        return await askToken();
      } catch {
        await pause(1000); // the server is being restarted, perhaps
      }
    }
  })());

  // session calls done with the token, once the server has answered.
  const session = (done) => void token().then(done);

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
    token().then((value) => fetch("/api/demo", { method: "POST", headers: { "X-Tetherscope-Token": value } }))
      .then(async (response) => done(response.ok ? "" : `${response.status} ${(await response.text()).slice(0, 200)}`))
      .catch((error) => done(String(error.message ?? error)));
  };

  // restarted says whether the server now has another token, so that ours is of no use any more.
  const restarted = (done) => {
    Promise.all([askToken(), token()])
      .then(([now, before]) => done(now !== before))
      .catch(() => done(false));
  };

  // remember keeps a text for the next visit, and returns whether the browser allows it.
  const remember = (key, text) => {
    try {
      localStorage.setItem("tetherscope." + key, text);
      return true;
    } catch {
      return false; // a browser that keeps nothing for us is no reason to fail
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

  // theme draws the page in "light" or "dark", or as the system has it.
  const theme = (name) => {
    if (name === "light" || name === "dark") document.documentElement.dataset.theme = name;
    else delete document.documentElement.dataset.theme;
    dispatchEvent(new Event("tetherscope-theme"));
  };
  theme(recall("theme"));

  // The address of the page names the selected record and the filter: #rec=12&q=conn%3A3.
  const inHash = () => {
    const parts = new Map(location.hash.slice(1).split("&").map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]));
    const record = /^\d{1,15}$/.test(parts.get("rec") ?? "") ? Number(parts.get("rec")) : 0;
    try {
      return { record, query: decodeURIComponent(parts.get("q") ?? "").slice(0, 500) };
    } catch {
      return { record, query: "" }; // no URL encoding: nothing that we wrote
    }
  };

  // links calls seek with the number of the record in the address, and search with the query in it.
  const links = (seek, search) => {
    const read = () => {
      known = location.hash;
      const { record, query } = inHash();
      const find = () => {
        if (byId("filter")) search(query);
        else setTimeout(find, 50); // until the box is there that shows it
      };
      if (query && query !== written) find();
      if (record && record !== linked) seek(record);
    };
    addEventListener("hashchange", read);
    read();
  };

  // link writes the selected record and the filter into the address, a moment later: browsers limit how often one may.
  let linked = 0;
  let written = "";
  let writing = 0;
  let known = location.hash; // as it was read or written last
  const write = () => {
    clearTimeout(writing);
    if (location.hash !== known) return; // a link was followed, and its event is still to come
    const parts = [linked ? "rec=" + linked : "", written ? "q=" + encodeURIComponent(written) : ""].filter(Boolean);
    history.replaceState(null, "", parts.length ? "#" + parts.join("&") : location.pathname + location.search);
    known = location.hash;
  };
  const link = (seq, note, query) => {
    if (byId("note")) byId("note").value = note;
    if (seq === linked && query === written) return;
    linked = seq;
    written = query;
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
      const finds = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "f";
      if (finds && press("Ctrl+F", event.target.id ?? "")) return void event.preventDefault();
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
      const box = event.target.closest?.("input:not([type=checkbox]), textarea, select");
      const pressable = event.target.closest?.("button, a, summary") !== null;
      if (pressable && (event.key === "Enter" || event.key === " ")) return;
      const list = event.target.closest?.("[data-testid=decoded]");
      const scrollable = !list && event.target.closest?.(".detail") !== null;
      if (scrollable && /^(Arrow|Page|Home|End)/.test(event.key)) return;
      const key = event.shiftKey && /^Arrow(Up|Down)$/.test(event.key) && !box && !list ? "Shift+" + event.key : event.key;
      if (press(key, box ? box.id || "box" : list ? "decoded" : "")) event.preventDefault();
    });
  };

  const filter = () => byId("filter");
  return {
    token, session, copy, download, startDemo, restarted, keys, remember, recall, keep, kept, picture, pickFile, takeFiles, links, link, copyLink, theme,
    focusFilter: () => filter()?.focus(),
    setFilterText: (text, caret) => {
      if (!filter()) return;
      filter().value = text;
      filter().setSelectionRange(caret, caret);
    },
    showCompletion: (i) => byId("completion" + i)?.scrollIntoView({ block: "nearest" }),
    focusNote: () => byId("note")?.focus(),
    focusGoTo: () => {
      const look = (left) => {
        const box = byId("goto");
        if (box?.offsetParent) {
          box.value = "";
          box.focus();
        } else if (left > 0) setTimeout(look, 20, left - 1);
      };
      look(1500);
    },
    focusGrid: () => byId("grid")?.focus({ preventScroll: true }),
    focusDetail: () => byId("detail")?.focus({ preventScroll: true }),
  };
})();
