// Makes one HTML file of the panel and a capture. It opens from a disk, needs no server and may not reach any network: its
// policy allows the scripts and styles that are in it, by their hashes, and nothing else. The capture and the program
// stand in it as base64, so nothing of a payload is ever markup.
"use strict";

(() => {
  const base64 = (bytes) => {
    let out = "";
    for (let i = 0; i < bytes.length; i += 0x6000) out += btoa(String.fromCharCode(...bytes.subarray(i, i + 0x6000)));
    return out; // 0x6000 is a multiple of three: the pieces fit together
  };
  const gzip = async (bytes) => {
    const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  const hash = async (text) => "'sha256-" + base64(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))) + "'";
  const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  const load = async (url) => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: HTTP status ${response.status}`);
    return response;
  };

  // parts returns the page's own scripts or styles, from the server or, in a shared file, from the page itself.
  const parts = (selector, attribute) => Promise.all([...document.querySelectorAll(selector)].map(async (element) => {
    const url = element[attribute];
    return url ? (await load(url)).text() : element.textContent;
  }));
  const program = async () => {
    const block = document.getElementById("tetherscope-wasm");
    if (block) return block.textContent.trim();
    return base64(await gzip(new Uint8Array(await (await load("/panel.wasm")).arrayBuffer())));
  };

  const make = async (name, capture) => {
    if (!globalThis.crypto?.subtle) throw new Error("the browser hashes only for pages of a secure address: open the panel at 127.0.0.1 or over TLS");
    const styles = await parts("link[rel=stylesheet], style", "href");
    const scripts = (await parts("script:not([data-local])", "src")).filter((text) => text.trim() !== "");
    if ([...styles, ...scripts].some((text) => /<\/(script|style)|<!--/i.test(text))) throw new Error("a script of the panel cannot stand in a page");
    const policy = [
      "default-src 'none'", "script-src 'wasm-unsafe-eval' " + (await Promise.all(scripts.map(hash))).join(" "),
      "style-src " + (await Promise.all(styles.map(hash))).join(" "), "img-src data:", "base-uri 'none'", "form-action 'none'",
      "require-trusted-types-for 'script'",
    ].join("; ");
    const title = escape(name);
    return [
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
      `<meta http-equiv="Content-Security-Policy" content="${policy}">\n`,
      '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n',
      `<meta name="tetherscope-mode" content="shared">\n<meta name="tetherscope-name" content="${title}">\n`,
      `<title>${title} – Tetherscope</title>\n<link rel="icon" href="data:,">\n`,
      ...styles.map((text) => `<style>${text}</style>\n`),
      "</head>\n<body>\n<div class=\"loader\" role=\"status\"><div class=\"spinner\" aria-hidden=\"true\"></div><p class=\"label\">Opening…</p>",
      "<noscript>The panel is a program that runs in the page: it needs JavaScript and WebAssembly.</noscript></div>\n",
      '<script type="application/octet-stream" data-local id="tetherscope-capture">', base64(await gzip(capture)), "</script>\n",
      '<script type="application/octet-stream" data-local id="tetherscope-wasm">', await program(), "</script>\n",
      ...scripts.map((text) => `<script>${text}</script>\n`),
      "</body>\n</html>\n",
    ];
  };

  globalThis.tetherscopePage.share = (name, capture, done) => {
    make(name, capture).then((pieces) => {
      globalThis.tetherscopePage.download(name + ".html", "text/html", new Blob(pieces));
      done("");
    }).catch((error) => done(String(error.message ?? error)));
  };
})();
