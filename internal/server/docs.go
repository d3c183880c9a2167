package server

import (
	"net/http"
	"strings"
	"sync"

	"github.com/tetherscope/tetherscope/docs"
	"github.com/tetherscope/tetherscope/internal/server/documents"
)

// documentAssets are the pages of the documents by their paths below /docs/, rendered when the first is asked for.
var documentAssets = sync.OnceValues(func() (map[string]*asset, error) {
	pages, err := documents.Render(docs.FS)
	assets := map[string]*asset{}
	for name, page := range pages {
		a := newAsset(page.MIME, page.Body)
		if strings.HasPrefix(page.MIME, "text/") {
			a.add("gzip", gzipped(page.Body))
		}
		assets[name] = a
	}
	return assets, err
})

// documentIndex finds sections of the documents, made when the first search comes.
var documentIndex = sync.OnceValues(func() (*documents.Index, error) { return documents.NewIndex(docs.FS) })

// searchDocuments answers a search.
func searchDocuments(w http.ResponseWriter, r *http.Request) {
	var page []byte
	x, err := documentIndex()
	if err == nil {
		page, err = x.Page(r.URL.Query().Get("q"))
	}
	if err != nil {
		refuse(w, http.StatusInternalServerError, "The documents cannot be searched: "+err.Error())
		return
	}
	w.Header().Set("Content-Security-Policy", documents.Policy)
	newAsset("text/html; charset=utf-8", page).serve(w, r, "no-store")
}

// documents serves the user documents at /docs/.
func (p *pages) documents(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/docs/"+documents.SearchPath {
		searchDocuments(w, r)
		return
	}
	assets, err := documentAssets()
	if err != nil {
		refuse(w, http.StatusInternalServerError, "The documents cannot be rendered: "+err.Error())
		return
	}
	a := assets[strings.TrimPrefix(r.URL.Path, "/docs/")]
	if a == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", documents.Policy)
	a.serve(w, r, "no-cache")
}
