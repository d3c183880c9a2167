package devserver

import (
	"bytes"
	"errors"
	"html"
	"io/fs"
	"net/http"
	"strings"
)

// workerScript takes the place of a service worker that some other program may once have installed for this host and
// port: it removes itself and loads its pages anew.
const workerScript = `self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  await self.registration.unregister();
  for (const client of await self.clients.matchAll()) client.navigate(client.url);
})()));
`

// devScript is what pages load to hear of reloads; empty when there is nothing to hear.
const devScript = "/dev.js"

// pages serves HTML pages and the files that they load.
type pages struct {
	assets assets
	token  string
	dev    bool
	worker *asset
	silent *asset // stands for dev.js outside development
}

func newPages(c Config, token string) *pages {
	return &pages{
		assets: assets{fsys: c.Assets, live: c.LiveAssets},
		token:  token,
		dev:    c.Dev,
		worker: newAsset(mimeTypes[".js"], []byte(workerScript)),
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
	switch r.URL.Path {
	case "/":
		consolePolicy(w)
		p.page(w, r, "index.html", "no-cache")
	case "/panel":
		http.Redirect(w, r, "/panel/", http.StatusMovedPermanently)
	case "/panel/":
		p.page(w, r, "panel.html", "no-store") // it carries the token
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
	a, err := p.assets.get(name)
	if err != nil {
		missing(w, r, name, err)
		return
	}
	a.serve(w, r, "no-cache")
}

// page serves an HTML page with the token filled in if it asks for one.
func (p *pages) page(w http.ResponseWriter, r *http.Request, name, cache string) {
	a, err := p.assets.get(name)
	if err != nil {
		missing(w, r, name, err)
		return
	}
	if filled := fillToken(a.bodies[""], p.token); filled != nil {
		a = newAsset(a.mime, filled)
	}
	a.serve(w, r, cache)
}

// tokenMeta is where a page wants the token.
const tokenMeta = `<meta name="tetherscope-token" content="`

// fillToken returns page with the token in its meta element, or nil if it has none.
func fillToken(page []byte, token string) []byte {
	at := bytes.Index(page, []byte(tokenMeta))
	if at < 0 {
		return nil
	}
	at += len(tokenMeta)
	end := bytes.IndexByte(page[at:], '"')
	if end < 0 {
		return nil
	}
	return bytes.Join([][]byte{page[:at], []byte(html.EscapeString(token)), page[at+end:]}, nil)
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
