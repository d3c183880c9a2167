// Command panel measures scope's panel in Chromium beside a list of the same rows in plain JavaScript, in turns, and its
// searches beside the same code run natively: repainting, keeping up with a flood, memory, searching, and showing a long
// capture for the first time.
//
//	go run ./internal/bench/panel [-short] [-only flood] [-profile out.cpuprofile]
//
// The page runs the panel's own model (package panel/model) and its own painter (static/panel/grid.js). What lies around the
// grid is drawn ten times a second at most, also here not at all: it does not depend on the number of records.
package main
