// Package panel is the screen of scope: what package model says, as go-app elements, and what a person does, as messages
// to the model.
//
// # Words
//
// The desk is what lies between model and screen: it owns the model, takes messages and commands, and says when
// something must be drawn. A command is a word with an argument that an element carries in data-do and data-arg; one
// click handler at the root performs it, since handlers of single elements would keep what they captured when go-app
// reuses the element. The page is what only a browser can do: clipboard, files, focus.
//
// # Shape
//
// One component, [Panel], and functions from values to elements. The grid is one element that go-app does not look into:
// static/grid.js paints it from a packed string, once per animation frame, because a go-app list of the same rows is
// eight times as slow. Regions are always there and hidden by class, so that no element changes its place among its
// siblings: go-app matches children by position, and the grid must never be made anew.
//
// # For tests
//
// Regions carry data-testid: panel, toolbar, view, chips, conns, area, grid, empty, pill, detail, tab-Message (and the
// other tabs), text, json, hex, bits, accept, close, status, feed, mode, help, demo. Counters of the status bar carry
// data-counter, connections data-conn, the feed data-state. A row of the grid has its ID in data-id and its cells in
// spans of the classes c-seq c-time c-delta c-conn c-dir c-type c-flags c-length c-preview c-note; rows that are not in
// use are hidden. Only the rows on the screen are in the page: all shown rows come from Export, as JSON lines.
//
// # Never
//
// The package knows no syscall/js and no clock and builds natively, for tests. It never turns data into markup: text
// nodes and attributes only. It sets no style attributes: the content security policy forbids them.
package panel
