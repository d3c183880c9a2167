// Package documents makes pages of the Markdown files of the user documents: what the server shows at /docs/.
//
// # Shape
//
// [Render] turns a folder into pages by their paths below /docs/: README.md is the page of its folder, another file X.md the
// page X.md, and images and JSON files stay as they are. So the links between the files work on the pages as they do in a
// repository browser. A link that leaves the folder leads to the file in the public repository.
//
// [NewIndex] reads the same files once more, section by section; [Index.Page] lists the sections that have all words of a query. It is a page
// like the others, so the search needs no script.
//
// # Never
//
// A page has no script, no style of its own and no raw HTML of a document: HTML in a document is left out, and a link with a
// scheme other than http, https and mailto is not rendered ([Policy] would stop it as well).
package documents
