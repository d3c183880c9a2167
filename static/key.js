// Keeps the page key of this browser, which the server puts behind # when the browser was opened by the address that it printed.
// Together with a cookie that no script can read, it gets the panel the token of the run.
"use strict";

globalThis.tetherscopeKey = (() => {
  const NAME = "tetherscope.key";
  const given = /^#key=([0-9a-f]{64})$/.exec(location.hash)?.[1];
  if (given) history.replaceState(null, "", location.pathname + location.search);
  try {
    if (given) localStorage.setItem(NAME, given);
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return given ?? ""; // a browser that keeps nothing for us has it until the page is reloaded
  }
})();
