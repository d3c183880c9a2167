package docs_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// root is the repository, seen from this folder.
const root = ".."

// document is one Markdown file; its name is relative to the repository.
type document struct {
	name, text string
}

// block is a fenced block of a document.
type block struct {
	at       string // file:line of its first line
	language string
	text     string
}

// documents returns the README, CONTRIBUTING and everything in this folder.
func documents(t *testing.T) (list []document) {
	t.Helper()
	names := []string{"README.md", "CONTRIBUTING.md"}
	for _, pattern := range []string{"docs/*.md", "docs/adr/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			names = append(names, strings.TrimPrefix(filepath.ToSlash(path), "../"))
		}
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, document{name, string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))})
	}
	return list
}

// blocks returns the fenced blocks of a document.
func (d document) blocks() (list []block) {
	var open *block
	for i, line := range strings.Split(d.text, "\n") {
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{at: fmt.Sprintf("%s:%d", d.name, i+2), language: language}
		case fence:
			list = append(list, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	return list
}

// prose returns a document without its fenced blocks.
func (d document) prose() string {
	text := d.text
	for _, b := range d.blocks() {
		text = strings.Replace(text, "```"+b.language+"\n"+b.text+"```", "", 1)
	}
	return text
}

// blocksOf returns the blocks of all documents in one of the languages.
func blocksOf(t *testing.T, languages ...string) (list []block) {
	t.Helper()
	for _, d := range documents(t) {
		for _, b := range d.blocks() {
			for _, l := range languages {
				if b.language == l {
					list = append(list, b)
				}
			}
		}
	}
	return list
}

// TestEveryBlockIsOfALanguageThatIsTested: a block without a test could say anything. A block of text is output or a picture.
func TestEveryBlockIsOfALanguageThatIsTested(t *testing.T) {
	tested := map[string]bool{"sh": true, "go": true, "js": true, "ts": true, "html": true, "filter": true, "rules": true, "starlark": true, "toml": true, "text": true}
	for _, d := range documents(t) {
		for _, b := range d.blocks() {
			if !tested[b.language] {
				t.Errorf("%s: a block in the language %q, which no test runs", b.at, b.language)
			}
		}
	}
}
