package documents

import (
	"bytes"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// SearchPath is the path below /docs/ of the page that [Index.Page] makes; the query is its parameter q.
const SearchPath = "search"

// Bounds of a search.
const (
	maxQuery  = 200 // bytes of a query that are looked at
	maxHits   = 30  // sections that are listed
	excerptOf = 160 // bytes of a section that are shown, about
	titleIs   = 20  // how many words of the text a word of the heading counts for
)

// Index finds sections of documents by their words. It is not changed once it is made, so any goroutine may search.
type Index struct{ sections []section }

// section is the text below one heading, up to the next one.
type section struct {
	path     string // below /docs/, with the heading's anchor
	title    string
	document string // title of the document
	text     string // without markup
	lower    string // title and text, folded
}

// Hit is a section that has every word of a query.
type Hit struct {
	Path     string // below /docs/
	Title    string
	Document string // title of its document
	Excerpt  string
	score    int
}

// NewIndex reads the documents of a folder.
func NewIndex(folder fs.FS) (*Index, error) {
	x := &Index{}
	err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".md" {
			return err
		}
		source, err := fs.ReadFile(folder, name)
		if err == nil {
			x.add(name, source)
		}
		return err
	})
	return x, err
}

// add cuts a document at its headings.
func (x *Index) add(name string, source []byte) {
	document := ""
	var now *section
	var body strings.Builder
	end := func() {
		if now != nil {
			now.text = strings.Join(strings.Fields(body.String()), " ")
			now.lower = strings.ToLower(now.title + "\n" + now.text)
			x.sections = append(x.sections, *now)
		}
		body.Reset()
	}
	for n := markdown.Parser().Parse(text.NewReader(source)).FirstChild(); n != nil; n = n.NextSibling() {
		h, heading := n.(*ast.Heading)
		if !heading {
			plain(&body, n, source)
			continue
		}
		end()
		title := headingText(h, source)
		if document == "" {
			document = title
		}
		now = &section{path: name, title: title, document: document}
		if id, ok := h.AttributeString("id"); ok && h.Level > 1 {
			now.path += "#" + string(id.([]byte))
		}
	}
	end()
}

// plain appends the text of a block without its markup.
func plain(dst *strings.Builder, block ast.Node, source []byte) {
	_ = ast.Walk(block, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if !entering {
			if n.Type() == ast.TypeBlock {
				dst.WriteByte(' ')
			}
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			dst.Write(n.Segment.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				dst.WriteByte(' ')
			}
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			dst.Write(n.Lines().Value(source))
		}
		return ast.WalkContinue, nil
	})
}

// Search returns the sections that have every word of a query, whatever their case, the best first: words of headings count most. A query
// without a word finds nothing.
func (x *Index) Search(query string) []Hit {
	words := wordsOf(query)
	var hits []Hit
	for i := range x.sections {
		if score := x.sections[i].score(words); score > 0 {
			s := &x.sections[i]
			hits = append(hits, Hit{s.path, s.title, s.document, s.excerpt(words[0]), score})
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return b.score - a.score })
	return hits[:min(len(hits), maxHits)]
}

// wordsOf cuts a query at white space. Signs stay, so that -query and op:text are found.
func wordsOf(query string) []string {
	return strings.FieldsFunc(strings.ToLower(query[:min(len(query), maxQuery)]), unicode.IsSpace)
}

// score is 0 when a word is missing.
func (s *section) score(words []string) (total int) {
	title := strings.ToLower(s.title)
	for _, w := range words {
		n := strings.Count(s.lower, w)
		if n == 0 {
			return 0
		}
		total += min(n, titleIs) + titleIs*strings.Count(title, w)
	}
	return total
}

// excerpt returns the text around the first place of a word.
func (s *section) excerpt(word string) string {
	at := max(0, strings.Index(strings.ToLower(s.text), word)-excerptOf/3)
	at = min(at, len(s.text)) // folding may have changed lengths
	for at > 0 && at < len(s.text) && (s.text[at-1] != ' ' || !utf8.RuneStart(s.text[at])) {
		at--
	}
	end := min(len(s.text), at+excerptOf)
	for end < len(s.text) && s.text[end] != ' ' {
		end++
	}
	out := s.text[at:end]
	if at > 0 {
		out = "… " + out
	}
	if end < len(s.text) {
		out += " …"
	}
	return out
}

var results = template.Must(template.New("results").Parse(`<h1>Search</h1>
{{if .Query}}<p>{{len .Hits}}{{if eq (len .Hits) .Most}} or more{{end}} sections have “{{.Query}}”.</p>{{end}}
<ol class="hits">{{range .Hits}}<li><a href="/docs/{{.Path}}">{{.Title}}</a>{{if ne .Title .Document}} in {{.Document}}{{end}}<br>{{.Excerpt}}</li>
{{end}}</ol>
`))

// Page returns the page that lists what a query finds.
func (x *Index) Page(query string) ([]byte, error) {
	query = strings.ToValidUTF8(query[:min(len(query), maxQuery)], "�")
	var body, page bytes.Buffer
	err := results.Execute(&body, struct {
		Query string
		Hits  []Hit
		Most  int
	}{query, x.Search(query), maxHits})
	if err != nil {
		return nil, err
	}
	err = layout.Execute(&page, content{"Search", query, template.HTML(body.String())})
	return page.Bytes(), err
}
