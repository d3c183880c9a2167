// Package rebuild runs the server in development: it watches the source files, builds what they make, and tells the
// server, which tells the pages.
//
// # How
//
// The program that was started with -dev is the supervisor. It runs the server proper as a child process, so that a change
// of the server's own code needs nothing but another child: no half-old state, no descriptor to hand over. The child reads
// notices from its standard input, one JSON object per line, and ends when that ends: it never outlives the supervisor.
//
// On a change of a Go file, or of a source of the JS module, everything is built, each program into a private folder: the go command finds out by itself
// what is up to date. Only when all of it compiles do the new WASM programs and the new JS module take the place of the old ones, and only when
// the server's bytes differ is the child replaced. Pages reconnect by themselves; a page that finds another run of the
// server reloads.
//
// `make serve` starts it as soon as the server and the panel are built, side by side (ci/serve.sh): that server serves while the other
// programs and the JS module are built, and pages that need them say so (internal/server/building.go).
//
// # Never
//
// A page is never reloaded for a build that failed: it is shown the compiler's words instead.
package rebuild
