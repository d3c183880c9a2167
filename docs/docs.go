// Package docs holds the user documents, so that the server can show them at /docs/ and tests can run what they say.
//
// Each document is a Markdown file that is also read as it is, in a repository browser. README.md is the index.
//
// The package never contains code besides the embedding: what runs the examples are its tests.
package docs

import "embed"

// FS has the documents by their names in this folder: README.md is the index, adr/ has the decision records.
//
//go:embed *.md *.png *.json adr/*.md
var FS embed.FS
