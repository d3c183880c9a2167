package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// mimeTypes are the kinds of asset that are served; files of other kinds are not. The system's own table is not asked: on
// some machines it calls JavaScript text/plain, which browsers then refuse to run.
var mimeTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".mjs":  "text/javascript; charset=utf-8",
	".ts":   "text/plain; charset=utf-8",
	".json": "application/json",
	".map":  "application/json",
	".wasm": "application/wasm",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".ico":  "image/x-icon",
	".txt":  "text/plain; charset=utf-8",
}

// compressFrom is the size in bytes from which text without a precompressed form is worth compressing.
const compressFrom = 1 << 10

// asset is one file in all its encodings, as it was when it was read.
type asset struct {
	mime   string
	size   int               // bytes, uncompressed
	bodies map[string][]byte // by content coding; "" is the file itself
	etags  map[string]string
}

// assets reads files and keeps them, unless they change while the server runs.
type assets struct {
	fsys fs.FS
	live bool
	kept sync.Map // name → *asset
}

// get returns the asset of a name as it stands in a URL without its slash: a file of the folder, or one of dist.
func (a *assets) get(name string) (*asset, error) {
	if mimeTypes[path.Ext(name)] == "" || !fs.ValidPath(name) {
		return nil, fs.ErrNotExist
	}
	if kept, ok := a.kept.Load(name); ok {
		return kept.(*asset), nil
	}
	got, err := a.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		got, err = a.read("dist/" + name)
	}
	if err != nil {
		return nil, err
	}
	if !a.live {
		a.kept.Store(name, got)
	}
	return got, nil
}

// has reports whether there is a file of this path.
func (a *assets) has(file string) bool {
	_, err := fs.Stat(a.fsys, file)
	return err == nil
}

// read reads a file and the precompressed forms beside it that are not older than it.
func (a *assets) read(name string) (*asset, error) {
	body, err := fs.ReadFile(a.fsys, name)
	if err != nil {
		return nil, err
	}
	got := newAsset(mimeTypes[path.Ext(name)], body)
	info, err := fs.Stat(a.fsys, name)
	if err != nil {
		return nil, err
	}
	for coding, ext := range map[string]string{"br": ".br", "gzip": ".gz"} {
		made, err := fs.Stat(a.fsys, name+ext)
		if err != nil || made.ModTime().Before(info.ModTime()) {
			continue
		}
		if packed, err := fs.ReadFile(a.fsys, name+ext); err == nil {
			got.add(coding, packed)
		}
	}
	if got.bodies["gzip"] == nil && len(body) >= compressFrom && strings.HasPrefix(got.mime, "text/") {
		got.add("gzip", gzipped(body))
	}
	return got, nil
}

func newAsset(mime string, body []byte) *asset {
	a := &asset{mime: mime, size: len(body), bodies: map[string][]byte{}, etags: map[string]string{}}
	a.add("", body)
	return a
}

// add adds one encoding. Its ETag is a hash of its own bytes, so that no two encodings share one.
func (a *asset) add(coding string, body []byte) {
	sum := sha256.Sum256(body)
	a.bodies[coding] = body
	a.etags[coding] = `"` + hex.EncodeToString(sum[:16]) + `"`
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b) // a bytes.Buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

// serve answers r with a in the best encoding that r accepts. cache is the Cache-Control field.
func (a *asset) serve(w http.ResponseWriter, r *http.Request, cache string) {
	coding := negotiate(r.Header.Values("Accept-Encoding"), a.bodies)
	body, etag := a.bodies[coding], a.etags[coding]
	h := w.Header()
	h.Set("Cache-Control", cache)
	h.Set("ETag", etag)
	if len(a.bodies) > 1 {
		h.Set("Vary", "Accept-Encoding")
	}
	if matches(r.Header.Values("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", a.mime)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if coding != "" {
		h.Set("Content-Encoding", coding)
	}
	if a.mime == "application/wasm" {
		h.Set("X-Wasm-Length", strconv.Itoa(a.size)) // for a progress bar: Content-Length counts compressed bytes
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // who has left is no error of ours
	}
}
