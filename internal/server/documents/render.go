package documents

import (
	"bytes"
	_ "embed" // the template and the style sheet
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// Repository is where a link leads that leaves the folder of the documents.
const Repository = "https://github.com/tetherscope/tetherscope/blob/main/"

// Policy is the Content-Security-Policy of every page: nothing runs, nothing is loaded but the style sheet and images, and only the
// search of this server is sent a form.
const Policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"

// Page is one page, image or style sheet.
type Page struct {
	MIME string
	Body []byte
}

var (
	//go:embed page.html
	pageHTML string
	//go:embed docs.css
	styleSheet []byte

	layout   = template.Must(template.New("page").Parse(pageHTML))
	markdown = goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
)

// files are the kinds of file that are served as they are.
var files = map[string]string{".png": "image/png", ".svg": "image/svg+xml", ".json": "application/json"}

// Render returns the pages of a folder by their paths below /docs/. The page of the folder itself has the path "".
func Render(folder fs.FS) (map[string]Page, error) {
	pages := map[string]Page{"docs.css": {"text/css; charset=utf-8", styleSheet}}
	err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		mime, plain := files[path.Ext(name)]
		if !plain && path.Ext(name) != ".md" {
			return nil
		}
		b, err := fs.ReadFile(folder, name)
		if err != nil {
			return err
		}
		if plain {
			pages[name] = Page{mime, b}
			return nil
		}
		if b, err = renderDocument(name, b); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		page := Page{"text/html; charset=utf-8", b}
		pages[name] = page
		if at, ok := strings.CutSuffix(name, "README.md"); ok {
			pages[at] = page
		}
		return nil
	})
	return pages, err
}

// renderDocument returns the page of one document.
func renderDocument(name string, source []byte) ([]byte, error) {
	root := markdown.Parser().Parse(text.NewReader(source))
	title := path.Base(name)
	err := ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if n.Level == 1 {
				title = headingText(n, source)
			}
		case *ast.Link:
			n.Destination = linkTarget(name, n.Destination)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return nil, err
	}
	var body, page bytes.Buffer
	if err := markdown.Renderer().Render(&body, source, root); err != nil {
		return nil, err
	}
	err = layout.Execute(&page, content{Title: title, Body: template.HTML(body.String())}) //nolint:gosec // rendered without raw HTML and without unsafe links
	return page.Bytes(), err
}

// content is what the layout of a page shows.
type content struct {
	Title string
	Query string // of a search
	Body  template.HTML
}

// headingText returns the plain text of a heading.
func headingText(h *ast.Heading, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(h, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// linkTarget returns where a link of a document leads: unchanged inside the folder, else to the public repository.
func linkTarget(document string, to []byte) []byte {
	target := string(to)
	if strings.Contains(target, ":") || strings.HasPrefix(target, "#") || strings.HasPrefix(target, "/") {
		return to
	}
	outside, ok := strings.CutPrefix(path.Join("docs", path.Dir(document), target), "docs/")
	if ok || outside == "docs" {
		return to
	}
	return []byte(Repository + outside)
}
