package server

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
)

// workerScript takes the place of a service worker that some other program may once have installed for this host and
// port: it removes itself and reloads its pages.
const workerScript = `self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  await self.registration.unregister();
  for (const client of await self.clients.matchAll()) client.navigate(client.url);
})()));
`

// robotsText keeps what indexes pages away from traffic.
const robotsText = "User-agent: *\nDisallow: /\n"

// devScript is what pages load to hear of reloads; empty when there is nothing to hear.
const devScript = "/dev.js"

// pages serves HTML pages and the files that they load.
type pages struct {
	assets assets
	who    *access
	dev    bool
	absent string // why there is no page, "" when there are
	worker *asset
	robots *asset
	silent *asset // stands for dev.js outside development
}

func newPages(c Config, who *access) *pages {
	return &pages{
		assets: assets{fsys: c.Assets, live: c.LiveAssets},
		who:    who,
		dev:    c.Dev,
		absent: c.MissingAssets,
		worker: newAsset(mimeTypes[".js"], []byte(workerScript)),
		robots: newAsset(mimeTypes[".txt"], []byte(robotsText)),
		silent: newAsset(mimeTypes[".js"], nil),
	}
}

// ServeHTTP serves the page or file of the request's path.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "Only GET and HEAD are answered here.")
		return
	}
	if strings.HasPrefix(r.URL.Path, "/docs/") {
		p.documents(w, r)
		return
	}
	switch r.URL.Path {
	case "/":
		consolePolicy(w)
		p.page(w, r, "index.html", "no-cache")
	case "/panel":
		http.Redirect(w, r, "/panel/", http.StatusMovedPermanently)
	case "/docs":
		http.Redirect(w, r, "/docs/", http.StatusMovedPermanently)
	case "/panel/":
		p.who.sameMachine(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.page(w, r, "panel.html", "no-store") })).ServeHTTP(w, r)
	case "/favicon.ico": // browsers ask for it beside pages that name no icon
		http.Redirect(w, r, "/icon.svg", http.StatusMovedPermanently)
	case "/robots.txt":
		p.robots.serve(w, r, "no-cache")
	case "/app-worker.js":
		p.worker.serve(w, r, "no-store")
	default:
		p.file(w, r, strings.TrimPrefix(r.URL.Path, "/"))
	}
}

// file serves an asset as it is.
func (p *pages) file(w http.ResponseWriter, r *http.Request, name string) {
	if r.URL.Path == devScript && !p.dev {
		p.silent.serve(w, r, "no-cache")
		return
	}
	if p.building(w, name) {
		return
	}
	a, err := p.assets.get(name)
	if err != nil {
		missing(w, r, name, err)
		return
	}
	a.serve(w, r, "no-cache")
}

// page serves an HTML page. One that is not there yet uses up no one-time key.
func (p *pages) page(w http.ResponseWriter, r *http.Request, name, cache string) {
	if p.absent != "" {
		w.Header().Set("Cache-Control", "no-store")
		refuse(w, http.StatusServiceUnavailable, p.absent)
		return
	}
	if p.building(w, name) {
		return
	}
	a, err := p.assets.get(name)
	if err != nil {
		missing(w, r, name, err)
		return
	}
	if r.URL.Query().Has("key") {
		p.who.sameMachine(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.who.keys.admit(w, r, a.bodies[""]) })).ServeHTTP(w, r)
		return
	}
	a.serve(w, r, cache)
}

// missing answers for an asset that cannot be read, and says what to do about one that should be there.
func missing(w http.ResponseWriter, r *http.Request, name string, err error) {
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		refuse(w, http.StatusInternalServerError, name+" cannot be read: "+err.Error())
	case built[name] || strings.HasSuffix(name, ".html"):
		refuse(w, http.StatusNotFound, name+" was not built into this program. Run `make build`, or `make serve`.")
	default:
		http.NotFound(w, r)
	}
}

// built are the assets that the build makes.
var built = map[string]bool{"tether.wasm": true, "panel.wasm": true, "chat.wasm": true, "wasm_exec.js": true, "tether.mjs": true, "tether-engine.mjs": true, "tether-worker.mjs": true}
