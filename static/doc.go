// Package static holds the hand-written web assets of Tetherscope (pages, styles, the module's sources) and, in dist, what
// the build made: the WASM programs, wasm_exec.js, and the JS module in one file, each with its precompressed .br and .gz
// beside it. The folder tether holds the module's sources: pages load tether.mjs, which ci/bundle.sh makes of them.
// The folder panel holds the scripts and styles of the panel, extension what the browser extension adds to them.
//
// # Words
//
// An asset is one file that a browser may ask for. A built asset is one in dist; it is not in version control.
//
// # Never
//
// The package serves nothing and knows no URL: internal/server does. It holds no code of its own beyond the embedding.
package static
