// Package static holds the hand-written web assets of Tetherscope (pages, styles, the module's loader) and, in dist, what
// the build made: both WASM programs and wasm_exec.js, each with its precompressed .br and .gz beside it.
//
// # Words
//
// An asset is one file that a browser may ask for. A built asset is one in dist; it is not in version control.
//
// # Never
//
// The package serves nothing and knows no URL: internal/devserver does. It holds no code of its own beyond the embedding.
package static
