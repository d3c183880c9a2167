// Loaded by every page; outside `make serve` the server answers with an empty script. Listens for rebuilt assets, and
// shows what the compiler says when they do not build. Compiler output is only ever text.
(() => {
  "use strict";
  let run = "";
  let overlay = null;

  function show(text) {
    hide();
    overlay = document.createElement("section");
    overlay.setAttribute("role", "alert");
    overlay.setAttribute("aria-label", "Build error");
    overlay.popover = "manual";
    overlay.style.cssText =
      "position:fixed;inset:1rem 1rem auto 1rem;width:auto;max-height:80vh;overflow:auto;margin:0;padding:1rem 1.25rem;" +
      "border:1px solid #f0a3a3;border-left:6px solid #d33;border-radius:6px;background:#2a1416;color:#ffe9e9;" +
      "font:14px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;z-index:2147483647;box-shadow:0 8px 40px #0008";
    const title = document.createElement("strong");
    title.textContent = "The sources do not compile. This page shows the last version that did.";
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "Dismiss";
    close.style.cssText = "float:right;font:inherit;color:inherit;background:#ffffff1a;border:1px solid #ffffff40;border-radius:4px;padding:.1rem .6rem";
    close.addEventListener("click", hide);
    const said = document.createElement("pre");
    said.style.cssText = "white-space:pre-wrap;margin:.75rem 0 0;font:inherit";
    said.textContent = text;
    overlay.append(close, title, said);
    document.documentElement.append(overlay); // not into body: the panel owns that
    overlay.showPopover?.();
  }

  function hide() {
    overlay?.remove();
    overlay = null;
  }

  const events = new EventSource("/dev/events");
  events.addEventListener("hello", (event) => {
    if (run && run !== event.data) location.reload(); // the server was restarted
    run = event.data;
  });
  events.addEventListener("reload", () => location.reload());
  events.addEventListener("build-error", (event) => show(event.data));
  events.addEventListener("build-ok", hide);
})();
