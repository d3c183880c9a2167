package server

import (
	"net/http"
	"strings"
)

// needs are the built assets without which a page shows nothing that works.
var needs = map[string][]string{
	"index.html":   {"tether.mjs", "tether-engine.mjs", "tether.wasm"},
	"chat.html":    {"tether.mjs", "tether-engine.mjs", "tether.wasm"},
	"chat-go.html": {"chat.wasm", "wasm_exec.js"},
	"panel.html":   {"panel.wasm", "wasm_exec.js"},
}

// unbuilt returns the assets that a page needs and that are not there yet.
func (p *pages) unbuilt(name string) []string {
	var names []string
	for _, asset := range needs[name] {
		if !p.assets.has(asset) && !p.assets.has("dist/"+asset) {
			names = append(names, asset)
		}
	}
	return names
}

// building answers, in development, for a page whose assets are still being built, and reports whether it did. `make serve` starts
// the server as soon as the panel can be used, and builds the rest then. The page that it sends reloads by itself: at the
// notice of the build (dev.js, which shows the compiler's errors, too), or without scripts every few seconds.
func (p *pages) building(w http.ResponseWriter, name string) bool {
	if !p.dev {
		return false
	}
	absent := p.unbuilt(name)
	if len(absent) == 0 {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", mimeTypes[".html"])
	h.Set("Cache-Control", "no-store")
	h.Set("Retry-After", "3") // seconds
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(strings.ReplaceAll(buildingPage, "NAMES", strings.Join(absent, ", ")))) // a client that has left is no error
	return true
}

const buildingPage = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <meta http-equiv="refresh" content="3">
  <title>Tetherscope: building</title>
  <link rel="icon" href="/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/console.css">
  <script src="/dev.js" defer></script>
</head>
<body>
  <main class="page">
    <section class="card" role="status">
      <h1>This page is being built</h1>
      <p>Still missing: NAMES. The page opens by itself when they are there; the first build takes a minute or two.</p>
      <p><a href="/panel/">The inspector</a> is built first.</p>
    </section>
  </main>
</body>
</html>
`
