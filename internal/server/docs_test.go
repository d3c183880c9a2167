// These tests prove that the server shows the user documents at /docs/ under a policy that lets nothing run.
package server

import (
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/docs"
)

func TestEveryDocumentOpens(t *testing.T) {
	s := start(t, nil)
	names, err := fs.Glob(docs.FS, "*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(names, "", "adr/", "adr/README.md") {
		res, body := s.get(t, "GET", "/docs/"+path)
		if res.StatusCode != http.StatusOK || !strings.Contains(body, "<h1") || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("/docs/%s: %s", path, res.Status)
		}
		csp := res.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "script-src") || strings.Contains(csp, "unsafe") {
			t.Errorf("/docs/%s: policy %q", path, csp)
		}
		if strings.Contains(body, "<script") || strings.Contains(body, s.Token()) {
			t.Errorf("/docs/%s has a script or the token", path)
		}
	}
	for path, status := range map[string]int{
		"/docs": 301, "/docs/docs.css": 200, "/docs/panel.png": 200, "/docs/control-api.json": 200,
		"/docs/docs.go": 404, "/docs/missing.md": 404, "/docs/../go.mod": 307, "/docs/%2e%2e/go.mod": 404,
	} {
		if res, _ := s.get(t, "GET", path); res.StatusCode != status {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	if res, _ := s.get(t, "GET", "/docs/", "Host: evil.test"); res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("of a foreign Host: %s", res.Status)
	}
}

// TestDocumentsAreSearched: the form of each page leads to a page that lists sections, under the same policy.
func TestDocumentsAreSearched(t *testing.T) {
	s := start(t, nil)
	res, body := s.get(t, "GET", "/docs/search?q=close+code")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, `href="/docs/`) || !strings.Contains(body, `value="close code"`) {
		t.Errorf("%s\n%s", res.Status, body)
	}
	if got := res.Header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") {
		t.Errorf("the policy is %q", got)
	}
}
