// These tests prove that every document becomes a page whose links lead somewhere, and that no document can make a page run
// or load anything.
package documents

import (
	"html"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tetherscope/tetherscope/docs"
)

var (
	reference = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	anchor    = regexp.MustCompile(`id="([^"]*)"`)
)

// TestEveryDocumentIsAPage with a title and its text.
func TestEveryDocumentIsAPage(t *testing.T) {
	pages := render(t, docs.FS)
	for _, pattern := range []string{"*.md", "adr/*.md"} {
		names, err := fs.Glob(docs.FS, pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			page := string(pages[name].Body)
			if !strings.Contains(page, "<h1") || strings.Contains(page, "<title>"+path.Base(name)) {
				t.Errorf("%s has no title", name)
			}
		}
	}
	for _, index := range []string{"", "adr/", "docs.css", "panel.png"} {
		if pages[index].Body == nil {
			t.Errorf("%q is no page", index)
		}
	}
}

// TestLinksOfPagesLead: to a page and a heading of it, to one of the server's other pages, or to a file of the repository.
func TestLinksOfPagesLead(t *testing.T) {
	pages := render(t, docs.FS)
	elsewhere := map[string]bool{"/": true, "/panel/": true, "/icon.svg": true, "/docs/": true, "/docs/docs.css": true, "/docs/search": true}
	for name, page := range pages {
		if !strings.HasPrefix(page.MIME, "text/html") {
			continue
		}
		for _, m := range reference.FindAllStringSubmatch(string(page.Body), -1) {
			target := html.UnescapeString(m[1])
			file, fragment, _ := strings.Cut(target, "#")
			switch {
			case elsewhere[target]:
			case strings.HasPrefix(file, Repository):
				if _, err := os.Stat(filepath.Join("../../..", strings.TrimPrefix(file, Repository))); err != nil {
					t.Errorf("%s links to %s: %v", name, target, err)
				}
			case strings.HasPrefix(file, "https://"), strings.HasPrefix(file, "http://127.0.0.1"), strings.HasPrefix(file, "http://localhost"):
			default:
				at := name
				if file != "" {
					at = path.Join(path.Dir(name), file)
				}
				if to, ok := pages[at]; !ok || fragment != "" && fragment != "text" && !hasAnchor(to, fragment) {
					t.Errorf("%s links to %s, which is not there", name, target)
				}
			}
		}
	}
}

func hasAnchor(p Page, id string) bool {
	for _, m := range anchor.FindAllStringSubmatch(string(p.Body), -1) {
		if m[1] == id {
			return true
		}
	}
	return false
}

// TestNoScriptRuns: what a document could use to run or to load something is left out or made harmless.
func TestNoScriptRuns(t *testing.T) {
	const evil = "# A <script>alert(1)</script> title\n\n<script>alert(2)</script>\n\n<img src=x onerror=alert(3)>\n\n" +
		"[a](javascript:alert(4)) [b](JaVaScRiPt:alert(5)) [c](vbscript:x) [d](data:text/html,<script>alert(6)</script>)\n\n" +
		"![e](javascript:alert(7)) <javascript:alert(8)> [f](https://x.test/\"onmouseover=\"alert(9))\n\n" +
		"`<script>alert(10)</script>`\n\n[g]: javascript:alert(11)\n[g]\n"
	page := string(render(t, fstest.MapFS{"evil.md": {Data: []byte(evil)}})["evil.md"].Body)
	_, body, _ := strings.Cut(page, "<main")
	for _, bad := range []string{"<script", "<img src=x", " onerror", "javascript:", "vbscript:", "data:text", `"onmouseover=`, " onmouseover"} {
		if strings.Contains(strings.ToLower(tags(body)), bad) {
			t.Errorf("%q is in the tags of the page:\n%s", bad, body)
		}
	}
	if strings.Contains(page, "<script") {
		t.Errorf("the page has a script:\n%s", page)
	}
	if strings.Contains(Policy, "script") || !strings.Contains(Policy, "default-src 'none'") {
		t.Errorf("the policy lets scripts run: %s", Policy)
	}
}

// tags returns the tags of a page without the text between them.
func tags(page string) string {
	return strings.Join(regexp.MustCompile(`<[^>]*>`).FindAllString(page, -1), "\n")
}

// TestLinkOutOfTheFolder leads to the public repository, from any depth.
func TestLinkOutOfTheFolder(t *testing.T) {
	for _, c := range []struct{ document, link, want string }{
		{"a.md", "../README.md#x", Repository + "README.md#x"},
		{"adr/1.md", "../../panel/doc.go", Repository + "panel/doc.go"},
		{"adr/1.md", "../a.md", "../a.md"},
		{"a.md", "adr/1.md", "adr/1.md"},
		{"a.md", "#x", "#x"},
		{"a.md", "https://example.com/../x", "https://example.com/../x"},
	} {
		if got := string(linkTarget(c.document, []byte(c.link))); got != c.want {
			t.Errorf("%s in %s leads to %s", c.link, c.document, got)
		}
	}
}

func render(t *testing.T, folder fs.FS) map[string]Page {
	t.Helper()
	pages, err := Render(folder)
	if err != nil {
		t.Fatal(err)
	}
	return pages
}
