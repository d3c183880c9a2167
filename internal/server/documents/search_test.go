package documents

import (
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/docs"
)

// TestSearchFindsWhatAReaderLooksFor: words of the documents lead to the section that is about them.
func TestSearchFindsWhatAReaderLooksFor(t *testing.T) {
	x := index(t)
	for query, want := range map[string]string{
		"regular expression": "filter.md#examples", "-proxy-auth": "any-program.md", "Intercept": "faults.md", "good first": "architecture.md#a-good-first-change",
		"one-time KEY": "security.md#who-may-do-what", "playwright": "testing.md#playwright", "untested": "install.md#what-is-untested",
	} {
		found := ""
		for _, hit := range x.Search(query)[:min(3, len(x.Search(query)))] {
			found += hit.Path + " "
		}
		if !strings.Contains(found, want) {
			t.Errorf("%q finds first %s, want %s", query, found, want)
		}
	}
	for _, query := range []string{"", "  ", "nowhereatall", "filter nowhereatall"} {
		if hits := x.Search(query); len(hits) > 0 {
			t.Errorf("%q finds %v", query, hits)
		}
	}
}

// TestEveryHitLeads: to a page, and to a heading that the page has.
func TestEveryHitLeads(t *testing.T) {
	pages := render(t, docs.FS)
	for _, s := range index(t).sections {
		file, id, _ := strings.Cut(s.path, "#")
		if id != "" && !hasAnchor(pages[file], id) || pages[file].Body == nil {
			t.Errorf("%s is no place", s.path)
		}
	}
}

// TestQueriesAreText: what a reader types reaches the page as text, whatever it is, and is bounded.
func TestQueriesAreText(t *testing.T) {
	page, err := index(t).Page(`"><script>alert(1)</script>` + strings.Repeat("x", 1000))
	if err != nil || strings.Contains(string(page), "<script") || strings.Contains(string(page), strings.Repeat("x", maxQuery+1)) {
		t.Errorf("%v\n%s", err, page)
	}
}

// FuzzSearch: no query and no document makes a search fail or cut a character.
func FuzzSearch(f *testing.F) {
	f.Add("# İstanbul\n\nthe İ of `code`\n\n## K\n\n|a|b|\n|-|-|\n|Kelvin K|c|\n", "K i")
	f.Add("text before\n\n# a\n\n```\nb\n```\n", "b")
	f.Fuzz(func(t *testing.T, document, query string) {
		x, err := NewIndex(fstest.MapFS{"a.md": {Data: []byte(document)}})
		if err != nil {
			t.Fatal(err)
		}
		for _, hit := range x.Search(query) {
			if utf8.ValidString(document) && !utf8.ValidString(hit.Excerpt) {
				t.Errorf("%q is not UTF-8", hit.Excerpt)
			}
		}
		if page, err := x.Page(query); err != nil || !utf8.Valid(page) && utf8.ValidString(document) {
			t.Errorf("%q: %v", query, err)
		}
	})
}

func index(t *testing.T) *Index {
	t.Helper()
	x, err := NewIndex(docs.FS)
	if err != nil {
		t.Fatal(err)
	}
	return x
}
