// Keeps the page key of this browser, which the server puts into the page when the browser was opened by the address that it printed.
// Together with a cookie that no script can read, it gets the panel the token of the run.
"use strict";

globalThis.tetherscopeKey = (() => {
  const NAME = "tetherscope.key";
  const meta = document.querySelector('meta[name="tetherscope-key"]');
  const given = meta?.content;
  meta?.remove();
  if (given) history.replaceState(null, "", location.pathname + location.hash); // without the one-time key, which is used up
  try {
    if (given) localStorage.setItem(NAME, given);
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return given ?? ""; // a browser that keeps nothing for us has it until the page is reloaded
  }
})();
